/** Says why a job lacks a file or module that the repository has, and which line brings it. */

import { bringBack, type Exclusion } from '../core/left-out.ts';
import type { Lost } from '../core/lost-names.ts';
import { named } from '../core/named.ts';

/** A path of the repository: relative to the workspace, with slashes and without one at its end. */
export interface RepositoryPath {
  readonly path: string;
  readonly isFolder: boolean;
}

/** A match, with what the repository says about it. */
export interface Match extends RepositoryPath {
  /** What the checkout lacks of it. */
  readonly lacks?: 'sparse' | 'submodule';
  /** Whether files of this name are not sent because they may contain credentials. */
  readonly isPrivate: boolean;
  /** What excludes it from the code: an ignore file, and the lines that bring it back. Empty if nothing does. */
  readonly exclusions: readonly Exclusion[];
}

/** What the job got. Paths as in `RepositoryPath`; the workspace itself is ''. */
export interface SentCode {
  /** Where the code looks for files: `source-dir`, or the entrypoint's folder. */
  readonly root: string;
  readonly sourceDir: string | undefined;
  readonly entrypoint: string | undefined;
  readonly dependencies: readonly string[];
  /** Channel → its local path, or undefined for data that is elsewhere. */
  readonly channels: ReadonlyMap<string, string | undefined>;
  /** Whether the file, or anything below the folder, was sent. */
  readonly isSent: (path: RepositoryPath) => boolean;
}

/**
 * The part of a path above a lost name: where it was found. `path`: a file, or an empty submodule. Undefined if the path is
 * not what was looked for. `libs/churn/x.py` has the module `churn` at `libs`. `root`: the folder of the code.
 */
export function placeOf(
  lost: Lost,
  { path, isFolder }: RepositoryPath,
  root: string,
): { readonly at: string; readonly match: RepositoryPath } | undefined {
  if (lost.kind === 'module') {
    const file = isFolder ? undefined : above(path, `${lost.path}.py`);
    if (file !== undefined) return { at: file, match: { path, isFolder } };
    const folder = isFolder ? path : path.endsWith('.py') ? path.slice(0, path.lastIndexOf('/')) : '';
    const at = above(folder, lost.path);
    return at === undefined ? undefined : { at, match: { path: folder, isFolder: true } };
  }
  const at = lost.path === '' ? undefined : above(path, lost.path);
  // A folder of the same name, such as `data`, is found in many places, so it has to be where the code looks.
  const isCommon = !lost.path.includes('/') && (isFolder || !lost.path.includes('.'));
  return at === undefined || (isCommon && at !== '' && at !== root) ? undefined : { at, match: { path, isFolder } };
}

function above(path: string, end: string): string | undefined {
  if (path === end) return '';
  return path.endsWith(`/${end}`) ? path.slice(0, -end.length - 1) : undefined;
}

/** The most names in a message. */
const SHOWN = 3;

/** A line about each name that one of its matches explains. Undefined if none does. */
export function explainLost(
  lost: readonly { readonly name: Lost; readonly matches: readonly (Match & { readonly at: string })[] }[],
  sent: SentCode,
): string | undefined {
  const lines = lost.flatMap(({ name, matches }) => {
    const ranked = matches
      .filter((match) => !sent.isSent(match))
      .sort((a, b) => rank(a.at, sent) - rank(b.at, sent) || (a.path < b.path ? -1 : 1));
    const reasons = ranked.flatMap((match) => {
      const why = reasonOf(name, match, sent);
      return why === undefined
        ? []
        : [`${named(match.path)} is in the repository, but the job did not get it, because ${why}.`];
    });
    return reasons.slice(0, 1);
  });
  return lines.length === 0 ? undefined : [...new Set(lines)].slice(0, SHOWN).join('\n');
}

/** Where the code looks comes first, then what is higher up. */
function rank(at: string, { root }: SentCode): number {
  if (at === root) return -1;
  return at === '' ? 0 : at.split('/').length;
}

function reasonOf(lost: Lost, match: Match & { readonly at: string }, sent: SentCode): string | undefined {
  const { path, lacks, isPrivate, exclusions } = match;
  const outside = lost.kind === 'input' ? channelRemedy(lost, match, sent) : codeRemedy(lost, match, sent);
  const also = outside === undefined ? '' : `, and ${outside.remedy}`;
  if (lacks === 'sparse') {
    const folder = match.isFolder ? path : folderOf(path) || path;
    return `a sparse checkout leaves it out: add ${named(folder)} to "sparse-checkout:" in the inputs of actions/checkout${also}`;
  }
  if (lacks === 'submodule')
    return `it is an empty submodule: add the line "submodules: true" to the inputs of actions/checkout${also}`;
  if (isPrivate) return `it may contain credentials: add the line "!${named(path)}" to .sagemakerignore${also}`;
  const [first] = exclusions;
  if (first !== undefined && lost.kind !== 'input')
    return `${named(first.by)} excludes it: ${bringBack(exclusions)}${also}`;
  return outside === undefined ? undefined : `${outside.why}: ${outside.remedy}`;
}

interface Outside {
  readonly why: string;
  readonly remedy: string;
}

/** How code that no input names is named. Undefined if an input names it. */
function codeRemedy(
  lost: Exclude<Lost, { kind: 'input' }>,
  { path, isFolder, at }: Match & { readonly at: string },
  { root, sourceDir, entrypoint, dependencies }: SentCode,
): Outside | undefined {
  if ([...dependencies, ...(sourceDir === undefined ? [] : [sourceDir])].some((folder) => isBelow(path, folder)))
    return undefined;
  const why = sourceDir === undefined ? 'no input names it' : `it is outside "source-dir"`;
  if (lost.kind === 'file' && lost.isAbove)
    return { why, remedy: 'set "source-dir" to a folder that has it and the code, such as "source-dir: ."' };
  if (sourceDir === undefined && at === root) {
    const own =
      entrypoint === undefined ? '' : ` and "entrypoint: ${named(entrypoint.slice(at === '' ? 0 : at.length + 1))}"`;
    return { why, remedy: `set "source-dir: ${named(at || '.')}"${own}` };
  }
  const [first = ''] = lost.path.split('/');
  const isWhole = lost.kind === 'module' && !isFolder && !lost.path.includes('/');
  const top = isWhole ? path : at === '' ? first : `${at}/${first}`;
  return { why, remedy: `set "dependencies: ${named(top)}"` };
}

function channelRemedy(
  lost: Extract<Lost, { kind: 'input' }>,
  { path, at }: { readonly path: string; readonly at: string },
  { channels }: SentCode,
): Outside | undefined {
  const source = channels.get(lost.channel);
  if (source !== undefined && !isBelow(path, source))
    return {
      why: `it is outside the folder of the channel "${named(lost.channel)}"`,
      remedy: 'name a folder above it in "inputs"',
    };
  if (channels.has(lost.channel)) return undefined;
  return {
    why: `there is no channel "${named(lost.channel)}"`,
    remedy: `add the line "${named(lost.channel)}=${named(at || '.')}" to "inputs"`,
  };
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

/** '' for a path without a slash. */
export function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}
