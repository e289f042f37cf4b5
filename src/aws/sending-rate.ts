/**
 * How many calls a client makes in a second once a service has refused some as too many: the rules of the SDK's adaptive mode
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html, `DefaultRateLimiter` of @smithy/core). A refusal
 * brings the rate to 70 % of what it was. Then it comes back by a cubic curve: fast at first, slowly near the rate of the
 * refusal, and fast again beyond it. Before the first refusal there is no limit.
 */

const FALL = 0.7;
const GROWTH = 0.4;
/** The share of the newest half second in the measured rate. */
const NEWEST = 0.8;
const LEAST_PER_SECOND = 0.5;

export class SendingRate {
  #limited = false;
  #perSecond = LEAST_PER_SECOND;
  /** Calls that may be made at once. */
  #tokens = 0;
  #most = 1;
  #filledAt: number | undefined;
  #measured = 0;
  #answers = 0;
  #countedFrom: number;
  #refusedAt: number;
  #refusedRate = 0;

  /** `now`: in milliseconds, as everywhere here. */
  constructor(now: number) {
    this.#countedFrom = Math.floor(now / 1_000);
    this.#refusedAt = now / 1_000;
  }

  /** Calls a second, if they are limited. */
  get perSecond(): number {
    return this.#limited ? this.#perSecond : Number.POSITIVE_INFINITY;
  }

  /** Takes the turn for a call and returns 0, or returns how long to wait before the next try, in milliseconds. */
  take(now: number): number {
    if (!this.#limited) return 0;
    this.#fill(now / 1_000);
    const lacking = 1 - this.#tokens;
    if (lacking > 0) return Math.ceil((lacking / this.#perSecond) * 1_000);
    this.#tokens -= 1;
    return 0;
  }

  /** An answer, or an error, has come. `refused`: there were too many calls. */
  answered(refused: boolean, now: number): void {
    const seconds = now / 1_000;
    this.#measure(seconds);
    const wanted = refused ? this.#fallen(seconds) : this.#grown(seconds);
    const rate = Math.min(wanted, 2 * this.#measured);
    this.#fill(seconds);
    this.#perSecond = Math.max(rate, LEAST_PER_SECOND);
    this.#most = Math.max(rate, 1);
    this.#tokens = Math.min(this.#tokens, this.#most);
  }

  #fallen(seconds: number): number {
    this.#refusedRate = this.#limited ? Math.min(this.#measured, this.#perSecond) : this.#measured;
    this.#refusedAt = seconds;
    this.#limited = true;
    return this.#refusedRate * FALL;
  }

  #grown(seconds: number): number {
    const untilRefusedRate = Math.cbrt((this.#refusedRate * (1 - FALL)) / GROWTH);
    return GROWTH * (seconds - this.#refusedAt - untilRefusedRate) ** 3 + this.#refusedRate;
  }

  #fill(seconds: number): void {
    const passed = seconds - (this.#filledAt ?? seconds);
    this.#tokens = Math.min(this.#most, this.#tokens + passed * this.#perSecond);
    this.#filledAt = seconds;
  }

  #measure(seconds: number): void {
    this.#answers += 1;
    const half = Math.floor(seconds * 2) / 2;
    if (half <= this.#countedFrom) return;
    const newest = this.#answers / (half - this.#countedFrom);
    this.#measured = newest * NEWEST + this.#measured * (1 - NEWEST);
    this.#answers = 0;
    this.#countedFrom = half;
  }
}
