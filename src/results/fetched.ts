/** What became of a result on its way to the runner. */

import { ActionError } from '../core/errors.ts';

export type Fetched =
  | { readonly kind: 'whole' }
  /** All is there but what the problem names. */
  | { readonly kind: 'partly'; readonly problem: ActionError }
  /** Nothing is there: what was half written was removed. */
  | { readonly kind: 'missing'; readonly problem: ActionError };

/** What a service or the network did, as an error that says which result is missing. */
export function notFetched(what: string, cause: unknown): ActionError {
  if (cause instanceof ActionError) return cause;
  return new ActionError(
    `${what} was not downloaded whole, so nothing of it is there: ${(cause as Error).message || (cause as Error).name}`,
    'Run the step again: of a job that completed it takes the results, without running it anew.',
    { cause },
  );
}
