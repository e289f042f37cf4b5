/**
 * Reads a Dockerfile: inserts the base image, finds the images it builds on, what it copies from its context, and the lines
 * of its instructions. https://docs.docker.com/reference/dockerfile/
 */
import { parseReference } from '../core/image-reference.ts';
import type { ImagePlatform } from '../core/instance-type.ts';
import { EVERYTHING } from './dockerfile/copied-source.ts';
import { directiveLines, syntaxOf } from './dockerfile/directives.ts';
import { type DockerfileLines, type Instruction, type Lines, readLines } from './dockerfile/lines.ts';
import { type BuildValues, followStages, type Needs } from './dockerfile/stages.ts';

/** The placeholder for the pre-built image's URI. */
const BASE = '__BASE_IMAGE__';

export interface Dockerfile {
  /** The text that Docker builds. */
  readonly text: string;
  /** The images that it builds on or copies from, each once, with the values of ARGs. */
  readonly bases: readonly string[];
  /** How many lines the action added at the top of the user's Dockerfile. */
  readonly added: number;
  /** Why the action could not read all of it. Then the whole context counts, and perhaps not all of `bases` are known. */
  readonly problem: string | undefined;
}

/** Whether it builds on the pre-built image: it has the placeholder, or no FROM. */
export function needsBase(text: string): boolean {
  const uncommented = text.replace(/^[ \t]*#.*$/gm, '');
  return uncommented.includes(BASE) || !hasFrom(text);
}

function hasFrom(text: string): boolean {
  if (foreignSyntax(text) !== undefined) return true; // FROM may mean nothing there
  const read = tryLines(text);
  if ('problem' in read) return /^[ \t]*FROM\s/im.test(text);
  return read.lines.instructions.some(({ keyword }) => keyword === 'FROM');
}

const INSTRUCTIONS =
  'ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR';

/**
 * Whether the input is the text of a Dockerfile and not a path: it has several lines, or begins with an instruction.
 */
export function isDockerfileText(input: string): boolean {
  const [first = '', ...more] = input.trim().split('\n');
  return more.length > 0 || new RegExp(`^(${INSTRUCTIONS})\\s+\\S`, 'i').test(first);
}

/** `base`: the URI that replaces `__BASE_IMAGE__`. If the file has no FROM, `FROM base` is added at the top. */
export function prepareDockerfile(
  original: string,
  base: string,
  buildArgs: ReadonlyMap<string, string>,
  platform: ImagePlatform,
): Dockerfile {
  const named = original.replaceAll(BASE, base);
  const isWhole = hasFrom(named);
  // Parser directives must stay on the first lines, or Docker ignores them.
  const directives = directiveLines(named);
  const lines = named.split('\n');
  const text = isWhole ? named : [...lines.slice(0, directives), `FROM ${base}`, ...lines.slice(directives)].join('\n');
  const { bases, problem } = needsOf(text, { buildArgs, platform });
  // The step's login to the registry of the pre-built image is for its bases.
  const all = base !== '' && text.includes(base) ? new Set([...bases, base]) : bases;
  return { text, bases: problem === undefined ? bases : [...all], added: isWhole ? 0 : 1, problem };
}

const DEFAULTS: BuildValues = { buildArgs: new Map(), platform: 'linux/amd64' };

/**
 * What a build needs. Of its context these are the sources of COPY, ADD and bind mounts: BuildKit reads nothing else. Where only
 * the build can evaluate a source, or where the action cannot read the file, it is everything.
 */
export function needsOf(text: string, { buildArgs, platform }: BuildValues = DEFAULTS): Needs {
  const foreign = foreignSyntax(text, buildArgs.get('BUILDKIT_SYNTAX'));
  const read =
    foreign === undefined ? tryLines(text) : { problem: `BuildKit reads it by ${foreign}, not by docker/dockerfile` };
  if ('problem' in read) return { bases: [], sources: [EVERYTHING], problem: read.problem };
  return followStages(read.lines, { buildArgs, platform });
}

/** https://docs.docker.com/build/buildkit/frontend/, also from a mirror. */
const FRONTEND = /(?:^|\/)docker\/dockerfile(?:-upstream)?$/;

/** The image that reads the file, if it is not Docker's. `argument`: BuildKit takes it instead of the directive. */
function foreignSyntax(text: string, argument?: string): string | undefined {
  const image = argument?.trim().split(' ', 1)[0] || syntaxOf(text);
  if (image === undefined) return undefined;
  return FRONTEND.test(parseReference(image)?.repository ?? '') ? undefined : image;
}

function tryLines(text: string): { readonly lines: DockerfileLines } | { readonly problem: string } {
  try {
    return { lines: readLines(text) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/** The lines of an instruction: the one with this number, from 1, or the first one with this text. */
export function instructionLines({ text, added }: Dockerfile, which: number | string): Lines | undefined {
  const read = tryLines(text);
  const all = 'lines' in read ? read.lines.instructions : [];
  const found = typeof which === 'number' ? all[which - 1] : all.find((each) => isPrintedAs(each, which));
  return found && originalLines(found.lines, added);
}

/** BuildKit adds the first words of a heredoc in parentheses. */
function isPrintedAs({ line, hasHeredocs }: Instruction, printed: string): boolean {
  const words = (text: string): string => text.replace(/\s+/g, ' ').trim();
  return words(line) === words(printed) || (hasHeredocs && words(printed).startsWith(`${words(line)} (`));
}

/** Converts lines of the built text to lines of the user's Dockerfile. Undefined for a line that the action added. */
export function originalLines({ first, last }: Lines, added: number): Lines | undefined {
  return first > added ? { first: first - added, last: last - added } : undefined;
}
