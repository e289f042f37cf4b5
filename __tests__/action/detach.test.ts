/** Steps that return while their job goes on, and how one comes back to it: one job for one task, whatever happens. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ApiServer } from '../github/api-server.ts';
import { StandIn, type StepResult } from './stand-in.ts';

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start(['--time-scale', '0.05']);
});
afterAll(() => aws.stop());

/** Goes on for a minute. */
const SLEEPER = 'echo up; for i in $(seq 600); do sleep 0.1; done; echo done; echo x > "$SM_MODEL_DIR/x"';
const SHORT = 'echo up; sleep 3; echo done; echo x > "$SM_MODEL_DIR/x"';

async function created(task: string): Promise<number> {
  return (await aws.requests()).filter(
    ({ operation, resource, status }) =>
      operation === 'CreateTrainingJob' && status === 200 && resource.includes(`-${task}-`),
  ).length;
}

async function stops(job: string): Promise<number> {
  return (await aws.requests()).filter(
    ({ operation, resource }) => operation === 'StopTrainingJob' && resource.endsWith(job),
  ).length;
}

/** The inputs of the step that the log shows. */
function pasted({ stdout }: StepResult): Record<string, string> {
  const [text = ''] = /^- uses: .*\n {2}with:\n(?: {4}.*\n)+/m.exec(stdout) ?? [];
  const [step] = parse(text) as [{ with: Record<string, string> }];
  return step.with;
}

describe('wait: false', () => {
  it('starts the job and returns; the pasted step collects it; nothing is stopped', async () => {
    const workspace = aws.workspace({});
    const inputs = { task: 'later', run: SHORT };
    const begun = await aws.run(workspace, { ...inputs, wait: 'false' });
    expect(begun.code, begun.stdout).toBe(0);
    expect(begun.outputs).toMatchObject({ status: 'InProgress', detached: 'true', skipped: 'false' });
    expect(begun.stdout).toMatch(/^::notice::\S+ goes on without this step, because "wait" is false\. /m);
    expect((await aws.step(workspace, inputs, {}, begun.state).done).stdout).not.toContain('stop');

    const collected = await aws.run(aws.workspace({}), pasted(begun));
    expect(collected.code, collected.stdout).toBe(0);
    expect(collected.outputs).toMatchObject({ status: 'Completed', 'job-name': begun.outputs['job-name'] });
    expect(collected.outputs['detached']).toBeUndefined();
    expect(collected.stdout).toContain('\nup\n');
    expect(await created('later')).toBe(1);
  });

  it('with mode collect, looks and returns: for a workflow that asks now and then', async () => {
    const workspace = aws.workspace({});
    const begun = await aws.run(workspace, { task: 'polled', run: SHORT, wait: 'false' });
    const job = begun.outputs['job-name'] ?? '';
    const asked = await aws.run(workspace, { task: 'polled', mode: 'collect', wait: 'false' });
    expect(asked.code, asked.stdout).toBe(0);
    expect(asked.outputs).toMatchObject({ status: 'InProgress', detached: 'true', 'job-name': job });
    expect(await aws.ended(job)).toBe('Completed');
    const done = await aws.run(workspace, { task: 'polled', mode: 'collect', wait: 'false' });
    expect(done.outputs).toMatchObject({ status: 'Completed', 'job-name': job });
    expect(done.outputs['detached']).toBeUndefined();
  });
});

describe('wait-minutes', () => {
  it('by default ends before GitHub does; the same workflow again follows the job from its first line', async () => {
    const workspace = aws.workspace({});
    const inputs = { task: 'long', run: SHORT };
    mkdirSync(join(workspace, 'runner'));
    const GITHUB_EVENT_PATH = join(workspace, 'runner', 'event.json');
    writeFileSync(GITHUB_EVENT_PATH, '{}');
    const start = new Date(Date.now() - 345 * 60_000 - 1_000);
    utimesSync(GITHUB_EVENT_PATH, start, start);
    const hosted = { RUNNER_ENVIRONMENT: 'github-hosted', GITHUB_EVENT_PATH };
    const begun = await aws.run(workspace, inputs, hosted);
    expect(begun.code, begun.stdout).toBe(0);
    expect(begun.outputs).toMatchObject({ status: 'InProgress', detached: 'true' });
    expect(begun.stdout).toContain('because GitHub ends this workflow job after six hours');

    const again = await aws.run(workspace, inputs);
    expect(again.outputs).toMatchObject({ status: 'Completed', 'job-name': begun.outputs['job-name'] });
    expect(again.stdout).toContain('\nup\n');
    expect(await created('long')).toBe(1);
  });
});

