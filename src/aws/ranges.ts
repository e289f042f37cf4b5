/**
 * Reads a large object in ranges that arrive at the same time, and gives them out in order. One connection to S3 is slower
 * than most networks: https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-design-patterns.html
 */
import type { Readable } from 'node:stream';
import { Budget } from '../core/concurrency.ts';

/** Bytes. An object of at most so many is one range. */
export const RANGE = 8 * 1024 * 1024;
const RANGES_AHEAD = 3;
/** Bytes in memory, of all objects that are read at the same time. */
const MEMORY = new Budget(RANGES_AHEAD * RANGE);
/** How often a range is asked for if its answer breaks off. */
const ATTEMPTS = 3;

/** Asks S3 for the bytes from `start` up to and including `end`. */
export type GetRange = (start: number, end: number, signal: AbortSignal) => Promise<Readable>;

/** `size`: of the object, in bytes. `first`: its first range, which has begun to arrive. */
export async function* inRanges(
  size: number,
  first: Readable,
  get: GetRange,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const stopped = new AbortController();
  const reading = new Reading(size, get, AbortSignal.any([signal, stopped.signal]));
  try {
    const ahead = [reading.range(0, first)];
    for (let start = RANGE; ; ) {
      for (; start < size && ahead.length <= RANGES_AHEAD; start += RANGE) ahead.push(reading.range(start));
      const next = ahead.shift();
      if (next === undefined) return;
      yield* await next.pieces;
      next.free();
    }
  } finally {
    // The consumer may have left before the end.
    stopped.abort();
    first.destroy();
  }
}

interface Range {
  readonly pieces: Promise<readonly Buffer[]>;
  /** The bytes are no longer in memory. */
  readonly free: () => void;
}

class Reading {
  readonly #size: number;
  readonly #get: GetRange;
  readonly #signal: AbortSignal;

  constructor(size: number, get: GetRange, signal: AbortSignal) {
    this.#size = size;
    this.#get = get;
    this.#signal = signal;
  }

  /** Begins to read a range. `arriving`: its first attempt, if it was asked for already. */
  range(start: number, arriving?: Readable): Range {
    const end = Math.min(start + RANGE, this.#size) - 1;
    const { promise: isFree, resolve: done } = Promise.withResolvers<void>();
    const free = (): void => {
      // A listener that stayed would keep the bytes of the range in memory.
      this.#signal.removeEventListener('abort', free);
      done();
    };
    this.#signal.addEventListener('abort', free);
    const pieces = new Promise<readonly Buffer[]>((resolve, reject) => {
      const hold = async (): Promise<void> => {
        resolve(await this.#read(start, end, arriving));
        await isFree;
      };
      MEMORY.hold(end + 1 - start, hold).catch(reject);
    });
    // Whoever waits for the range gets the error; nobody may wait for it any more.
    pieces.catch(() => undefined);
    return { pieces, free };
  }

  async #read(start: number, end: number, arriving: Readable | undefined): Promise<readonly Buffer[]> {
    for (let attempt = 1; ; attempt += 1) {
      this.#signal.throwIfAborted();
      const body = (attempt === 1 && arriving) || (await this.#get(start, end, this.#signal));
      try {
        const pieces = (await body.toArray({ signal: this.#signal })) as Buffer[];
        const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
        if (length !== end + 1 - start) throw new Error(`S3 sent ${length} bytes instead of ${end + 1 - start}.`);
        return pieces;
      } catch (error) {
        if (this.#signal.aborted || attempt === ATTEMPTS) throw error;
      }
    }
  }
}
