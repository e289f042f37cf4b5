/** Makes one of the errors that several instances and processes have alike. */

import type { LoggedError } from './read-errors.ts';
import type { RepositoryLine, WorkerError } from './worker-error.ts';

export interface PlacedError extends LoggedError {
  readonly place: RepositoryLine | undefined;
}

/** The most errors that are told apart. */
const MOST = 10;
/** What differs between processes that have the same error: ranks, addresses, process ids. */
const NUMBERS = /0x[0-9a-f]+|\d+/gi;

/** In the same order, each as the first of its instances has it. At most `MOST`. */
export function mergeErrors(errors: readonly PlacedError[]): WorkerError[] {
  const groups = [...Map.groupBy(errors, keyOf).values()].slice(0, MOST);
  return groups.flatMap((group) => {
    const [first] = group.toSorted((a, b) => byNumber(a.host, b.host));
    if (first === undefined) return [];
    const { type, message, lines, place } = first;
    const hosts = [...new Set(group.map(({ host }) => host))];
    const ranks = [...new Set(group.flatMap(({ rank }) => rank ?? []))];
    return [{ type, message, lines, place, hosts: hosts.sort(byNumber), ranks: ranks.sort((a, b) => a - b) }];
  });
}

function keyOf({ type, message, place, frames: [frame] }: PlacedError): string {
  const where = place === undefined ? [frame?.path, frame?.line] : [place.file, place.line];
  return JSON.stringify([type, message.replace(NUMBERS, '#'), ...where]);
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
