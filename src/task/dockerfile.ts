/**
 * A Dockerfile as it is built: with the base image put in, the images that it builds on, what it takes from its context, and
 * the lines of its instructions. https://docs.docker.com/reference/dockerfile/
 */
import { posix } from 'node:path';
import {
  type Dockerfile as Ast,
  DockerfileParser,
  type From,
  type Instruction,
  type ModifiableInstruction,
} from 'dockerfile-ast';
import type { Platform } from './platform.ts';

/** Stands for the pre-built image's URI. */
const BASE = '__BASE_IMAGE__';

export interface Dockerfile {
  /** What Docker gets. */
  readonly text: string;
  /** The images that it takes something from, each once, with arguments filled in. */
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
  const uncommented = given.replace(/^\s*#.*$/gm, '');
  return uncommented.includes(BASE) || parse(given).getFROMs().length === 0;
}

const INSTRUCTIONS =
  'ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR';

/** Whether a text is a Dockerfile's, not a path: it has several lines, or begins as an instruction. */
export function isDockerfileText(given: string): boolean {
  const [first = '', ...more] = given.trim().split('\n');
  return more.length > 0 || new RegExp(`^(${INSTRUCTIONS})\\s+\\S`, 'i').test(first);
}

/** `base`: the URI for `__BASE_IMAGE__`, and for a FROM where there is none. */
export function prepareDockerfile(
  given: string,
  base: string,
  buildArgs: ReadonlyMap<string, string>,
  platform: Platform,
): Dockerfile {
  const named = given.replaceAll(BASE, base);
  const parsed = parse(named);
  const isWhole = parsed.getFROMs().length > 0;
  // Parser directives are directives on the first lines alone.
  const directives = parsed.getDirectives().length;
  const lines = named.split('\n');
  const text = isWhole ? named : [...lines.slice(0, directives), `FROM ${base}`, ...lines.slice(directives)].join('\n');
  return { text, bases: basesOf(parse(text), buildArgs, platform), added: isWhole ? 0 : 1 };
}

/** The parser takes a `<<` in quotes for the beginning of a heredoc, which it is not to Docker; lines and columns stay. */
function parse(text: string): Ast {
  return DockerfileParser.parse(text.replace(/(["'])(?:(?!\1)[^\n\\]|\\.)*\1/g, (word) => word.replaceAll('<<', '  ')));
}

/**
 * Patterns of what the file takes from its context: sources of COPY, ADD and bind mounts, as BuildKit fetches no more. Where
 * one cannot be told without building, everything.
 */
export function copiedPaths(text: string): string[] {
  const sources = parse(text).getInstructions().flatMap(sourcesOf);
  return sources.map((source) => {
    const path = posix.normalize(`/${source}`).replace(/^\/|\/$/g, '');
    // What has a meaning at the start of a pattern alone has none after "./".
    return path === '' || /["'$\\]/.test(source) ? '**' : `./${path}`;
  });
}

/** An image's own ONBUILD triggers are not known: what such an image is for tells who builds on it. */
function sourcesOf(instruction: Instruction): string[] {
  const keyword = instruction.getKeyword();
  if (keyword === 'ONBUILD') return ['.'];
  if (keyword === 'RUN') return mountsOf(instruction).flatMap(mountedBy);
  if (!['COPY', 'ADD'].includes(keyword) || fromOf(instruction).length > 0) return [];
  const words = jsonWords(instruction) ?? instruction.getArguments().map((argument) => argument.getValue());
  return words.slice(0, -1).filter((word) => !/^(<<|https?:|git@|git:|ssh:)/.test(word));
}

type Mount = Readonly<Record<string, string | undefined>>;

/** Of the kinds of mounts only bind, which is the default, reads the context, unless it is from an image or a stage. */
function mountedBy({ type = 'bind', from, source, src }: Mount): string[] {
  return type === 'bind' && from === undefined ? [source ?? src ?? '.'] : [];
}

function mountsOf(instruction: Instruction): Mount[] {
  return flagsOf(instruction, 'mount').map((options) =>
    Object.fromEntries(options.split(',').map((each) => each.split('=', 2))),
  );
}

/** The images and stages that an instruction takes files from. */
function fromOf(instruction: Instruction): string[] {
  return [...flagsOf(instruction, 'from'), ...mountsOf(instruction).flatMap(({ from }) => from ?? [])];
}

function flagsOf(instruction: Instruction, name: string): string[] {
  const flags = (instruction as Partial<ModifiableInstruction>).getFlags?.() ?? [];
  return flags.flatMap((flag) => (flag.getName() === name ? (flag.getValue() ?? '') : []));
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

/** What stages begin with, and what they copy or mount from elsewhere; not other stages, by their names or numbers. */
function basesOf(parsed: Ast, buildArgs: ReadonlyMap<string, string>, platform: Platform): string[] {
  const [os = '', architecture = ''] = platform.split('/');
  const values = new Map([
    ['TARGETPLATFORM', platform],
    ['TARGETOS', os],
    ['TARGETARCH', architecture],
  ]);
  for (const arg of parsed.getInitialARGs()) {
    for (const property of arg.getProperties()) {
      const value = buildArgs.get(property.getName()) ?? property.getValue() ?? undefined;
      if (value !== undefined) values.set(property.getName(), expand(value, values));
    }
  }
  const stages = new Set<string>();
  const bases = new Set<string>();
  const take = (given: string): void => {
    const image = expand(given.replace(/^(["'])(.*)\1$/, '$2'), values);
    if (image !== '' && image !== 'scratch' && !/^\d+$/.test(image) && !stages.has(image.toLowerCase()))
      bases.add(image);
  };
  for (const instruction of parsed.getInstructions()) {
    if (instruction.getKeyword() === 'FROM') {
      const from = instruction as From;
      take(from.getImage() ?? '');
      stages.add(from.getBuildStage()?.toLowerCase() ?? '');
    } else fromOf(instruction).forEach(take);
  }
  return [...bases];
}

/** `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}`, the last two without the colon too. */
function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:(\w+)|\{(\w+)(?:(:?[-+])([^}]*))?\})/g, (_, plain, braced, operator, word) => {
    const value = values.get(plain ?? braced);
    const isThere = operator?.startsWith(':') ? (value ?? '') !== '' : value !== undefined;
    if (operator?.endsWith('+')) return isThere ? word : '';
    return isThere ? value : (word ?? '');
  });
}

/** The lines of an instruction of the text: of this number, from 1, or the first that reads so. */
export function instructionLines({ text, added }: Dockerfile, which: number | string): Lines | undefined {
  const all = parse(text).getInstructions();
  const words = (instruction: string): string =>
    instruction
      .replace(/[\\`]\r?\n/g, ' ')
      .replace(/\s+/g, ' ')
      .trim();
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
