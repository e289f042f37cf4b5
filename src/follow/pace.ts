/**
 * Limits how often a service is called, so that it has calls left for everything else in the account. This is a token
 * bucket: it fills at a rate, up to `burst` calls, and each call takes one. Each throttled call halves the rate, which
 * doubles again in 20 s. The caller passes the time, in milliseconds.
 */

const LEAST_SHARE = 1 / 16;
const DOUBLED_MS = 20_000;

export class Pace {
  readonly #burst: number;
  #calls: number;
  #share = 1;
  #at: number;

  constructor(burst: number, now: number) {
    this.#burst = burst;
    this.#calls = burst;
    this.#at = now;
  }

  /** How long to wait before the next call at this rate, if `kept` calls must stay in the bucket. */
  wait(perSecond: number, now: number, kept = 0): number {
    const passed = Math.max(0, now - this.#at);
    this.#share = Math.min(1, this.#share * 2 ** (passed / DOUBLED_MS));
    this.#calls = Math.min(this.#burst, this.#calls + (passed * perSecond * this.#share) / 1_000);
    this.#at = Math.max(now, this.#at);
    const lacking = 1 + kept - this.#calls;
    // Without rounding errors.
    return Math.max(0, Math.ceil((lacking * 1_000) / (perSecond * this.#share) - 1e-3));
  }

  /** A call is made. */
  take(): void {
    this.#calls -= 1;
  }

  /** A call was refused because there were too many. The next one waits as long as the halved rate requires. */
  throttled(): void {
    this.#share = Math.max(LEAST_SHARE, this.#share / 2);
    this.#calls = Math.min(this.#calls, 0);
  }
}
