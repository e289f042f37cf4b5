/** Reads ignore files by git's rules: https://git-scm.com/docs/gitignore */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Exclusion } from '../core/left-out.ts';
import type { IgnoreRules } from './git-ignore.ts';
import { isInside, pathBelow } from './paths.ts';
import { BroughtBack, type Matcher } from './private-files.ts';
import { decodeText } from './text.ts';

export type IgnoreFile = '.gitignore' | '.sagemakerignore';

/** The rules of one file. */
export interface Rules {
  readonly folder: string;
  readonly file: IgnoreFile;
  readonly ignore: IgnoreRules;
  readonly broughtBack: BroughtBack;
}

/** `names`: the names in the folder, if they are known. */
export async function readRules(
  folder: string,
  files: readonly IgnoreFile[],
  names: ReadonlySet<string> = new Set(files),
): Promise<Rules[]> {
  const found: Rules[] = [];
  for (const file of files.filter((name) => names.has(name))) {
    try {
      const text = decodeText(await readFile(join(folder, file)));
      const { IgnoreRules } = await import('./git-ignore.ts');
      // A line of .gitignore is about commits. It does not include a private file here.
      const broughtBack = new BroughtBack(file === '.sagemakerignore' ? text : '', matcherOf(IgnoreRules));
      found.push({ folder, file, ignore: new IgnoreRules(text), broughtBack });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return found;
}

/** The rules of the folders above a path, from `top` down. None if the path is outside `top`. */
export async function rulesAbove(path: string, top: string, files: readonly IgnoreFile[]): Promise<Rules[]> {
  const above: Rules[] = [];
  for (let folder = dirname(path); isInside(folder, top); folder = dirname(folder)) {
    above.unshift(...(await readRules(folder, files)));
    if (folder === dirname(folder)) break;
  }
  return above;
}

/** The file that excludes a path. */
export function ignoredBy(all: readonly Rules[], absolute: string, isFolder: boolean): IgnoreFile | undefined {
  return excludedBy(all, absolute, isFolder)?.file;
}

/** The rules that exclude a path. Later rules win, as in git: the ignore file in the deepest folder decides. */
function excludedBy(all: readonly Rules[], absolute: string, isFolder: boolean): Rules | undefined {
  let by: Rules | undefined;
  for (const each of all) {
    const ignored = each.ignore.ignores(below(each.folder, absolute), isFolder);
    if (ignored !== undefined) by = ignored ? each : undefined;
  }
  return by;
}

/** The most entries of a folder that are looked at. */
const LOOKED_AT = 100;

/**
 * What excludes the path and the folders above it: each needs a line of its own. For a folder whose entries are all
 * excluded by themselves, what excludes the first of them. Paths are relative to `top`.
 */
export async function exclusionsOf(path: string, isFolder: boolean, top: string): Promise<Exclusion[]> {
  const own = await exclusionsAlong(path, isFolder, top);
  if (!isFolder) return own;
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  let first = own;
  for (const entry of entries.slice(0, LOOKED_AT)) {
    const inside = await exclusionsAlong(join(path, entry.name), entry.isDirectory(), top);
    if (inside.length === own.length) return own;
    if (first === own) first = inside;
  }
  return first;
}

async function exclusionsAlong(path: string, isFolder: boolean, top: string): Promise<Exclusion[]> {
  const found: Exclusion[] = [];
  for (
    let [each, folder] = [path, isFolder];
    each !== top && isInside(each, top);
    [each, folder] = [dirname(each), true]
  ) {
    const rules = excludedBy(await rulesAbove(each, top, ['.gitignore', '.sagemakerignore']), each, folder);
    if (rules === undefined) continue;
    const inFolder = (name: string): string => below(top, join(rules.folder, name));
    const line = `!${below(rules.folder, each).replace(/[*?[\\]/g, '\\$&')}${folder ? '/' : ''}`;
    found.unshift({ by: inFolder(rules.file), line, into: inFolder('.sagemakerignore') });
  }
  return found;
}

/** Whether the folder, or one above it up to `top`, is excluded. `all`: the rules above the folder. */
export function isFolderIgnored(all: readonly Rules[], path: string, top: string): boolean {
  for (let folder = path; folder !== top && isInside(folder, top); folder = dirname(folder)) {
    const above = all.filter((rules) => rules.folder !== folder && isInside(folder, rules.folder));
    if (ignoredBy(above, folder, true) !== undefined) return true;
  }
  return false;
}

/** Whether an ignore file includes a file that is private because of `name`. `paths`: its absolute path, and its real path. */
export function isBroughtBack(all: readonly Rules[], paths: readonly string[], name: string): boolean {
  return all.some(({ folder, broughtBack }) =>
    paths.some((path) => path !== folder && isInside(path, folder) && broughtBack.has(below(folder, path), name)),
  );
}

function below(folder: string, path: string): string {
  return pathBelow(folder, path);
}

function matcherOf(Ignore: typeof IgnoreRules): (pattern: string) => Matcher {
  return (pattern) => {
    // These characters have a meaning at the start of a line.
    const rules = new Ignore(/^[#!]/.test(pattern) ? `\\${pattern}` : pattern);
    return (path) => {
      const parts = path.split('/');
      return parts.some((_, at) => rules.ignores(parts.slice(0, at + 1).join('/'), at < parts.length - 1) === true);
    };
  };
}