describe('the status of the commit', () => {
  it('is pending while a detached job runs', async () => {
    const github = await ApiServer.start();
    github.store.repository = 'org/project';
    const commit = aws.environment('')['GITHUB_SHA'] ?? '';
    github.store.commits.add(commit);
    const env = { GITHUB_API_URL: github.url };
    const begun = await aws.run(
      aws.workspace({}),
      { task: 'status', run: SHORT, wait: 'false', 'github-token': 'ghs_writer' },
      env,
    );
    expect(begun.code, begun.stdout).toBe(0);
    const job = begun.outputs['job-name'] ?? '';
    expect(github.store.statuses).toMatchObject([
      { sha: commit, state: 'pending', context: 'sagemaker: project/status', description: `${job} is in progress` },
    ]);
    const collected = await aws.run(aws.workspace({}), { ...pasted(begun), 'github-token': 'ghs_writer' }, env);
    expect(collected.code, collected.stdout).toBe(0);
    expect(github.store.statuses.at(-1)).toMatchObject({ sha: commit, state: 'success' });
    const again = await aws.run(aws.workspace({}), { ...pasted(begun), 'github-token': 'ghs_writer' }, env);
    expect(again.code, again.stdout).toBe(0);
    expect(github.store.statuses).toHaveLength(2);
    expect(github.problems).toEqual([]);
    await github.close();
  });

  it('that the token may not set is a notice', async () => {
    const github = await ApiServer.start();
    github.store.repository = 'org/project';
    const inputs = { task: 'unset', run: 'true', wait: 'false', 'github-token': 'ghs_reader' };
    const begun = await aws.run(aws.workspace({}), inputs, { GITHUB_API_URL: github.url });
    expect(begun.code, begun.stdout).toBe(0);
    expect(begun.stdout).toMatch(/^::notice::The step could not set the status of commit .*statuses: write/m);
    await github.close();
  });
});

describe('on-cancel: detach', () => {
  it.each(['SIGINT', 'SIGKILL'] as const)('leaves the job running on %s, and post lets it be', async (signal) => {
    const task = `kept-${signal.toLowerCase()}`;
    const workspace = aws.workspace({});
    const inputs = { task, run: SLEEPER, 'on-cancel': 'detach' };
    const step = aws.step(workspace, inputs);
    await step.printed('\nup\n');
    step.kill(signal);
    const ended = await step.done;
    const job = ended.outputs['job-name'] ?? '';
    if (signal === 'SIGINT') {
      expect(ended.code).toBe(1);
      expect(ended.outputs['detached']).toBe('true');
      expect(pasted(ended)['job-name']).toBe(job);
    }
    const post = await aws.step(workspace, inputs, {}, ended.state).done;
    expect(post.code).toBe(0);
    // The killed step could not say how to come back.
    if (signal === 'SIGKILL') expect(post.stdout).toContain(`"job-name: ${job}"`);
    expect(await stops(job)).toBe(0);
    expect((await aws.describe(job)).TrainingJobStatus).toBe('InProgress');
    await aws.stopJob(job);
  });
});

describe('a run of the workflow again', () => {
  it('follows the job of its own run with clean-state too, and stops it when it is cancelled', async () => {
    const workspace = aws.workspace({});
    const inputs = { task: 'own', run: SLEEPER, 'clean-state': 'true' };
    const first = aws.step(workspace, { ...inputs, 'on-cancel': 'detach' });
    await first.printed('\nup\n');
    first.kill('SIGINT');
    const left = await first.done;
    const job = left.outputs['job-name'] ?? '';
    const second = aws.step(workspace, inputs, { GITHUB_RUN_ATTEMPT: '2' });
    await second.printed('\nup\n');
    second.kill('SIGINT');
    const ended = await second.done;
    expect(ended.outputs['job-name']).toBe(job);
    expect(await created('own')).toBe(1);
    expect(await aws.ended(job)).toBe('Stopped');
  });
});

describe('credentials that expire while the job runs', () => {
  it('end the step with the job named and left running', async () => {
    const workspace = aws.workspace({});
    const inputs = { task: 'expired', run: SLEEPER };
    const step = aws.step(workspace, inputs);
    await step.printed('\nup\n');
    const job = await aws.newestJob('expired');
    await aws.fault({ kind: 'error', code: 'ExpiredTokenException', status: 400 });
    const ended = await step.done;
    await aws.liftFaults();
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/^::error::.*expired/m);
    expect(pasted(ended)['job-name']).toBe(job);
    const post = await aws.step(workspace, inputs, {}, ended.state).done;
    expect(post.code).toBe(0);
    expect(await stops(job)).toBe(0);
    await aws.stopJob(job);
  });
});
