/**
 * Follows the stages of a Dockerfile as BuildKit does: which images they begin with or copy from, and what they copy from the
 * context, with the values of ARG and ENV. https://github.com/moby/buildkit/blob/v0.34.2/frontend/dockerfile/dockerfile2llb/convert.go
 */
import type { ImagePlatform } from '../../core/instance-type.ts';
import { type CopiedSource, copiedSource, EVERYTHING, isRemote, mountedSource } from './copied-source.ts';
import { Unreadable } from './errors.ts';
import { argsOf, envOf, flagsOf, fromOf, KEYWORDS, mountOf, sourcesOf } from './instructions.ts';
import { type DockerfileLines, type Instruction, readInstruction } from './lines.ts';
import { Variables } from './variables.ts';
import { expand } from './words.ts';

/** What the build is given. */
export interface BuildValues {
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly platform: ImagePlatform;
}

export interface Needs {
  /**
   * The images that stages begin with, copy from or mount, each once. With the values of variables, unless only the build
   * knows one.
   */
  readonly bases: readonly string[];
  readonly sources: readonly CopiedSource[];
  /** Why an instruction could not be read, with its line. Then `sources` has everything. */
  readonly problem: string | undefined;
}

interface Stage {
  readonly variables: Variables;
  /** Its ONBUILD instructions, for a stage that begins with it. */
  readonly triggers: Instruction[];
}

/** Also follows stages that are not built: they take little, and the classic builder builds them. */
export function followStages(dockerfile: DockerfileLines, values: BuildValues): Needs {
  const walk = new Walk(dockerfile, values);
  for (const instruction of dockerfile.instructions) walk.visit(instruction);
  return { bases: [...walk.bases], sources: walk.sources, problem: walk.problem };
}

class Walk {
  readonly bases = new Set<string>();
  readonly sources: CopiedSource[] = [];
  problem: string | undefined;
  readonly #escape: string;
  readonly #values: BuildValues;
  /** Of the ARGs before the first FROM. */
  readonly #global: Variables;
  /** The names of all stages, and how many there are. */
  readonly #names: ReadonlySet<string | undefined>;
  readonly #count: number;
  readonly #stages = new Map<string, Stage>();
  #stage: Stage | undefined;

  constructor({ instructions, escapeCharacter }: DockerfileLines, values: BuildValues) {
    const froms = instructions.filter(({ keyword }) => keyword === 'FROM');
    const names = froms.map(nameOf);
    this.#names = new Set(names);
    this.#count = froms.length;
    this.#escape = escapeCharacter;
    this.#values = values;
    this.#global = Variables.global(values, names.at(-1));
    // The action puts a FROM before the others.
    if (froms.length === 0) this.#stage = { variables: Variables.ofImage(undefined), triggers: [] };
  }

  visit(instruction: Instruction): void {
    try {
      this.#read(instruction);
    } catch (error) {
      this.problem ??= `line ${instruction.lines.first}: ${(error as Error).message}`;
      this.sources.push(EVERYTHING);
    }
  }

