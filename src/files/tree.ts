/**
 * The files of a folder, in a fixed order. Links that stay inside the folder are followed, others refused; what is neither
 * a file nor a folder is refused too. Ignore files are git's: https://git-scm.com/docs/gitignore
 */
import type { Dirent, Stats } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { ActionError } from '../task/errors.ts';
import type { LocalFile } from '../task/sync.ts';
import { MARKER } from './output.ts';

interface Rules {
  readonly folder: string;
  readonly rules: Ignore;
}

interface Walk {
  readonly root: string;
  readonly realRoot: string;
  readonly excluded: ReadonlySet<string>;
  readonly ignoreFiles: readonly string[];
  readonly files: LocalFile[];
}

/** All files below a folder, or the one file that `path` is. */
export async function listData(path: string): Promise<LocalFile[]> {
  return list(path, [], []);
}

/**
 * The code below a folder: without `.git`, what `.gitignore` (also those above it, up to `top`) and `.sagemakerignore`
 * leave out, the paths in `excluded`, and the folders of any step's results.
 */
export async function listCode(path: string, top: string, excluded: readonly string[]): Promise<LocalFile[]> {
  const above: Rules[] = [];
  const ignoreFiles = ['.gitignore', '.sagemakerignore'];
  const root = resolve(path);
  for (let folder = dirname(root); isInside(root, folder) && isInside(folder, resolve(top)); folder = dirname(folder)) {
    above.unshift(...(await readRules(folder, ignoreFiles)));
    if (folder === resolve(top) || folder === dirname(folder)) break;
  }
  return list(path, ignoreFiles, excluded, above);
}

async function list(
  path: string,
  ignoreFiles: readonly string[],
  excluded: readonly string[],
  above: readonly Rules[] = [],
): Promise<LocalFile[]> {
  const root = resolve(path);
  const stats = await stat(root);
  if (stats.isFile()) return [localFile(basename(root), root, stats)];
  if (!stats.isDirectory()) throw refused(root, 'is neither a file nor a folder');
  const walk: Walk = {
    root,
    realRoot: await realpath(root),
    excluded: new Set([
      ...excluded.map((each) => resolve(each)),
      ...(ignoreFiles.length > 0 ? [join(root, '.git')] : []),
    ]),
    ignoreFiles,
    files: [],
  };
  await walkFolder(walk, root, above, [walk.realRoot]);
  return walk.files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

async function walkFolder(
  walk: Walk,
  folder: string,
  above: readonly Rules[],
  trail: readonly string[],
): Promise<void> {
  const rules = [...above, ...(await readRules(folder, walk.ignoreFiles))];
  const entries = await readdir(folder, { withFileTypes: true });
  const isResults = folder !== walk.root && entries.some(({ name }) => name === MARKER);
  if (isResults && walk.ignoreFiles.length > 0) return;
  await Promise.all(entries.map((entry) => walkEntry(walk, folder, entry, rules, trail)));
}

async function walkEntry(
  walk: Walk,
  folder: string,
  entry: Dirent,
  rules: readonly Rules[],
  trail: readonly string[],
): Promise<void> {
  const absolute = join(folder, entry.name);
  if (walk.excluded.has(absolute) || (walk.ignoreFiles.length > 0 && entry.name === '.git')) return;
  if (isIgnored(rules, absolute, entry.isDirectory())) return;
  // What Node puts for bytes that are no UTF-8: the file cannot be opened by it, nor be named in S3.
  if (entry.name.includes('\ufffd')) throw refused(absolute, 'has a name that is not UTF-8');
  const real = entry.isSymbolicLink() ? await linkTarget(walk, absolute) : absolute;
  const stats = await stat(real);
  if (stats.isDirectory()) {
    const folderReal = await realpath(real);
    if (trail.includes(folderReal)) throw refused(absolute, 'is a link to a folder that holds it');
    await walkFolder(walk, absolute, rules, [...trail, folderReal]);
  } else if (stats.isFile()) {
    walk.files.push(localFile(relative(walk.root, absolute).split(sep).join('/'), absolute, stats));
  } else {
    throw refused(absolute, 'is neither a file nor a folder');
  }
}

async function linkTarget(walk: Walk, link: string): Promise<string> {
  let real: string;
  try {
    real = await realpath(link);
  } catch (error) {
    throw refused(link, 'is a link to nothing', error);
  }
  if (!isInside(real, walk.realRoot)) throw refused(link, `is a link to outside of ${walk.root}`);
  return real;
}

function refused(path: string, why: string, cause?: unknown): ActionError {
  return new ActionError(`${path} ${why}.`, 'Remove it, or put the file itself there.', { cause });
}

/** Later rules win, as in git: the deepest folder that says something about the path decides. */
function isIgnored(all: readonly Rules[], absolute: string, isFolder: boolean): boolean {
  let ignored = false;
  for (const { folder, rules } of all) {
    const path = relative(folder, absolute).split(sep).join('/') + (isFolder ? '/' : '');
    const { ignored: yes, unignored: no } = rules.test(path);
    if (yes) ignored = true;
    if (no) ignored = false;
  }
  return ignored;
}

async function readRules(folder: string, names: readonly string[]): Promise<Rules[]> {
  const found: Rules[] = [];
  for (const name of names) {
    try {
      const text = await readFile(join(folder, name), 'utf8');
      found.push({ folder, rules: ignore({ ignorecase: false }).add(text) });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return found;
}

export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** A file as it was looked at; `path`: relative, by slashes. */
export function localFile(path: string, absolute: string, { size, mode, mtimeMs }: Stats): LocalFile {
  return { path, absolute, size, modified: mtimeMs, executable: (mode & 0o111) !== 0 };
}
