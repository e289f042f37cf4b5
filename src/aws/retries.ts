/**
 * Decides which calls are made again, and when: by the rules of the SDK's adaptive mode (exponential backoff, whole jitter, a
 * service's own wish, fewer calls a second after a refusal:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html), but for a limit of time in place of one of
 * attempts. The mode's three to eight attempts take seconds, and its quota for all calls of a client is used up when fifty
 * uploads lose their connections at once.
 */
import type { RetryErrorInfo, RetryStrategyV2, RetryToken } from '@aws-sdk/types';
import { DefaultRateLimiter } from '@smithy/core/retry';
import { isClockError, isThrottled, statusOf } from './service-errors.ts';

/** No attempt begins later than this after the first one. */
const LONGEST_MS = 180_000;
/** For a host that never answered: its name is wrong, or this network does not lead to it. But there is a second attempt. */
const UNREACHABLE_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const FIRST_THROTTLED_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 20_000;
/** How much longer a service can have a call wait. */
const WISH_MS = 5_000;

/** The system's codes: https://nodejs.org/api/errors.html#common-system-errors */
const CONNECTION = /^E[A-Z]+$/;

/** The SDK's own setting: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
function mostAttempts({ AWS_MAX_ATTEMPTS: given = '' }: NodeJS.ProcessEnv): number {
  return /^[1-9]\d*$/.test(given) ? Number(given) : Number.POSITIVE_INFINITY;
}

interface Token extends RetryToken {
  readonly since: number;
}

/** Of one client. */
export class Retries implements RetryStrategyV2 {
  readonly #service: () => string;
  readonly #tell: (line: string) => void;
  readonly #pauses = new Set<() => void>();
  readonly #rate = new DefaultRateLimiter();
  /** The last call's turn. One after the other waits for the rate, so that at its end the process waits for one at most. */
  #turns = Promise.resolve();
  readonly #mostAttempts = mostAttempts(process.env);
  #hasAnswered = false;
  #closed = false;

  /** `tell` is told for each attempt what troubles the service. */
  constructor(service: () => string, tell: (line: string) => void) {
    this.#service = service;
    this.#tell = tell;
  }

  async acquireInitialRetryToken(): Promise<Token> {
    await this.#turn();
    return token(0, Date.now());
  }

  /** Throws if the call is not to be made again. */
  async refreshRetryTokenForRetry(before: RetryToken, failed: RetryErrorInfo): Promise<Token> {
    const { error, errorType, retryAfterHint } = failed;
    const [count, { since }] = [before.getRetryCount(), before as Token];
    if (statusOf(error) !== undefined) this.#hasAnswered = true;
    this.#rate.updateClientSendingRate({ errorType: isThrottled(error) ? 'THROTTLING' : 'TRANSIENT' });
    const trouble = error && troubleOf(error, errorType === 'TRANSIENT', count);
    if (trouble === undefined || count + 1 >= this.#mostAttempts) throw new Error('The call is not made again.');
    const pause = pauseOf(count, isThrottled(error), retryAfterHint);
    const limit = this.#hasAnswered ? LONGEST_MS : UNREACHABLE_MS;
    if (count > 0 && Date.now() + pause > since + limit) throw new Error('The time for the call is over.');
    this.#tell(`${this.#service()} ${trouble}; trying again …`);
    await this.#wait(pause);
    await this.#turn();
    return token(count + 1, since);
  }

  recordSuccess(): void {
    this.#hasAnswered = true;
    this.#rate.updateClientSendingRate({});
  }

  /** Ends all calls that wait for another attempt, which would keep the process from ending. */
  close(): void {
    this.#closed = true;
    for (const end of this.#pauses) end();
  }

  /** Waits until the service takes another call. Throws if nobody waits for the call any more. */
  async #turn(): Promise<void> {
    const turn = this.#turns.then(() => (this.#closed ? undefined : this.#rate.getSendToken()));
    this.#turns = turn;
    await turn;
    if (this.#closed) throw new Error('Nobody waits for the call any more.');
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#pauses.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#pauses.add(end);
    });
  }
}

function token(count: number, since: number): Token {
  return { since, getRetryCount: () => count, getRetryDelay: () => 0 };
}

/** At random up to a limit that doubles, so that calls that failed together do not come back together. */
function pauseOf(retries: number, throttled: boolean, wish: Date | undefined): number {
  const first = throttled ? FIRST_THROTTLED_PAUSE_MS : FIRST_PAUSE_MS;
  const pause = Math.random() * Math.min(first * 2 ** retries, LONGEST_PAUSE_MS);
  const asked = wish === undefined ? 0 : wish.getTime() - Date.now();
  return Math.max(pause, Math.min(asked, pause + WISH_MS));
}

/**
 * What troubles the service, as the end of a sentence. Undefined for what another attempt does not help. `passes`: whether the SDK
 * says that it may, which it does of every error while this machine's clock is wrong.
 */
function troubleOf(error: Error, passes: boolean, retries: number): string | undefined {
  const status = statusOf(error);
  // The second attempt has the right time. What is refused then is not the time, but the signature itself.
  if (isClockError(error)) return retries === 0 ? "does not accept the time of this machine's clock" : undefined;
  if (isThrottled(error)) return `is asked too often in this account (${error.name})`;
  if (status !== undefined && status >= 500) return `has a fault of its own (HTTP ${status})`;
  if (/^RequestTimeout/.test(error.name)) return `did not get the whole request in time (${error.name})`;
  // Half an answer has a status, whichever, and an error of the connection.
  return passes && ((status ?? 0) < 400 || CONNECTION.test(codeOf(error)))
    ? `gives no answer (${codeOf(error)})`
    : undefined;
}

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}
