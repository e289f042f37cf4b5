/** What GitHub's refusals mean, and how long to wait. */
import { describe, expect, it } from 'vitest';
import { type FailedAnswer, judgeAnswer, judgeNetwork, type ProblemKind } from '../../src/github/api-failure.ts';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const DATE = 'Mon, 30 Nov 2026 12:00:00 GMT';
const seconds = (text: string): string => String(Date.parse(text) / 1000);
const PURPOSE = { words: 'x', permission: 'statuses: write', input: 'commit-status' } as const;
const judge = (answer: Partial<FailedAnswer>, attempt = 1) =>
  judgeAnswer({ status: 403, headers: {}, data: undefined, ...answer }, PURPOSE, attempt, NOW);
const said = (message: string, more: object = {}): object => ({ message, ...more });

describe('an answer', () => {
  it.each<[Partial<FailedAnswer>, ProblemKind, number | undefined]>([
    [{ data: said('Resource not accessible by integration') }, 'denied', undefined],
    [{ data: said('Resource not accessible by personal access token') }, 'denied', undefined],
    [{ data: said('Must have push access to repository') }, 'denied', undefined],
    [{ data: said('Repository was archived so is read-only.') }, 'refused', undefined],
    [{ data: said('Resource protected by organization SAML enforcement.') }, 'refused', undefined],
    [{ status: 401, data: said('Bad credentials') }, 'refused', undefined],
    [{ status: 404, data: said('Not Found') }, 'absent', undefined],
    [{ status: 410, data: said('Issues are disabled for this repo') }, 'absent', undefined],
    [{ status: 422, data: said('Validation Failed') }, 'refused', undefined],
    [{ status: 409 }, 'refused', undefined],
    [{ status: 500 }, 'unanswered', 500],
    [{ status: 503, headers: { 'retry-after': '7' } }, 'unanswered', 7000],
    [{ status: 503, headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' } }, 'unanswered', 500],
    [{ status: 200, data: { errors: [{ type: 'RATE_LIMITED', message: 'x' }] } }, 'limited', 60_000],
    [{ status: 200, data: { errors: [null, 'x'] } }, 'unanswered', 500],
    // https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
    [{ data: said('API rate limit exceeded for installation ID 1.') }, 'limited', 60_000],
    [{ data: said('You have exceeded a secondary rate limit.') }, 'limited', 60_000],
    [{ status: 429 }, 'limited', 60_000],
    [{ status: 429, headers: { 'retry-after': '5' } }, 'limited', 5000],
    [{ headers: { 'retry-after': '0' } }, 'limited', 0],
    [{ headers: { 'retry-after': '-1' } }, 'limited', 60_000],
    [{ headers: { 'retry-after': '5', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' } }, 'limited', 5000],
    [
      { headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': seconds('2026-11-30T12:00:30Z') } },
      'limited',
      31_000,
    ],
    [
      { headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': seconds('2026-11-30T11:00:00Z') } },
      'limited',
      60_000,
    ],
    [{ headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'x' } }, 'limited', 60_000],
    [{ headers: { 'x-ratelimit-remaining': '12' }, data: said('Forbidden') }, 'refused', undefined],
  ])('%j is %s, and may come again after %s ms', (answer, kind, pauseMs) => {
    expect(judge(answer)).toMatchObject({ kind, pauseMs });
  });

  it("reads a limit's end by GitHub's clock, not by a wrong one of this machine", () => {
    const reset = seconds('2026-11-30T12:00:10Z');
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset, date: DATE };
    const data = undefined;
    const far = NOW - 3_600_000;
    expect(judgeAnswer({ status: 403, headers, data }, PURPOSE, 1, far).pauseMs).toBe(11_000);
  });

  it('is waited for twice as long each time', () => {
    expect([1, 2, 3].map((attempt) => judge({ status: 502 }, attempt).pauseMs)).toEqual([500, 1000, 2000]);
    expect([1, 2].map((attempt) => judge({ status: 429 }, attempt).pauseMs)).toEqual([60_000, 120_000]);
  });

  it.each<[unknown, string]>([
    [said('a\n::error::b\u2028c\u0000d'), 'a ::error::b c d (HTTP 422).'],
    [said('x'.repeat(999)), `${'x'.repeat(300)}… (HTTP 422).`],
    [
      said('Validation Failed', { errors: ['one', { message: 'two' }, { code: 'missing' }, null] }),
      'Validation Failed: one: two (HTTP 422).',
    ],
    [said('  '), 'GitHub gives no reason (HTTP 422).'],
    [{ message: 7, errors: 7 }, 'GitHub gives no reason (HTTP 422).'],
    ['<html>no</html>', '<html>no</html> (HTTP 422).'],
    [null, 'GitHub gives no reason (HTTP 422).'],
  ])('%j is quoted as %j', (data, reason) => {
    expect(judge({ status: 422, data }).reason).toBe(reason);
  });
});

describe('no answer', () => {
  it.each([
    ['ECONNRESET', 500],
    ['ETIMEDOUT', 500],
    ['EAI_AGAIN', 500],
    ['ENOTFOUND', undefined],
    ['CERT_HAS_EXPIRED', undefined],
    ['ERR_PROXY_REFUSED', undefined],
  ])('with the code %s may come after %s ms, in the network’s words', (code, pauseMs) => {
    const words = { message: 'The host is gone.', hint: 'Wait.' };
    expect(judgeNetwork({ ...words, code }, 1)).toEqual({
      kind: 'unanswered',
      reason: words.message,
      hint: 'Wait.',
      pauseMs,
    });
  });
});
