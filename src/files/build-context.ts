/**
 * Lists a build context as Docker reads it: files, folders and links, without the paths that the ignore file excludes.
 * https://docs.docker.com/build/concepts/context/
 */
import type { Dirent } from 'node:fs';
import { readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputProblem } from '../core/errors.ts';
import type { LocalFile } from '../core/local-file.ts';
import { pathBelow } from './paths.ts';
import { localFile } from './walk.ts';

/** Patterns of paths below the context. */
export interface PathPatterns {
  /** Whether the path, or a folder above it, matches. */
  match(path: string): boolean;
  /** Whether the path itself matches. */
  matchItself(path: string): boolean;
  /** Whether a pattern unmatches paths that earlier patterns matched. */
  readonly hasNegation: boolean;
}

export interface ContextPaths {
  /** The paths that the ignore file excludes. */
  readonly ignore: PathPatterns;
  /** The paths that the Dockerfile copies. */
  readonly copied: PathPatterns;
  /** The folders above them. */
  readonly leading: PathPatterns;
}

interface Walk extends ContextPaths {
  readonly context: string;
  readonly files: LocalFile[];
  readonly linksAndFolders: Map<string, string>;
  /** Whether the Dockerfile copies a link. */
  linked: boolean;
}

export interface ContextFiles {
  readonly files: readonly LocalFile[];
  /** Path in the context → a link's target, or `/` for a folder. */
  readonly linksAndFolders: ReadonlyMap<string, string>;
  /** Whether the Dockerfile copies a link. */
  readonly linked: boolean;
}

/** Lists the paths that Docker may copy. Throws an InputProblem if one cannot be read. */
export async function contextFiles(context: string, paths: ContextPaths): Promise<ContextFiles> {
  const into: Walk = { ...paths, context, files: [], linksAndFolders: new Map(), linked: false };
  await walk(into, context);
  into.files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return into;
}

/**
 * Returns whether the folder contains a path to send: then the folder is sent too. Sockets and devices are not sent.
 */
async function walk(into: Walk, folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(folder, `cannot be read (${cause.code})`, cause);
  });
  const sent = await Promise.all(entries.map((entry) => walkEntry(into, join(folder, entry.name), entry)));
  return sent.includes(true);
}

async function walkEntry(into: Walk, absolute: string, entry: Dirent): Promise<boolean> {
  const path = pathBelow(into.context, absolute);
  if (!into.copied.match(path) && !into.leading.matchItself(path)) return false;
  const ignored = into.ignore.match(path);
  const kept = !ignored && into.copied.match(path);
  if (entry.isDirectory()) {
    const inside = (!ignored || into.ignore.hasNegation) && (await walk(into, absolute));
    if (inside || kept) into.linksAndFolders.set(path, '/');
    return inside || kept;
  }
  if (entry.isSymbolicLink() && !ignored) into.linked = true;
  if (!kept) return false;
  // Node replaces bytes that are not UTF-8 by this character.
  if (entry.name.includes('\ufffd')) throw unreadable(absolute, 'has a name that is not UTF-8');
  if (entry.isSymbolicLink()) into.linksAndFolders.set(path, await readlink(absolute));
  else if (entry.isFile()) into.files.push(localFile(path, absolute, await stat(absolute)));
  return true;
}

function unreadable(path: string, why: string, cause?: unknown): InputProblem {
  return new InputProblem(`${path} ${why}`, 'exclude it from the build context in .dockerignore.', { cause });
}
