/**
 * A build's Dockerfile and context as Docker reads them: files, folders and links as they are, without what the ignore file
 * leaves out. https://docs.docker.com/build/concepts/context/
 */
import type { Dirent } from 'node:fs';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { ContextPatterns } from '../task/context-patterns.ts';
import { copiedPaths, isDockerfileText } from '../task/dockerfile.ts';
import { ActionError } from '../task/errors.ts';
import type { BuildChoice } from '../task/spec.ts';
import type { LocalFile } from '../task/sync.ts';
import { localFile } from './tree.ts';

export interface BuildFiles {
  /** The Dockerfile as it is given. */
  readonly text: string;
  /** Where it lies, absolute; undefined for a text. */
  readonly file: string | undefined;
  /** Absolute; undefined: an empty one. */
  readonly context: string | undefined;
  /** The ignore file that counts, where Docker does not find it by itself beside the context. */
  readonly ownIgnore: string | undefined;
  /** Those that the Dockerfile may copy. */
  readonly files: readonly LocalFile[];
  /** Path in the context → a link's target, or `/` for a folder. */
  readonly others: ReadonlyMap<string, string>;
}

/** Throws an ActionError for what is not there or cannot be read as it is meant. */
export async function readBuild(build: BuildChoice, workspace: string): Promise<BuildFiles> {
  const file = await dockerfilePath(build.dockerfile, workspace);
  const text = file === undefined ? build.dockerfile : (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  const context = build.context === undefined ? file && dirname(file) : await contextFolder(build.context, workspace);
  if (context === undefined) return { text, file, context, ownIgnore: undefined, files: [], others: new Map() };
  const ownIgnore = file === undefined ? undefined : await textOf(`${file}.dockerignore`);
  const ignore = readIgnore(ownIgnore ?? (await textOf(join(context, '.dockerignore'))) ?? '');
  const sources = copiedPaths(text);
  const found = await contextFiles(context, ignore, sources);
  // Docker copies what a link leads to, wherever in the context that lies.
  const { files, others } =
    found.linked && !sources.includes('**') ? await contextFiles(context, ignore, ['**']) : found;
  return { text, file, context, ownIgnore, files, others };
}

/** A path of a file, or of a folder that holds a Dockerfile; undefined where the input is the text itself. */
async function dockerfilePath(given: string, workspace: string): Promise<string | undefined> {
  const path = resolve(workspace, given.trim());
  const found = given.includes('\n') ? undefined : await stat(path).catch(absent);
  if (found?.isFile() === true) return path;
  if (found?.isDirectory() === true) {
    const inside = join(path, 'Dockerfile');
    if ((await stat(inside).catch(absent))?.isFile() === true) return inside;
    throw new ActionError(`there is no Dockerfile in ${given}.`, 'Give the path of the file itself.');
  }
  if (isDockerfileText(given)) return undefined;
  throw new ActionError(
    `there is no ${given} in ${workspace}, and it is no text of a Dockerfile.`,
    'Give a path below the workspace, or the text, for example "FROM __BASE_IMAGE__" and RUN lines.',
  );
}

async function contextFolder(given: string, workspace: string): Promise<string> {
  const path = resolve(workspace, given);
  if ((await stat(path).catch(absent))?.isDirectory() === true) return path;
  throw new ActionError(`there is no folder ${given} in ${workspace}.`, 'Check the path of "docker-context".');
}

function readIgnore(text: string): ContextPatterns {
  try {
    return new ContextPatterns(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new ActionError(`the context's .dockerignore: ${cause.message}`, 'Correct the pattern.', { cause });
  }
}

interface Walk {
  readonly context: string;
  readonly ignore: ContextPatterns;
  readonly copied: ContextPatterns;
  /** The folders that lead to what is copied. */
  readonly leading: ContextPatterns;
  readonly files: LocalFile[];
  readonly others: Map<string, string>;
  /** Whether something is copied by a link. */
  linked: boolean;
}

async function contextFiles(context: string, ignore: ContextPatterns, sources: readonly string[]): Promise<Walk> {
  const leading = sources.flatMap((source) => source.split('/').map((_, at, all) => all.slice(0, at + 1).join('/')));
  const copied = new ContextPatterns(sources.join('\n'));
  const into: Walk = {
    ...{ context, ignore, copied, leading: new ContextPatterns(leading.join('\n')) },
    ...{ files: [], others: new Map(), linked: false },
  };
  await walk(into, context);
  into.files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return into;
}

/** Answers whether it found anything that is sent: a folder that holds it is sent too. Sockets and devices are not. */
async function walk(into: Walk, folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(folder, `cannot be read (${cause.code})`, cause);
  });
  const sent = await Promise.all(entries.map((entry) => walkEntry(into, join(folder, entry.name), entry)));
  return sent.includes(true);
}

async function walkEntry(into: Walk, absolute: string, entry: Dirent): Promise<boolean> {
  const path = relative(into.context, absolute).split(sep).join('/');
  if (!into.copied.match(path) && !into.leading.matchItself(path)) return false;
  const ignored = into.ignore.match(path);
  const kept = !ignored && into.copied.match(path);
  if (entry.isDirectory()) {
    const inside = (!ignored || into.ignore.takesBack) && (await walk(into, absolute));
    if (inside || kept) into.others.set(path, '/');
    return inside || kept;
  }
  if (entry.isSymbolicLink() && !ignored) into.linked = true;
  if (!kept) return false;
  // What Node puts for bytes that are no UTF-8.
  if (entry.name.includes('\ufffd')) throw unreadable(absolute, 'has a name that is not UTF-8');
  if (entry.isSymbolicLink()) into.others.set(path, await readlink(absolute));
  else if (entry.isFile()) into.files.push(localFile(path, absolute, await stat(absolute)));
  return true;
}

function unreadable(path: string, why: string, cause?: unknown): ActionError {
  return new ActionError(`${path} ${why}.`, 'Leave it out of the context by .dockerignore.', { cause });
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(absent);
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (!['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(error.code ?? '')) throw error;
}

/** How an annotation names the file: below the workspace, by slashes. */
export function shownFile(file: string, workspace: string): string {
  return relative(workspace, file).split(sep).join('/') || basename(file);
}
