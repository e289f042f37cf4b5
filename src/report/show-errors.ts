/** Shows the worker's errors: as annotations of the repository's lines, and the whole traceback at the log's end. */

import { annotationText, errorAndPlace, errorName, whoHasIt } from '../failure/error-text.ts';
import type { Locate } from '../failure/locate.ts';
import { mergeErrors } from '../failure/merge-errors.ts';
import type { LoggedError } from '../failure/read-errors.ts';
import type { WorkerError } from '../failure/worker-error.ts';
import { annotateLines, info, printForeign } from '../github/log.ts';

/** GitHub shows ten errors of a step: https://github.com/orgs/community/discussions/26680 */
const MOST_ANNOTATIONS = 5;

/** Equal errors are one. */
export async function placeErrors(errors: readonly LoggedError[], locate: Locate): Promise<readonly WorkerError[]> {
  return mergeErrors(await Promise.all(errors.map(async (error) => ({ ...error, place: await locate(error.frames) }))));
}

/** Prints the first error whole, and names the others. */
export function showErrors(errors: readonly WorkerError[]): void {
  const [cause, ...others] = errors;
  if (cause === undefined) return;
  const placed = errors.flatMap((error) => (error.place === undefined ? [] : [{ error, place: error.place }]));
  for (const { error, place } of placed.slice(0, MOST_ANNOTATIONS)) {
    const lines = { first: place.line, last: place.line };
    annotateLines(place.file, lines, errorName(error), annotationText(error));
  }
  for (const other of others) printForeign(`Another error, of ${whoHasIt(other)}: `, [errorAndPlace(other)]);
  info(`The worker's error (${whoHasIt(cause)}):`);
  printForeign('', cause.lines);
}
