/**
 * A Dockerfile as it is built: with the base image put in, the images that it builds on, and the lines of its instructions.
 * https://docs.docker.com/reference/dockerfile/
 */
import { posix } from 'node:path';
import { DockerfileParser, type Instruction, type ModifiableInstruction } from 'dockerfile-ast';

/** Stands for the pre-built image's URI. */
const BASE = '__BASE_IMAGE__';

export interface Dockerfile {
  /** What Docker gets. */
  readonly text: string;
  /** The images that its stages begin with, each once; arguments are filled in. */
  readonly bases: readonly string[];
  /** Lines that are in the text but not in the given one, at the top. */
  readonly added: number;
}

/** Lines of the given file, from 1. */
export interface Lines {
  readonly first: number;
  readonly last: number;
}

/** Whether the file builds on the pre-built image: by name, or because it has no FROM. */
export function needsBase(given: string): boolean {
  return given.includes(BASE) || DockerfileParser.parse(given).getFROMs().length === 0;
}

/** Whether a text is a Dockerfile's, not a path: it has several lines, or begins as an instruction. */
export function isDockerfileText(given: string): boolean {
  const [first = '', ...more] = given.trim().split('\n');
  return more.length > 0 || /^(FROM|ARG|RUN|COPY|ADD|ENV|USER|WORKDIR|LABEL|SHELL|CMD|ENTRYPOINT)\s+\S/i.test(first);
}

/** `base`: the URI for `__BASE_IMAGE__`, and for a FROM where there is none. */
export function prepareDockerfile(given: string, base: string, buildArgs: ReadonlyMap<string, string>): Dockerfile {
  const named = given.replaceAll(BASE, base);
  const parsed = DockerfileParser.parse(named);
  if (parsed.getFROMs().length > 0) return { text: named, bases: basesOf(named, buildArgs), added: 0 };
  // Parser directives are directives on the first lines alone.
  const directives = parsed.getDirectives().length;
  const lines = named.split('\n');
  const text = [...lines.slice(0, directives), `FROM ${base}`, ...lines.slice(directives)].join('\n');
  return { text, bases: [base], added: 1 };
}

/**
 * Patterns of what the file takes from its context: sources of COPY, ADD and bind mounts, as BuildKit fetches no more. Where
 * one cannot be told without building, everything.
 */
export function copiedPaths(text: string): string[] {
  const sources = DockerfileParser.parse(text).getInstructions().flatMap(sourcesOf);
  return sources.map((source) => {
    const path = posix.normalize(`/${source}`).replace(/^\/|\/$/g, '');
    // What has a meaning at the start of a pattern alone has none after "./".
    return path === '' || source.includes('$') ? '**' : `./${path}`;
  });
}

function sourcesOf(instruction: Instruction): string[] {
  const keyword = instruction.getKeyword();
  const flags = (instruction as Partial<ModifiableInstruction>).getFlags?.() ?? [];
  if (keyword === 'RUN') {
    return flags.flatMap((flag) => (flag.getName() === 'mount' ? mountedBy(flag.getValue() ?? '') : []));
  }
  if (!['COPY', 'ADD'].includes(keyword) || flags.some((flag) => flag.getName() === 'from')) return [];
  const words = jsonWords(instruction) ?? instruction.getArguments().map((argument) => argument.getValue());
  return words.slice(0, -1).filter((word) => !/^(<<|https?:|git@|git:|ssh:)/.test(word));
}

/** Of the kinds of mounts only bind, which is the default, reads the context, unless it is from an image or a stage. */
function mountedBy(options: string): string[] {
  const pairs = options.split(',').map((each) => each.split('='));
  const { type = 'bind', from, source, src } = Object.fromEntries(pairs) as Record<string, string | undefined>;
  return type === 'bind' && from === undefined ? [source ?? src ?? '.'] : [];
}

/** `["a b", "c"]`; undefined for the plain form. */
function jsonWords(instruction: Instruction): string[] | undefined {
  try {
    const value: unknown = JSON.parse(instruction.getArgumentsContent() ?? '');
    return Array.isArray(value) ? value.map(String) : undefined;
  } catch {
    return undefined;
  }
}

function basesOf(text: string, buildArgs: ReadonlyMap<string, string>): string[] {
  const parsed = DockerfileParser.parse(text);
  const values = new Map<string, string>();
  for (const arg of parsed.getInitialARGs()) {
    for (const property of arg.getProperties()) {
      const value = buildArgs.get(property.getName()) ?? property.getValue() ?? undefined;
      if (value !== undefined) values.set(property.getName(), expand(value, values));
    }
  }
  const stages = new Set<string>();
  const bases = new Set<string>();
  for (const from of parsed.getFROMs()) {
    const image = expand(from.getImage() ?? '', values);
    if (image !== '' && image !== 'scratch' && !stages.has(image.toLowerCase())) bases.add(image);
    stages.add(from.getBuildStage()?.toLowerCase() ?? '');
  }
  return [...bases];
}

/** `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}`. */
function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:(\w+)|\{(\w+)(?::([-+])([^}]*))?\})/g, (_, plain, braced, operator, word) => {
    const value = values.get(plain ?? braced) ?? '';
    if (operator === '+') return value === '' ? '' : word;
    return value === '' && operator === '-' ? word : value;
  });
}

/** The lines of an instruction of the text: of this number, from 1, or the first that reads so. */
export function instructionLines({ text, added }: Dockerfile, which: number | string): Lines | undefined {
  const all = DockerfileParser.parse(text).getInstructions();
  const words = (instruction: string): string => instruction.replace(/\\\n/g, ' ').replace(/\s+/g, ' ').trim();
  const found = typeof which === 'number' ? all[which - 1] : all.find((each) => words(textOf(each)) === words(which));
  const range = found?.getRange();
  return range ? givenLines({ first: range.start.line + 1, last: range.end.line + 1 }, added) : undefined;
}

function textOf(instruction: Instruction): string {
  return `${instruction.getInstruction()} ${instruction.getArgumentsContent() ?? ''}`;
}

/** The given file's lines for the text's; undefined for a line that is the text's alone. */
export function givenLines({ first, last }: Lines, added: number): Lines | undefined {
  return first > added ? { first: first - added, last: last - added } : undefined;
}
