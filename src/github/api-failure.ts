/**
 * What a failed request to GitHub's API means, in words, and when it may be sent again. Rules only.
 * https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api,
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */

import { ActionError } from '../core/errors.ts';
import { at } from '../core/unchecked.ts';

/**
 * - `denied`: the token lacks a permission.
 * - `absent`: GitHub does not have what was named, or does not show it to the token.
 * - `limited`: too many requests, and the wait would be too long.
 * - `unanswered`: no answer, or a fault of GitHub, also after retries.
 * - `refused`: everything else.
 */
export type ProblemKind = 'denied' | 'absent' | 'limited' | 'unanswered' | 'refused';

/** A request to GitHub's API had no success. */
export class GitHubError extends ActionError {
  override readonly name = 'GitHubError';
  readonly kind: ProblemKind;

  constructor(kind: ProblemKind, message: string, hint: string, options?: ErrorOptions) {
    super(message, hint, options);
    this.kind = kind;
  }
}

/** An answer that GitHub's API does not give: a proxy's page, half a text, other members than documented. */
export class ForeignAnswer extends Error {}

/** What a request is for. */
export interface Purpose {
  /** Stands behind "could not": `comment on pull request #12`. */
  readonly words: string;
  /** What it needs of the token: `pull-requests: write`. */
  readonly permission: string;
  /** The input that asks for it. */
  readonly input: 'comment' | 'commit-status';
}

/** An answer with an HTTP status that says so, or with GraphQL's errors. */
export interface FailedAnswer {
  readonly status: number;
  /** The names are in small letters. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly data: unknown;
}

export interface Verdict {
  readonly kind: ProblemKind;
  /** With a full stop. */
  readonly reason: string;
  readonly hint: string;
  /** How long to wait before the same request may succeed. Undefined: it will not. */
  readonly pauseMs: number | undefined;
}

const FIRST_PAUSE_MS = 500;
const SECOND_MS = 1000;
/** "Otherwise, wait for at least one minute before retrying." */
const LIMITED_MS = 60_000;
/** What GitHub says is quoted up to this length. */
const LONGEST_QUOTE = 300;

/** `attempt`: how often the request was sent, from 1. `now`: this machine's time in milliseconds. */
export function judgeAnswer(answer: FailedAnswer, purpose: Purpose, attempt: number, now: number): Verdict {
  const { status } = answer;
  const said = `${quoted(answer.data)} (HTTP ${status}).`;
  const again = `If this happens again, set "${purpose.input}" to false.`;
  if (isLimit(answer)) {
    const hint = "All workflows of the repository share GitHub's limit. Run the workflow job again later.";
    return { kind: 'limited', reason: said, hint, pauseMs: limitPause(answer, attempt, now) };
  }
  if (status === 401) {
    const hint =
      'Check "github-token". The token that GitHub gives a workflow job ends with the job, and after 24 hours at the latest.';
    return { kind: 'refused', reason: said, hint, pauseMs: undefined };
  }
  if (status === 403 && /not accessible by|must have .* (access|rights)/i.test(said)) {
    const hint =
      `Add \`${purpose.permission}\` to the \`permissions\` of the workflow job. A pull request from a fork gets a token ` +
      'that can only read: docs/pull-requests.md says what to do then.';
    return { kind: 'denied', reason: said, hint, pauseMs: undefined };
  }
  if (status === 404 || status === 410) {
    const hint = 'Check whether it still exists, and whether "github-token" may read this repository.';
    return { kind: 'absent', reason: said, hint, pauseMs: undefined };
  }
  // GraphQL reports a fault of its own with status 200.
  if (status >= 500 || status === 200) return unanswered(said, attempt, retryAfter(answer));
  return { kind: 'refused', reason: said, hint: again, pauseMs: undefined };
}

/** Codes of a request without an answer that may have one later. The others (names, certificates) stay as they are. */
const PASSING = /^(ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

/** Of a request without an answer: the network's own words, and Node's code. */
export function judgeNetwork(
  { message, hint, code }: { message: string; hint: string; code: string },
  attempt: number,
): Verdict {
  const passing = PASSING.test(code);
  return { kind: 'unanswered', reason: message, hint, pauseMs: passing ? backoff(attempt) : undefined };
}

export function judgeForeign(attempt: number): Verdict {
  return unanswered("the answer is not one of GitHub's API.", attempt, undefined);
}

function unanswered(reason: string, attempt: number, retryAfterMs: number | undefined): Verdict {
  const hint = 'Run the workflow job again. https://www.githubstatus.com shows whether GitHub has a problem.';
  return { kind: 'unanswered', reason, hint, pauseMs: retryAfterMs ?? backoff(attempt) };
}

function backoff(attempt: number): number {
  return FIRST_PAUSE_MS * 2 ** (attempt - 1);
}

/** A limit has the statuses of a refusal too. */
function isLimit({ status, headers, data }: FailedAnswer): boolean {
  if (status === 429) return true;
  const errors = at(data, 'errors');
  if (status === 200) return Array.isArray(errors) && errors.some((each) => at(each, 'type') === 'RATE_LIMITED');
  const isSaid = /rate limit|abuse detection/i.test(String(at(data, 'message')));
  return status === 403 && (isSaid || 'retry-after' in headers || headers['x-ratelimit-remaining'] === '0');
}

function limitPause(answer: FailedAnswer, attempt: number, now: number): number {
  const { headers } = answer;
  const reset = Number(headers['x-ratelimit-reset']);
  // The end is in GitHub's time, and this machine's clock may be wrong.
  const sent = Date.parse(String(headers['date']));
  const left = reset * SECOND_MS - (Number.isNaN(sent) ? now : sent);
  const untilReset = headers['x-ratelimit-remaining'] === '0' && left >= 0 ? left + SECOND_MS : undefined;
  return retryAfter(answer) ?? untilReset ?? LIMITED_MS * 2 ** (attempt - 1);
}

/** In milliseconds. GitHub sends whole seconds. */
function retryAfter({ headers }: FailedAnswer): number | undefined {
  const text = headers['retry-after'];
  return typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) * SECOND_MS : undefined;
}

/** GitHub's message with those of the parts that it complains of, in one line. */
function quoted(data: unknown): string {
  const parts = at(data, 'errors');
  const messages = [data, ...(Array.isArray(parts) ? parts : [])].flatMap((each) => {
    const text = typeof each === 'string' ? each : at(each, 'message');
    return typeof text === 'string' && text.trim() !== '' ? [text] : [];
  });
  const line = messages
    .join(': ')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  if (line === '') return 'GitHub gives no reason';
  return line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE).toWellFormed()}…` : line;
}
