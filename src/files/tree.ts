/**
 * Lists the files of a folder in a fixed order. Follows links that stay inside the folder. Any other link is an error,
 * and so is a path that is neither a file nor a folder. Skips private files, `.git` and the output folders of steps, also
 * if a link leads to them.
 */
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { each, Turns } from '../core/concurrency.ts';
import { InputProblem } from '../core/errors.ts';
import type { LocalFile } from '../core/local-file.ts';
import { type Choice, completeFiles } from './checkout.ts';
import { type IgnoreFile, ignoredBy, isBroughtBack, isFolderIgnored, rulesAbove } from './ignore-files.ts';
import { shownPath } from './paths.ts';
import { guardsAlong, holdsPrivateKey } from './private-files.ts';
import { partsOf, refuseNever, type Scope, scopeOf } from './scope.ts';
import { localFile, refused, takeFile, type Walk, walkFolder } from './walk.ts';

const KEYS_AT_ONCE = 16;

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
    ...{ root, realRoot, scope, isCode, turns: new Turns() },
    ...{ files: [], doubtful: [], isPrivate: [], emptyFolders: [], repositories: [] },
  };
  if (stats.isFile()) takeFile(walk, localFile(basename(root), root, stats), () => [root], rules, guards);
  else await walkFolder(walk, { path: root, real: realRoot, below: '', rules, guards, trail: [realRoot] }, ignoreFiles);
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

async function takeDoubtful(walk: Walk): Promise<void> {
  await each(new AbortController().signal, walk.doubtful, KEYS_AT_ONCE, async (file) => {
    if (await holdsPrivateKey(file)) walk.isPrivate.push(shownPath(file.absolute, walk.scope.workspace));
    else walk.files.push(file);
  });
}
