/** Finds the line of the checkout that a job's error is about. */
import type { LocalFile } from '../core/local-file.ts';
import { readTextFile } from '../files/look-up.ts';
import { isInside, pathBelow } from '../files/paths.ts';
import { firstInCode } from './repository-line.ts';
import type { Frame } from './traceback.ts';
import type { RepositoryLine } from './worker-error.ts';

/** The innermost of the frames that lies in the checkout. Undefined if none does. */
export type Locate = (frames: readonly Frame[]) => Promise<RepositoryLine | undefined>;

/** Bytes. A larger file is no source. */
const LARGEST = 4 * 1024 * 1024;

/** For a job whose code is perhaps not that of this checkout. */
export const nowhere: Locate = async () => undefined;

/** `code`: the files of the job's code archive. `workspace`: absolute. */
export function locator(code: readonly LocalFile[], workspace: string): Locate {
  const files = new Map(code.map((file) => [file.path, file]));
  return async (frames) => {
    const { file, line } = firstInCode(frames, files) ?? {};
    if (file === undefined || line === undefined || file.size > LARGEST) return undefined;
    if (!isInside(file.absolute, workspace)) return undefined;
    const text = await readTextFile(file.absolute);
    // The file may have changed since it was packed.
    if (text === undefined || line < 1 || line > text.split('\n').length) return undefined;
    return { file: pathBelow(workspace, file.absolute), line };
  };
}
