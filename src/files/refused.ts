/** Why a file or a folder of a result cannot be written, in words. */
import { ActionError } from '../core/errors.ts';

/** Why a name is not written. */
export class RefusedName extends Error {
  override readonly name = 'RefusedName';
}

/** What each code of the system means for one file of a result. */
export const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'something else has its name already',
  EISDIR: 'a folder has its name already',
  ENOTEMPTY: 'a folder has its name already',
  ENAMETOOLONG: 'its name is too long, or it is too deep in folders',
  ENOTDIR: 'a file is where its folder would be',
  ELOOP: 'it would be written through a link',
  EACCES: 'the runner does not allow it (EACCES)',
  ERR_INVALID_ARG_VALUE: 'its name is not one that a file can have',
};

/** Why a file was not written, in words. */
export function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return error instanceof RefusedName ? message : (REASONS[code] ?? code) || message;
}

/** Whether it is this one file that cannot be written, by its name or by what is there. */
export function isRefused(error: unknown): boolean {
  return error instanceof RefusedName || ((error as NodeJS.ErrnoException).code ?? '') in REASONS;
}

/** Whether nothing more can be written at all. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** For a folder that nothing can be written to. */
export function notWritable(folder: string, cause: unknown): ActionError {
  const why = isDiskFull(cause) ? 'the disk is full' : reasonOf(cause);
  return new ActionError(
    `The results cannot be written to ${folder}: ${why}.`,
    isDiskFull(cause)
      ? 'Free disk space on the runner, and run the step again: it takes the results of the job that completed.'
      : 'Let the user of the runner write to the folder and to all in it, remove it, or name another one in "output-path".',
    { cause },
  );
}
