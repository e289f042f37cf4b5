/** The status of a commit, and the open pull request of one, by real requests. */
import { describe, expect, it } from 'vitest';
import { GitHubError } from '../../src/github/api-failure.ts';
import { type CommitStatus, setCommitStatus, statusContext } from '../../src/github/commit-status.ts';
import { openPullRequest } from '../../src/github/find-pull-request.ts';
import { maskSecrets } from '../../src/github/log.ts';
import { serverOfEachTest } from './api-access.ts';

const held = serverOfEachTest();
const SHA = 'f'.repeat(40);

function set(given: Partial<CommitStatus> = {}, token?: string): Promise<void> {
  return setCommitStatus({
    ...held.access(token),
    ...{ sha: SHA, state: 'pending', context: 'sagemaker: p/t', description: 'In progress', targetUrl: undefined },
    ...given,
  });
}
async function failure(work: Promise<unknown>): Promise<GitHubError> {
  const error = await work.catch((each: unknown) => each);
  if (!(error instanceof GitHubError)) throw error;
  return error;
}

describe("a commit's status", () => {
  it('is set, in each state', async () => {
    for (const state of ['pending', 'success', 'failure', 'error'] as const)
      await set({ state, targetUrl: 'https://github.com/org/repo/actions/runs/17' });
    const same = { sha: SHA, context: 'sagemaker: p/t', description: 'In progress' };
    const target_url = 'https://github.com/org/repo/actions/runs/17';
    expect(held.server.store.statuses).toEqual(
      ['pending', 'success', 'failure', 'error'].map((state) => ({ ...same, state, target_url })),
    );
  });

  it.each<[string, string]>([
    ['x'.repeat(140), 'x'.repeat(140)],
    ['x'.repeat(141), `${'x'.repeat(139)}…`],
    [`${'x'.repeat(138)}💥y`, `${'x'.repeat(138)}…`],
    [' a\n\r\n\u2028\u0085\0b\t ::error::c ', 'a b ::error::c'],
    ['\ud800', '\ufffd'],
    ['', ''],
    ['hush-hush-2 failed', '*** failed'],
  ])('has the description %j as %j', async (description, expected) => {
    maskSecrets(['hush-hush-2']);
    await set({ description });
    expect(held.server.store.statuses.map((status) => status.description)).toEqual([expected]);
  });

  it.each(['javascript:alert(1)', 'file:///etc/passwd', 'no address', ''])(
    'leads nowhere rather than to %j',
    async (targetUrl) => {
      await set({ targetUrl });
      expect(held.server.store.statuses[0]?.target_url).toBeUndefined();
    },
  );

  it('that the token may not set names the permission', async () => {
    const error = await failure(set({}, 'ghs_reader'));
    expect(error).toMatchObject({
      kind: 'denied',
      message: `The step could not set the status of commit ${SHA}: Resource not accessible by integration (HTTP 403).`,
      hint: expect.stringContaining('Add `statuses: write` to the `permissions`') as string,
    });
  });

  it('of a commit that GitHub does not know is told', async () => {
    const error = await failure(set({ sha: 'a'.repeat(40) }));
    expect(error.message).toContain(`No commit found for SHA: ${'a'.repeat(40)} (HTTP 422).`);
    expect(error.hint).toContain('"commit-status"');
  });

  it('is set after faults in passing', async () => {
    held.server.fault({ how: { kind: 'answer', status: 500, body: {} } });
    held.server.fault({ how: { kind: 'reset' } });
    await set();
    expect(held.server.store.statuses.length).toBe(1);
  });
});

describe('the name of a status', () => {
  it.each([
    ['', 'p', 't', 'sagemaker: p/t'],
    ['pr-12/', 'p', 't', 'sagemaker: p/t'],
    ['pr-0123456789ab/', 'p', 't', 'sagemaker: p/t'],
    ['team/a/', 'p', 't', 'sagemaker: team/a/p/t'],
  ])('of the prefix %j, project %s and task %s is %s', (prefix, project, task, expected) => {
    expect(statusContext({ prefix, project, task })).toBe(expected);
  });
  it('stays apart from others where it is too long', () => {
    const names = ['a', 'b'].map((task) => statusContext({ prefix: 'p/'.repeat(99), project: 'p'.repeat(128), task }));
    expect(names.map(({ length }) => length)).toEqual([255, 255]);
    expect(new Set(names).size).toBe(2);
  });
});

describe('the open pull request of a commit', () => {
  const find = (sha = SHA): Promise<number | undefined> => openPullRequest(held.access(), sha);
  it('is the first open one of this repository with the commit at its head', async () => {
    held.server.store.pulls.splice(
      0,
      1,
      ...[
        { number: 3, head: SHA, state: 'closed' as const },
        { number: 4, head: SHA, state: 'open' as const, base: 'other/repo' },
        { number: 9, head: SHA, state: 'open' as const },
        { number: 8, head: SHA, state: 'open' as const, base: 'ORG/Repo' },
        { number: 5, head: 'e'.repeat(40), state: 'open' as const },
      ],
    );
    expect(await find()).toBe(8);
  });
  it('may be none', async () => {
    expect(await find('e'.repeat(40))).toBeUndefined();
  });
  it('is none where the commit is further down in it', async () => {
    const body = [
      { number: 12, state: 'open', head: { sha: 'e'.repeat(40) }, base: { repo: { full_name: 'org/repo' } } },
    ];
    held.server.fault({ how: { kind: 'answer', status: 200, body } });
    expect(await find()).toBeUndefined();
  });
  it.each([[[null, 7, 'x', {}, { state: 'open', head: null }]], [[{ number: '1' }]]])(
    'is not read from %j',
    async (body) => {
      held.server.fault({ how: { kind: 'answer', status: 200, body } });
      expect(await find()).toBeUndefined();
    },
  );
});
