/** Which events can run code that nobody has merged, and where its results go. */
import { describe, expect, it } from 'vitest';
import { placeWarning, UNMERGED_EVENTS, unmergedPrefix } from '../../src/config/unmerged.ts';

const SHA = '0123456789abcdef0123456789abcdef01234567';
const OTHER = 'f'.repeat(40);
const repository = { id: 1, default_branch: 'main' };
const fork = { id: 2 };
const of = (event: string, payload: unknown, sha = SHA): string | undefined => unmergedPrefix({ event, payload, sha });

describe('the place of unmerged code', () => {
  it.each<[string, unknown, string | undefined]>([
    ...['pull_request', 'pull_request_target', 'pull_request_review', 'pull_request_review_comment'].map(
      (event): [string, unknown, string] => [event, { pull_request: { number: 12 } }, 'pr-12/'],
    ),
    ['issue_comment', { issue: { number: 5, pull_request: { url: '' } } }, 'pr-5/'],
    ['issue_comment', { issue: { number: 5 } }, undefined],
    ['an_event_of_tomorrow', { pull_request: { number: 4 } }, 'pr-4/'],
    ['', { pull_request: { number: 4 } }, 'pr-4/'],
    ['workflow_run', { repository, workflow_run: { event: 'pull_request', pull_requests: [{ number: 3 }] } }, 'pr-3/'],
    // A fork's run has no pull requests.
    [
      'workflow_run',
      { repository, workflow_run: { event: 'pull_request', pull_requests: [], head_sha: OTHER } },
      'pr-ffffffffffff/',
    ],
    [
      'workflow_run',
      { repository, workflow_run: { event: 'push', head_branch: 'main', head_repository: { id: 1 } } },
      undefined,
    ],
    [
      'workflow_run',
      { repository, workflow_run: { event: 'push', head_branch: 'main', head_repository: fork, head_sha: OTHER } },
      'pr-ffffffffffff/',
    ],
    [
      'workflow_run',
      {
        repository,
        workflow_run: { event: 'push', head_branch: 'topic', head_repository: { id: 1 }, head_sha: OTHER },
      },
      'pr-ffffffffffff/',
    ],
    ['merge_group', { repository, merge_group: { head_sha: OTHER } }, 'pr-ffffffffffff/'],
    ['check_run', { repository, check_run: { pull_requests: [{ number: 8 }] } }, 'pr-8/'],
    [
      'check_run',
      { repository, check_run: { pull_requests: [], head_sha: OTHER, check_suite: { head_branch: 'topic' } } },
      'pr-ffffffffffff/',
    ],
    ['check_run', { repository, check_run: { pull_requests: [], check_suite: { head_branch: 'main' } } }, undefined],
    ['check_suite', { repository, check_suite: { pull_requests: [], head_branch: 'main' } }, undefined],
    ['check_suite', { repository, check_suite: { pull_requests: [{ number: 9 }], head_branch: 'x' } }, 'pr-9/'],
    ['check_suite', { check_suite: { pull_requests: [], head_sha: OTHER } }, 'pr-ffffffffffff/'],
    ['deployment', { repository, deployment: { ref: 'main', sha: OTHER } }, undefined],
    ['deployment', { repository, deployment: { ref: 'topic', sha: OTHER } }, 'pr-ffffffffffff/'],
    ['deployment_status', { repository, deployment: { ref: 'refs/heads/main', sha: OTHER } }, undefined],
    ['deployment_status', { repository, deployment: { ref: 'topic', sha: OTHER } }, 'pr-ffffffffffff/'],
    ...['push', 'schedule', 'workflow_dispatch', 'repository_dispatch', 'release', 'issues', '', 'toString'].map(
      (event): [string, unknown, undefined] => [event, { repository, ref: 'refs/heads/x' }, undefined],
    ),
  ])('of %s with %j', (event, payload, expected) => {
    expect(of(event, payload)).toBe(expected);
  });

  it.each<unknown>(['12/../x', -1, 1.5, null, {}, Number.MAX_VALUE, '7'])(
    'is never made of a number that is none: %j',
    (number) => {
      expect(of('pull_request', { pull_request: { number } })).toBe('pr-0123456789ab/');
    },
  );

  it.each(['../..', 'main', 'F'.repeat(40), `${OTHER}/x`, null, undefined])(
    'is never made of a commit that is none: %j',
    (head_sha) => {
      expect(of('merge_group', { merge_group: { head_sha } })).toBe('pr-0123456789ab/');
      expect(of('merge_group', { merge_group: { head_sha } }, 'x')).toBe('pr-unknown/');
    },
  );

  it.each(UNMERGED_EVENTS)("is one of its own for %s, whatever the event's shape", (event) => {
    for (const payload of [undefined, null, [], 'x', {}, { workflow_run: [] }, { deployment: null }])
      if (event !== 'issue_comment') expect(of(event, payload)).toBe('pr-0123456789ab/');
  });
});

describe('a prefix that an input names', () => {
  const pull = { event: 'pull_request', payload: { pull_request: { number: 7 } }, sha: SHA };
  it.each(['', 'team/', 'release/'])('is a warning on a pull request: "%s"', (prefix) => {
    expect(placeWarning(prefix, pull)).toMatch(/^prefix: .*not merged.*"pr-7\/"/);
  });
  it.each(['pr-7/', 'pr-x/'])('is fine where unmerged code has its place: "%s"', (prefix) => {
    expect(placeWarning(prefix, pull)).toBeUndefined();
  });
  it('is fine for merged code', () => {
    expect(placeWarning('', { event: 'push', payload: {}, sha: SHA })).toBeUndefined();
  });
});
