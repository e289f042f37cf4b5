/**
 * Lists the files of a folder in a fixed order. Follows links that stay inside the folder. Any other link is an error,
 * and so is a path that is neither a file nor a folder. Skips private files, `.git` and the output folders of steps, also
 * if a link leads to them.
 */
import type { Dirent, Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { each } from '../core/concurrency.ts';
import { InputProblem } from '../core/errors.ts';
import type { LocalFile } from '../core/local-file.ts';
import { type Choice, completeFiles } from './checkout.ts';
import {
  type IgnoreFile,
  ignoredBy,
  isBroughtBack,
  isFolderIgnored,
  type Rules,
  readRules,
  rulesAbove,
} from './ignore-files.ts';
import { kindOf } from './look-up.ts';
import { MARKER } from './output-folder.ts';
import { isInside, isSamePath, pathBelow, shownPath } from './paths.ts';
import { type Guard, guardOf, guardsAlong, holdsPrivateKey, isGit } from './private-files.ts';
import { isOwnResult, partsOf, refuseNever, type Scope, scopeOf } from './scope.ts';

const KEYS_AT_ONCE = 16;

interface Walk {
  readonly root: string;
  readonly realRoot: string;
  readonly scope: Scope;
  /** Ignore files exclude files of the code, but not of data. */
  readonly isCode: boolean;
  readonly files: LocalFile[];
  /** Files that are private if they contain a private key. */
  readonly doubtful: LocalFile[];
  /** Paths that are not sent, relative to the workspace. */
  readonly isPrivate: string[];
  /** Absolute paths: folders without any entry, and folders with a `.git` or a `.gitmodules`. */
  readonly emptyFolders: string[];
  readonly repositories: string[];
}

interface Folder {
  readonly path: string;
  /** Its real path. */
  readonly real: string;
  readonly rules: readonly Rules[];
  /** Why everything in it is private. */
  readonly guards: readonly Guard[];
  /** The real paths of the folders above it. */
  readonly trail: readonly string[];
}

const NAMES = { code: ['.gitignore', '.sagemakerignore'], data: ['.sagemakerignore'] } as const;

/** All files below a folder, or the file `path` itself. Ignore files exclude nothing, but can include private files. */
export async function listData(path: string, scope: Scope = scopeOf(path)): Promise<LocalFile[]> {
  return list(resolve(path), scope, NAMES.data);
}

/** The code below a folder, without what `.sagemakerignore` and `.gitignore` exclude, also those above it. */
export async function listCodeBelow(path: string, scope: Scope): Promise<LocalFile[]> {
  return list(resolve(path), scope, NAMES.code);
}

async function list(root: string, scope: Scope, ignoreFiles: readonly IgnoreFile[]): Promise<LocalFile[]> {
  const { workspace } = scope;
  const stats = await stat(root);
  if (!stats.isFile() && !stats.isDirectory()) throw refused(root, 'is neither a file nor a folder');
  const realRoot = await realpath(root);
  const ways = [partsOf(root, workspace), partsOf(realRoot, await realpath(workspace))];
  refuseNever(scope, root, realRoot, ways);
  const guards = ways.flatMap((parts) => guardsAlong(parts, stats.isDirectory()));
  const rules = await rulesAbove(root, workspace, ignoreFiles);
  const isCode = ignoreFiles === NAMES.code;
  if (isCode && stats.isDirectory() && isFolderIgnored(rules, root, workspace)) return [];
  const walk: Walk = {
    ...{ root, realRoot, scope, isCode },
    ...{ files: [], doubtful: [], isPrivate: [], emptyFolders: [], repositories: [] },
  };
  if (stats.isFile()) takeFile(walk, localFile(basename(root), root, stats), [root], rules, guards);
  else await walkFolder(walk, { path: root, real: realRoot, rules, guards, trail: [realRoot] }, ignoreFiles);
  await takeDoubtful(walk);
  for (const path of walk.isPrivate) if (walk.files.length > 0) scope.leftOut.addPrivate(path);
  const [first] = walk.isPrivate;
  if (walk.files.length === 0 && first !== undefined) {
    throw new InputProblem(
      `${shownPath(root, workspace)} is not sent, because ${first} may contain credentials`,
      `if the job needs it, add the line "!${first}" to .sagemakerignore in the workspace.`,
    );
  }
  const files = await completeFiles(walk, scope, choiceOf(walk, ignoreFiles));
  return files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** Which paths that the checkout lacks would be sent, and how an ignore file says that they are meant to be as they are. */
function choiceOf({ scope, isCode }: Walk, ignoreFiles: readonly IgnoreFile[]): Choice {
  const { workspace } = scope;
  return {
    isMissed: async (path, kind) => {
      const rules = await rulesAbove(path, workspace, ignoreFiles);
      const parts = partsOf(path, workspace);
      const names = kind === 'file' ? parts : parts.slice(-1);
      const lines = kind === 'folder' ? [path, join(path, '_')] : [path];
      if (names.some((name) => isBroughtBack(rules, lines, name))) return false;
      if (kind !== 'pointer' && guardsAlong(parts, kind === 'folder').length > 0) return false;
      return (
        !isCode || !(isFolderIgnored(rules, dirname(path), workspace) || ignoredBy(rules, path, kind === 'folder'))
      );
    },
    asPointer: (path) => `To send a pointer as it is, add a line such as "!${path}" to .sagemakerignore.`,
    without: (path) =>
      `If the job does not need it, add a line such as "${isCode ? '' : '!'}${path}" to .sagemakerignore.`,
  };
}

async function walkFolder(walk: Walk, folder: Folder, ignoreFiles: readonly IgnoreFile[]): Promise<void> {
  const entries = await readdir(folder.path, { withFileTypes: true });
  const names = new Set(entries.map(({ name }) => name));
  if (entries.length === 0) walk.emptyFolders.push(folder.path);
  if (names.has('.git') || names.has('.gitmodules')) walk.repositories.push(folder.path);
  if (folder.path !== walk.root && names.has(MARKER)) return neverSent(walk, folder.path, true);
  const rules = [...folder.rules, ...(await readRules(folder.path, ignoreFiles, names))];
  if (folder.guards.length > 0 && rules.every(({ broughtBack }) => broughtBack.isEmpty))
    return void walk.isPrivate.push(`${shownPath(folder.path, walk.scope.workspace)}/`);
  const inside = { ...folder, rules };
  const parents = [...new Set([basename(folder.path), basename(folder.real)])];
  await Promise.all(entries.map((entry) => walkEntry(walk, inside, parents, entry, ignoreFiles)));
}

async function walkEntry(
  walk: Walk,
  folder: Folder,
  parents: readonly string[],
  entry: Dirent,
  ignoreFiles: readonly IgnoreFile[],
): Promise<void> {
  const absolute = join(folder.path, entry.name);
  if (isGit(entry.name) || isOwnResult(walk.scope, absolute)) return neverSent(walk, absolute, entry.isDirectory());
  const ignoring = walk.isCode ? ignoredBy(folder.rules, absolute, entry.isDirectory()) : undefined;
  if (ignoring !== undefined) return ignored(walk, absolute, entry.isDirectory(), ignoring);
  // Node replaces bytes that are not UTF-8 by this character. Such a file can neither be opened nor named in S3.
  if (entry.name.includes('\ufffd')) throw refused(absolute, 'has a name that is not UTF-8');
  const isLink = entry.isSymbolicLink();
  const real = isLink ? await linkTarget(walk, absolute) : join(folder.real, entry.name);
  const stats = await stat(real);
  if (isLink && (await leadsToNever(walk, real))) return neverSent(walk, absolute, stats.isDirectory());
  const own = guardOf(entry.name, parents, stats.isDirectory()) ?? [];
  const target = isLink ? guardsAlong(partsOf(real, walk.realRoot), stats.isDirectory()) : [];
  const guards = [...folder.guards, ...target].concat(own);
  if (stats.isDirectory()) {
    if (folder.trail.includes(real)) throw refused(absolute, 'is a link to a folder that contains it');
    const { rules, trail } = folder;
    await walkFolder(walk, { path: absolute, real, rules, guards, trail: [...trail, real] }, ignoreFiles);
  } else if (stats.isFile()) {
    const file = localFile(pathBelow(walk.root, absolute), absolute, stats);
    takeFile(walk, file, [absolute, unlinked(walk, real)], folder.rules, guards);
  } else {
    throw refused(absolute, 'is neither a file nor a folder');
  }
}

/** `paths`: the file's path, and its real path. */
function takeFile(
  walk: Walk,
  file: LocalFile,
  paths: readonly string[],
  rules: readonly Rules[],
  guards: readonly Guard[],
): void {
  const left = guards.filter(({ name }) => !isBroughtBack(rules, paths, name));
  if (left.length === 0) walk.files.push(file);
  else if (left.every(({ ifKey }) => ifKey)) walk.doubtful.push(file);
  else walk.isPrivate.push(shownPath(file.absolute, walk.scope.workspace));
}

async function takeDoubtful(walk: Walk): Promise<void> {
  await each(new AbortController().signal, walk.doubtful, KEYS_AT_ONCE, async (file) => {
    if (await holdsPrivateKey(file)) walk.isPrivate.push(shownPath(file.absolute, walk.scope.workspace));
    else walk.files.push(file);
  });
}

/** Code never contained these paths, so they are not reported for it. */
function neverSent(walk: Walk, absolute: string, isFolder: boolean): void {
  if (!walk.isCode) walk.scope.leftOut.addNever(shownPath(absolute, walk.scope.workspace) + (isFolder ? '/' : ''));
}

function ignored(walk: Walk, absolute: string, isFolder: boolean, by: IgnoreFile): void {
  if (by === '.gitignore')
    walk.scope.leftOut.addIgnored(shownPath(absolute, walk.scope.workspace) + (isFolder ? '/' : ''));
}

/** The path below the root of a real path. */
function unlinked(walk: Walk, real: string): string {
  return join(walk.root, relative(walk.realRoot, real));
}

/** Whether a link leads into `.git` or an output folder. */
async function leadsToNever(walk: Walk, real: string): Promise<boolean> {
  if (partsOf(real, walk.realRoot).some(isGit) || isOwnResult(walk.scope, unlinked(walk, real))) return true;
  for (let folder = real; !isSamePath(folder, walk.realRoot); folder = dirname(folder))
    if ((await kindOf(join(folder, MARKER))) !== undefined) return true;
  return false;
}

async function linkTarget(walk: Walk, link: string): Promise<string> {
  let real: string;
  try {
    real = await realpath(link);
  } catch (error) {
    throw refused(link, 'is a link to a file that does not exist', error);
  }
  if (!isInside(real, walk.realRoot)) throw refused(link, `is a link that leads out of ${walk.root}`);
  return real;
}

function refused(path: string, why: string, cause?: unknown): InputProblem {
  return new InputProblem(`${path} ${why}`, 'remove it, or replace it by the file itself.', { cause });
}

/** A file with its stats. `path`: relative, with slashes. */
export function localFile(path: string, absolute: string, { size, mode, mtimeMs }: Stats): LocalFile {
  return { path, absolute, size, modified: mtimeMs, executable: (mode & 0o111) !== 0 };
}
