/** Walks a folder, entry by entry, and takes the files that are to be sent. */
import { type Stats, statSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { Turns } from '../core/concurrency.ts';
import { InputProblem } from '../core/errors.ts';
import type { LocalFile } from '../core/local-file.ts';
import { type IgnoreFile, ignoredBy, isBroughtBack, type Rules, readRules } from './ignore-files.ts';
import { kindOf } from './look-up.ts';
import { MARKER } from './output-folder.ts';
import { isInside, isSamePath, shownPath } from './paths.ts';
import { type Guard, guardOf, guardsAlong, isGit } from './private-files.ts';
import { isOwnResult, partsOf, type Scope } from './scope.ts';

export interface Walk {
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
  readonly turns: Turns;
}

export interface Folder {
  readonly path: string;
  /** Its real path. */
  readonly real: string;
  /** Its path below the root, with a slash at its end. Empty for the root. */
  readonly below: string;
  readonly rules: readonly Rules[];
  /** Why everything in it is private. */
  readonly guards: readonly Guard[];
  /** The real paths of the folders above it. */
  readonly trail: readonly string[];
}

/** A folder whose entries are taken. */
interface Inside extends Folder {
  /** Its name, and its real name. */
  readonly parents: readonly string[];
}

export async function walkFolder(walk: Walk, folder: Folder, ignoreFiles: readonly IgnoreFile[]): Promise<void> {
  const entries = await readdir(folder.path, { withFileTypes: true });
  const names = new Set(entries.map(({ name }) => name));
  if (entries.length === 0) walk.emptyFolders.push(folder.path);
  if (names.has('.git') || names.has('.gitmodules')) walk.repositories.push(folder.path);
  if (folder.path !== walk.root && names.has(MARKER)) return neverSent(walk, folder.path, true);
  const rules = [...folder.rules, ...(await readRules(folder.path, ignoreFiles, names))];
  if (folder.guards.length > 0 && rules.every(({ broughtBack }) => broughtBack.isEmpty))
    return void walk.isPrivate.push(`${shownPath(folder.path, walk.scope.workspace)}/`);
  const parents = [...new Set([basename(folder.path), basename(folder.real)])];
  const inside = { ...folder, rules, parents };
  // `join` for each entry would take longer than all else.
  const above = join(folder.path, sep);
  const realAbove = join(folder.real, sep);
  for (const entry of entries) {
    if (walk.turns.isOver) await walk.turns.pass();
    const { name } = entry;
    const absolute = `${above}${name}`;
    if (isLeftOut(walk, inside, name, absolute, entry.isDirectory())) continue;
    const below = entry.isSymbolicLink()
      ? await takeLink(walk, inside, name, absolute)
      : take(walk, inside, name, absolute, above === realAbove ? absolute : `${realAbove}${name}`, false);
    if (below !== undefined) await walkFolder(walk, below, ignoreFiles);
  }
}

/** Whether nothing of the entry is sent, by its name. */
function isLeftOut(walk: Walk, folder: Folder, name: string, absolute: string, isFolder: boolean): boolean {
  if (isGit(name) || isOwnResult(walk.scope, absolute)) {
    neverSent(walk, absolute, isFolder);
    return true;
  }
  const ignoring = walk.isCode ? ignoredBy(folder.rules, absolute, isFolder) : undefined;
  if (ignoring !== undefined) {
    ignored(walk, absolute, isFolder, ignoring);
    return true;
  }
  // Node replaces bytes that are not UTF-8 by this character. Such a file can neither be opened nor named in S3.
  if (name.includes('\ufffd')) throw refused(absolute, 'has a name that is not UTF-8');
  return false;
}

async function takeLink(walk: Walk, folder: Inside, name: string, absolute: string): Promise<Folder | undefined> {
  const real = await linkTarget(walk, absolute);
  if (!(await leadsToNever(walk, real))) return take(walk, folder, name, absolute, real, true);
  neverSent(walk, absolute, (await stat(real)).isDirectory());
  return undefined;
}

/**
 * Takes a file. Returns the folder that is to be walked, if the entry is one. Synchronous: a thread for each entry would take
 * longer than `stat`.
 */
function take(
  walk: Walk,
  folder: Inside,
  name: string,
  absolute: string,
  real: string,
  isLink: boolean,
): Folder | undefined {
  const stats = statSync(real);
  const own = guardOf(name, folder.parents, stats.isDirectory());
  const target = isLink ? guardsAlong(partsOf(real, walk.realRoot), stats.isDirectory()) : [];
  const guards =
    own === undefined && target.length === 0 ? folder.guards : [...folder.guards, ...target].concat(own ?? []);
  if (stats.isDirectory()) {
    const { rules, trail } = folder;
    if (trail.includes(real)) throw refused(absolute, 'is a link to a folder that contains it');
    return { path: absolute, real, below: `${folder.below}${name}/`, rules, guards, trail: [...trail, real] };
  }
  if (!stats.isFile()) throw refused(absolute, 'is neither a file nor a folder');
  const file = localFile(folder.below + name, absolute, stats);
  takeFile(walk, file, () => [absolute, unlinked(walk, real)], folder.rules, guards);
  return undefined;
}

/** `paths`: the file's path, and its real path. */
export function takeFile(
  walk: Walk,
  file: LocalFile,
  paths: () => readonly string[],
  rules: readonly Rules[],
  guards: readonly Guard[],
): void {
  const left = guards.filter(({ name }) => !isBroughtBack(rules, paths(), name));
  if (left.length === 0) walk.files.push(file);
  else if (left.every(({ ifKey }) => ifKey)) walk.doubtful.push(file);
  else walk.isPrivate.push(shownPath(file.absolute, walk.scope.workspace));
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

export function refused(path: string, why: string, cause?: unknown): InputProblem {
  return new InputProblem(`${path} ${why}`, 'remove it, or replace it by the file itself.', { cause });
}

/** A file with its stats. `path`: relative, with slashes. */
export function localFile(path: string, absolute: string, { size, mode, mtimeMs }: Stats): LocalFile {
  return { path, absolute, size, modified: mtimeMs, executable: (mode & 0o111) !== 0 };
}
