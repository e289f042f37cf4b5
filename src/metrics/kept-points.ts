/**
 * Keeps a bounded number of a series' points, so that its shape survives: of each stretch of equal length the least and the
 * greatest. When there are too many stretches, two become one. The result depends on the points alone.
 */

/** An even number. Each stretch keeps two points. */
const MOST_STRETCHES = 480;
/** The most points that are kept: two a stretch, the first and the latest. */
export const MOST_KEPT = 2 * MOST_STRETCHES + 2;

/** `time`: milliseconds since 1970. */
export interface TimedPoint {
  readonly time: number;
  readonly value: number;
}

interface Numbered<T> {
  /** Its place in the order of arrival. */
  readonly number: number;
  readonly point: T;
}

interface Stretch<T> {
  readonly least: Numbered<T>;
  readonly greatest: Numbered<T>;
}

export class KeptPoints<T extends TimedPoint> {
  #stretches: Stretch<T>[] = [];
  /** How many points a stretch has. */
  #length = 1;
  #count = 0;
  #first: Numbered<T> | undefined;
  #latest: Numbered<T> | undefined;

  /** `point.value` is finite. */
  add(point: T): void {
    const numbered = { number: this.#count, point };
    this.#count += 1;
    this.#first ??= numbered;
    if (this.#latest === undefined || point.time >= this.#latest.point.time) this.#latest = numbered;
    if (numbered.number === MOST_STRETCHES * this.#length) this.#halve();
    const at = Math.floor(numbered.number / this.#length);
    const own = { least: numbered, greatest: numbered };
    const before = this.#stretches[at];
    this.#stretches[at] = before === undefined ? own : joined(before, own);
  }

  /** How many were added. */
  get count(): number {
    return this.#count;
  }

  /** In order of time, and of arrival at the same time. */
  get points(): T[] {
    const ends = [this.#first, this.#latest].filter((end) => end !== undefined);
    const kept = [...ends, ...this.#stretches.flatMap(({ least, greatest }) => [least, greatest])];
    const distinct = new Map(kept.map((each) => [each.number, each]));
    return [...distinct.values()]
      .sort((a, b) => a.point.time - b.point.time || a.number - b.number)
      .map(({ point }) => point);
  }

  #halve(): void {
    this.#length *= 2;
    this.#stretches = this.#stretches.flatMap((stretch, at) => {
      const next = this.#stretches[at + 1];
      if (at % 2 === 1) return [];
      return [next === undefined ? stretch : joined(stretch, next)];
    });
  }
}

/** Of equal values the earlier one stays. */
function joined<T extends TimedPoint>(a: Stretch<T>, b: Stretch<T>): Stretch<T> {
  return {
    least: b.least.point.value < a.least.point.value ? b.least : a.least,
    greatest: b.greatest.point.value > a.greatest.point.value ? b.greatest : a.greatest,
  };
}
