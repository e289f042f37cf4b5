/** Finds the paths in a build context that must not be sent, although no ignore file excludes them. */
import type { Dirent } from 'node:fs';
import { lstat, readdir, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { each } from '../core/concurrency.ts';
import { InputProblem } from '../core/errors.ts';
import type { PathPatterns } from './build-context.ts';
import { MARKER } from './output-folder.ts';
import { pathBelow, shownPath } from './paths.ts';
import { type BroughtBack, type Guard, guardOf, guardsAlong, holdsPrivateKey, isGit } from './private-files.ts';
import { isOwnResult, partsOf, refuseNever, type Scope } from './scope.ts';

const KEYS_AT_ONCE = 16;

/** Paths in the context of files and folders. */
export interface KeptBack {
  readonly never: readonly string[];
  readonly private: readonly string[];
}

interface Walk {
  readonly context: string;
  readonly ignore: PathPatterns;
  readonly broughtBack: BroughtBack;
  readonly scope: Scope;
  readonly never: string[];
  readonly private: string[];
  /** Files that are private if they contain a private key. */
  readonly doubtful: string[];
}

/** Looks at the whole context, because a base image's ONBUILD triggers can copy from anywhere. Mostly reads names only. */
export async function keptBack(
  context: string,
  ignore: PathPatterns,
  broughtBack: BroughtBack,
  scope: Scope,
): Promise<KeptBack> {
  const real = await realpath(context);
  const ways = [partsOf(context, scope.workspace), partsOf(real, await realpath(scope.workspace))];
  refuseNever(scope, context, real, ways);
  const [guard] = ways.flatMap((parts) => guardsAlong(parts, true));
  const shown = shownPath(context, scope.workspace);
  if (guard !== undefined)
    throw new InputProblem(`${shown} is in ${guard.name}, which may contain credentials`, 'use another folder.');
  const walk: Walk = { context, ignore, broughtBack, scope, never: [], private: [], doubtful: [] };
  await walkFolder(walk, context, []);
  await each(new AbortController().signal, walk.doubtful, KEYS_AT_ONCE, async (path) => {
    if (await isKey(join(context, path))) isPrivate(walk, join(context, path), '');
  });
  return { never: walk.never.sort(), private: walk.private.sort() };
}

async function walkFolder(walk: Walk, folder: string, guards: readonly Guard[]): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(unreadable);
  if (folder !== walk.context && entries.some(({ name }) => name === MARKER)) return neverSent(walk, folder, false);
  const parents = [basename(folder)];
  await Promise.all(entries.map((entry) => walkEntry(walk, join(folder, entry.name), parents, entry, guards)));
}

async function walkEntry(
  walk: Walk,
  absolute: string,
  parents: readonly string[],
  entry: Dirent,
  above: readonly Guard[],
): Promise<void> {
  const { name } = entry;
  const isFolder = entry.isDirectory();
  const isNever = isGit(name) || isOwnResult(walk.scope, absolute);
  const guard = guardOf(name, parents, isFolder);
  if (!isFolder && !isNever && guard === undefined && above.length === 0) return;
  const path = pathOf(walk, absolute);
  const isIgnored = walk.ignore.match(path);
  if (isIgnored && !(isFolder && walk.ignore.hasNegation)) return;
  if (isNever) return neverSent(walk, absolute, isIgnored);
  const guards = guard === undefined ? above : [...above, guard];
  if (isFolder) {
    if (guards.length > 0 && walk.broughtBack.isEmpty) return isPrivate(walk, absolute, '/');
    return walkFolder(walk, absolute, guards);
  }
  const left = guards.filter((each) => !walk.broughtBack.has(path, each.name));
  if (left.some(({ ifKey }) => !ifKey)) isPrivate(walk, absolute, '');
  else if (left.length > 0) walk.doubtful.push(path);
}

/** `isKnown`: the ignore file excludes the path, but perhaps not everything in it. */
function neverSent(walk: Walk, absolute: string, isKnown: boolean): void {
  walk.never.push(pathOf(walk, absolute));
  if (!isKnown) walk.scope.leftOut.addNever(shownPath(absolute, walk.scope.workspace));
}

function isPrivate(walk: Walk, absolute: string, slash: '/' | ''): void {
  walk.private.push(pathOf(walk, absolute));
  walk.scope.leftOut.addPrivate(shownPath(absolute, walk.scope.workspace) + slash);
}

function pathOf(walk: Walk, absolute: string): string {
  return pathBelow(walk.context, absolute);
}

/** Docker sends a link as a link, so its target is checked at its own path. */
async function isKey(absolute: string): Promise<boolean> {
  const stats = await lstat(absolute);
  if (!stats.isFile()) return false;
  return holdsPrivateKey({ absolute, size: stats.size }).catch((error: NodeJS.ErrnoException) => {
    unreadable(error);
    return false;
  });
}

/** A path that this process may not read, its docker command may not read either. */
function unreadable(error: NodeJS.ErrnoException): Dirent[] {
  if (error.code !== 'EACCES') throw error;
  return [];
}