  #read(instruction: Instruction): void {
    const { keyword, rest, lines } = instruction;
    if (!KEYWORDS.includes(keyword)) throw new Unreadable(`unknown instruction ${keyword.slice(0, 40)}`);
    const stage = this.#stage;
    if (keyword === 'FROM') this.#begin(instruction);
    else if (keyword === 'ARG') this.#declare(instruction, stage);
    else if (stage === undefined) throw new Unreadable(`${keyword} is before the first FROM`);
    else if (keyword === 'ENV') this.#set(instruction, stage);
    else if (keyword === 'RUN') this.#mount(instruction, stage);
    else if (keyword === 'COPY' || keyword === 'ADD') this.#copy(instruction, stage);
    // BuildKit reads a trigger later, without the directives of the file.
    else if (keyword === 'ONBUILD') stage.triggers.push(readInstruction(rest, '\\', lines));
  }

  #begin(instruction: Instruction): void {
    // Whatever else is wrong: what follows belongs to this stage.
    this.#stage = { variables: Variables.ofImage(undefined), triggers: [] };
    const { image, name } = fromOf(instruction);
    flagsOf(instruction);
    const word = this.#known(image, this.#global);
    if (word === '') throw new Unreadable(`the image ${image} has no name`);
    const base = this.#stages.get((word ?? image).toLowerCase());
    const own = { variables: base?.variables.copy() ?? Variables.ofImage(word), triggers: [] };
    this.#stage = own;
    if (name !== undefined) this.#stages.set(name, own);
    if (base === undefined) this.#addImage(word ?? image);
    for (const trigger of base?.triggers ?? []) {
      if (['FROM', 'MAINTAINER', 'ONBUILD'].includes(trigger.keyword)) throw new Unreadable('ONBUILD has no trigger');
      this.#read(trigger);
    }
  }

  #addImage(image: string): void {
    if (image === 'scratch') return;
    this.bases.add(image);
    // Only its configuration tells what such an image copies from the context of a build that begins with it.
    if (/(?:^|[-_.:/])onbuild\b/i.test(image)) this.sources.push(EVERYTHING);
  }

  #declare(instruction: Instruction, stage: Stage | undefined): void {
    const variables = stage?.variables ?? this.#global;
    for (const [name, fallback] of argsOf(instruction, this.#escape)) {
      const given = this.#values.buildArgs.get(name);
      const isInherited = stage !== undefined && fallback === undefined && given === undefined;
      if (given !== undefined) variables.declare(name, given);
      else if (isInherited) variables.inherit(name, this.#global);
      else if (fallback !== undefined) variables.declare(name, this.#known(fallback, variables));
    }
  }

  #set(instruction: Instruction, { variables }: Stage): void {
    const pairs = envOf(instruction, this.#escape).map(
      ([key, value]) => [this.#known(key, variables), this.#known(value, variables)] as const,
    );
    for (const [key, value] of pairs) {
      if (key === undefined) variables.forget();
      else variables.set(key, value);
    }
  }

  #mount(instruction: Instruction, { variables }: Stage): void {
    for (const text of flagsOf(instruction).get('mount') ?? []) {
      const mount = mountOf(text);
      const from = mount.get('from') ?? '';
      const type = this.#known(mount.get('type') ?? 'bind', variables)?.toLowerCase();
      if (from !== '') this.#addSource(from);
      else if (type === undefined || type === 'bind') {
        const source = this.#known(mount.get('source') ?? '', variables);
        // BuildKit takes the bytes of such characters for characters.
        const isKnown = source !== undefined && /^[\x20-\x7e]*$/.test(source);
        this.sources.push(isKnown ? mountedSource(source) : EVERYTHING);
      } else if (!['cache', 'tmpfs', 'secret', 'ssh'].includes(type)) throw new Unreadable(`unknown mount ${type}`);
    }
  }

  #copy(instruction: Instruction, { variables }: Stage): void {
    const flags = flagsOf(instruction);
    const words = sourcesOf(instruction);
    const from = flags.get('from')?.[0] ?? '';
    if (from !== '') {
      this.#addSource(from);
      return;
    }
    const excludes = flags.get('parents')?.[0]?.toLowerCase() === 'true' ? [] : (flags.get('exclude') ?? []);
    for (const word of words) {
      const source = this.#known(word, variables);
      if (source === undefined) this.sources.push(EVERYTHING);
      else if (!isRemote(source)) this.sources.push(copiedSource(source, excludes));
    }
  }

  /** `from`: the name or number of a stage, or an image. */
  #addSource(from: string): void {
    if (expand(from, this.#escape, () => undefined) !== from)
      throw new Unreadable('variables and quotes cannot be used in "from"');
    const isNumber = /^[+-]?\d+$/.test(from);
    if (isNumber && !(Number(from) < this.#count)) throw new Unreadable(`there is no stage ${from}`);
    if (!isNumber && !this.#names.has(from.toLowerCase())) this.#addImage(from);
  }

  /** The word with the values of its variables. Undefined if only the build knows one. */
  #known(word: string, variables: Variables): string | undefined {
    return variables.expand(word, this.#escape);
  }
}

function nameOf(from: Instruction): string | undefined {
  try {
    return fromOf(from).name;
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return undefined;
  }
}
