/** Which pull request a run belongs to, and which commit its status goes to, for each event and whatever its payload. */
import { describe, expect, it } from 'vitest';
import { commitOf, pullRequestOf, type RunPullRequest } from '../../src/github/pull-request.ts';

const SHA = '0123456789abcdef0123456789abcdef01234567';
const HEAD = 'f'.repeat(40);
const repository = { id: 1, default_branch: 'main' };
const NONE: RunPullRequest = { kind: 'none' };
const number = (of: number): RunPullRequest => ({ kind: 'number', number: of });
const commit = (sha: string): RunPullRequest => ({ kind: 'commit', sha });
const pull_request = { number: 12, head: { sha: HEAD } };
const listed = (of: number, base: number) => ({ number: of, base: { repo: { id: base } } });

interface Case {
  readonly event: string;
  readonly payload?: unknown;
  readonly ref?: string;
  readonly expected: RunPullRequest;
  readonly status: string | undefined;
}
const context = ({ event, payload, ref = 'refs/heads/topic' }: Omit<Case, 'expected' | 'status'>) => ({
  event,
  payload,
  ref,
  sha: SHA,
});

const CASES: readonly Case[] = [
  ...['pull_request', 'pull_request_target', 'pull_request_review', 'pull_request_review_comment', 'of_tomorrow'].map(
    (event): Case => ({ event, payload: { pull_request }, expected: number(12), status: HEAD }),
  ),
  {
    event: 'issue_comment',
    payload: { issue: { number: 5, pull_request: {} } },
    expected: number(5),
    status: undefined,
  },
  { event: 'issue_comment', payload: { issue: { number: 5 } }, expected: NONE, status: SHA },
  {
    event: 'workflow_run',
    payload: { repository, workflow_run: { pull_requests: [listed(3, 1)], head_sha: HEAD } },
    expected: number(3),
    status: HEAD,
  },
  // Those of another repository, with the same numbers, are not this one's.
  {
    event: 'workflow_run',
    payload: { repository, workflow_run: { pull_requests: [listed(3, 2), listed(4, 1)], head_sha: HEAD } },
    expected: number(4),
    status: HEAD,
  },
  {
    event: 'workflow_run',
    payload: { repository, workflow_run: { pull_requests: [listed(3, 2)], head_sha: HEAD } },
    expected: commit(HEAD),
    status: HEAD,
  },
  // After a fork's run the list is empty.
  {
    event: 'workflow_run',
    payload: { repository, workflow_run: { pull_requests: [], head_sha: HEAD } },
    expected: commit(HEAD),
    status: HEAD,
  },
  {
    event: 'check_run',
    payload: { repository, check_run: { pull_requests: [{ number: 8 }], head_sha: HEAD } },
    expected: number(8),
    status: HEAD,
  },
  {
    event: 'check_suite',
    payload: { repository, check_suite: { pull_requests: [], head_sha: HEAD } },
    expected: commit(HEAD),
    status: HEAD,
  },
  { event: 'deployment', payload: { deployment: { sha: HEAD } }, expected: commit(HEAD), status: HEAD },
  { event: 'deployment_status', payload: { deployment: { sha: HEAD } }, expected: commit(HEAD), status: HEAD },
  { event: 'status', payload: { sha: HEAD }, expected: commit(HEAD), status: HEAD },
  { event: 'merge_group', payload: { merge_group: { head_sha: HEAD } }, expected: NONE, status: HEAD },
  { event: 'push', payload: { deleted: false }, expected: commit(SHA), status: SHA },
  { event: 'push', payload: { deleted: true }, expected: NONE, status: SHA },
  { event: 'push', payload: {}, ref: 'refs/tags/v1', expected: NONE, status: SHA },
  { event: 'workflow_dispatch', payload: {}, expected: commit(SHA), status: SHA },
  { event: 'workflow_dispatch', payload: {}, ref: 'refs/tags/v1', expected: NONE, status: SHA },
  ...['schedule', 'repository_dispatch', 'release', 'issues', '', 'toString'].map(
    (event): Case => ({ event, payload: { repository }, expected: NONE, status: SHA }),
  ),
];

describe('the run of', () => {
  it.each(CASES)('$event with $payload has the pull request $expected', (given) => {
    expect(pullRequestOf(context(given))).toEqual(given.expected);
  });
  it.each(CASES)('$event with $payload has its status on $status', (given) => {
    expect(commitOf(context(given))).toBe(given.status);
  });
});

describe('an event of another shape', () => {
  const SHAPES = [undefined, null, [], 'x', {}, { pull_request: 7 }, { workflow_run: [] }, { issue: null }];
  it.each(['12/../x', -1, 0, 1.5, null, {}, Number.MAX_VALUE, '7'])('gives no number %j', (of) => {
    const payload = { pull_request: { number: of, head: { sha: '../..' } } };
    expect(pullRequestOf(context({ event: 'pull_request', payload }))).toEqual(NONE);
    expect(commitOf(context({ event: 'pull_request', payload }))).toBeUndefined();
  });
  it.each(['pull_request', 'workflow_run', 'check_run', 'deployment', 'status', 'merge_group'])(
    'never puts the status of %s on the default branch',
    (event) => {
      for (const payload of SHAPES) {
        expect(commitOf(context({ event, payload }))).toBeUndefined();
        expect(pullRequestOf(context({ event, payload }))).toEqual(NONE);
      }
    },
  );
});
