/** Looks up paths on the runner. */
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InputProblem } from '../core/errors.ts';
import { absent } from './absent.ts';
import { isEmpty, whyAbsent } from './checkout.ts';
import { assertNoWayOut } from './links.ts';

export type Kind = 'file' | 'folder' | 'other';

/** Follows links. Undefined if the path does not exist. */
export async function kindOf(path: string): Promise<Kind | undefined> {
  const stats = await stat(path).catch(absent);
  if (stats === undefined) return undefined;
  return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
}

/** The absolute path. Throws an InputProblem if it does not exist, or if a link of the workspace leads out of it. */
export async function existingPath(path: string, workspace: string): Promise<string> {
  const absolute = resolve(workspace, path);
  if ((await kindOf(absolute)) !== undefined) {
    await assertNoWayOut(absolute, workspace);
    return absolute;
  }
  const cause = await whyAbsent(absolute, resolve(workspace));
  if (cause !== undefined) throw cause;
  throw new InputProblem(
    `${path} does not exist in ${workspace}`,
    isEmpty(workspace)
      ? 'the workspace is empty: run actions/checkout before this step.'
      : 'check the path, and that actions/checkout runs before this step.',
  );
}

/** The file's text without a byte order mark. Undefined if the file does not exist. */
export async function readTextFile(path: string): Promise<string | undefined> {
  return (await readFile(path, 'utf8').catch(absent))?.replace(/^\uFEFF/, '');
}
