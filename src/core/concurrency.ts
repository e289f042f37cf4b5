/**
 * Concurrent work, limited by number and by bytes in memory. One rule holds everywhere: the first failure aborts the
 * other parts and waits for them, so that nothing runs any more when the failure is thrown.
 */

import { setImmediate, setTimeout as sleep } from 'node:timers/promises';

/** Begins all parts with one signal and waits for them. The signal is aborted if a part fails, or with `outer`. */
export async function together<const T extends readonly unknown[]>(
  outer: AbortSignal,
  begin: (signal: AbortSignal) => T,
): Promise<{ -readonly [part in keyof T]: Awaited<T[part]> }> {
  const failed = new AbortController();
  const parts = begin(AbortSignal.any([outer, failed.signal]));
  try {
    return await Promise.all(parts);
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(parts);
    throw error;
  }
}

/** Runs `work` on each item, at most `atOnce` at the same time. The results are in the order of the items. */
export async function each<T, R>(
  outer: AbortSignal,
  items: readonly T[],
  atOnce: number,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  await together(outer, (signal) =>
    Array.from({ length: Math.min(atOnce, items.length) }, async () => {
      for (const [index, item] of queue) {
        signal.throwIfAborted();
        results[index] = await work(item, signal);
      }
    }),
  );
  return results;
}

/**
 * How long a cancelled step waits for the answer to a request, so that it can undo what the request did. GitHub kills the
 * step 10 seconds after the first signal (src/cancellation.ts).
 */
const ANSWER_MS = 7_000;

/** A signal for a request that creates something. It is aborted `ANSWER_MS` after the given one. */
export function untilAnswered(signal: AbortSignal): AbortSignal {
  const late = new AbortController();
  const begin = (): void => void setTimeout(() => late.abort(signal.reason), ANSWER_MS).unref();
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return late.signal;
}

/** Waits this long, or until the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** How long synchronous work may keep the step from handling a signal. */
const TURN_MS = 20;

/** Parts long synchronous work into turns, between which signals and answers are handled. */
export class Turns {
  #end = performance.now() + TURN_MS;

  /** Whether it is time for `pass`. Ask often: between any two pieces of work. */
  get isOver(): boolean {
    return performance.now() > this.#end;
  }

  /** Lets all that waits have its turn. Throws the reason if the signal is aborted. */
  async pass(signal?: AbortSignal): Promise<void> {
    await setImmediate();
    signal?.throwIfAborted();
    this.#end = performance.now() + TURN_MS;
  }
}

/** Limits how many bytes are in memory at the same time: work waits until its bytes fit. */
export class Budget {
  readonly #limit: number;
  readonly #waiting: { readonly bytes: number; readonly start: () => void }[] = [];
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs the work once its bytes fit. Work that needs more than the whole budget waits for the whole budget. */
  async hold<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    const held = Math.min(bytes, this.#limit);
    await this.#take(held);
    try {
      return await work();
    } finally {
      this.#used -= held;
      this.#startNext();
    }
  }

  /** First come, first served. */
  async #take(bytes: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push({ bytes, start: resolve });
      this.#startNext();
    });
  }

  #startNext(): void {
    for (let [next] = this.#waiting; next && this.#used + next.bytes <= this.#limit; [next] = this.#waiting) {
      this.#waiting.shift();
      this.#used += next.bytes;
      next.start();
    }
  }
}
