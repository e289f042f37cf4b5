/**
 * Determines which lines of a stream the searches have missed. CloudWatch Logs receives lines in batches, and the lines of a
 * batch arrive at the same time (`ingestionTime`). So each search since then has met all of them, and has found those that
 * were printed after the time at which it started. Thus the number of lines that were found is enough to know, for each
 * batch: what was missed are the lines printed first.
 */

import type { LogEvent } from '../core/log-event.ts';

/** Counts the events of a stream, batch by batch. */
export class BatchCounts {
  /** Time of arrival → number of events. */
  readonly #counts = new Map<number, number>();

  add({ arrived }: LogEvent): void {
    this.#counts.set(arrived, (this.#counts.get(arrived) ?? 0) + 1);
  }

  /** How many there are of the event's batch. */
  of({ arrived }: LogEvent): number {
    return this.#counts.get(arrived) ?? 0;
  }

  /** Whether `whole` has more of any batch. */
  lacksSomeOf(whole: BatchCounts): boolean {
    return [...whole.#counts].some(([arrived, count]) => count > (this.#counts.get(arrived) ?? 0));
  }
}

/** The events that were not found, in order. `events` has whole batches, and `found` counts what was found of them. */
export function missingEvents(events: readonly LogEvent[], found: BatchCounts): LogEvent[] {
  const [whole, met] = [new BatchCounts(), new BatchCounts()];
  for (const event of events) whole.add(event);
  const missing = new Set<LogEvent>();
  for (const event of events.toSorted((a, b) => a.timestamp - b.timestamp)) {
    met.add(event);
    if (met.of(event) <= whole.of(event) - found.of(event)) missing.add(event);
  }
  return events.filter((event) => missing.has(event));
}
