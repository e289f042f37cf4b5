/** A training that no runner waits for: one workflow starts it, and another one collects it by an event, or by a schedule. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../../scripts/template.mjs';
import { MAIN, makeRoles, runOf } from '../action/setup.ts';
import { StandIn } from '../action/stand-in.ts';
import { ApiServer } from '../github/api-server.ts';
import { type Ran, runWorkflow } from './act.ts';
import { ArtifactServer } from './artifact-server.ts';
import { type Dispatched, DispatchServer, deployEvents } from './event-stack.ts';

const TOKEN = 'ghs_writer';
let aws: StandIn;
let artifacts: ArtifactServer;
let github: ApiServer;
let dispatches: DispatchServer;
let stack: Stack;
beforeAll(async () => {
  aws = await StandIn.start(['--enforce-iam', '--time-scale', '0.05']);
  artifacts = await ArtifactServer.start();
  github = await ApiServer.start();
  github.store.repository = 'org/project';
  dispatches = await DispatchServer.start();
  await deployEvents(aws, 'org/project', dispatches);
  stack = await makeRoles(aws, { Project: 'long' }, 'long');
});
afterAll(async () => {
  expect(github.problems).toEqual([]);
  await Promise.all([artifacts.stop(), github.close(), dispatches.stop(), aws.stop()]);
});

async function run(workflow: string, event: 'push' | 'repository_dispatch' | 'schedule', payload = {}): Promise<Ran> {
  const subject = await runOf(aws, MAIN);
  return runWorkflow({
    ...{ workflow: `examples/long/${workflow}.yml`, event, payload },
    env: { AWS_ENDPOINT_URL: aws.url, GITHUB_API_URL: github.url, ...subject, ...artifacts.environment },
    vars: { AWS_ROLE_ARN: stack.roles.DefaultBranchRole.arn },
    secrets: { GITHUB_TOKEN: TOKEN },
  });
}

function startedJob({ log }: Ran): string {
  return /^Started (\S+) on /m.exec(log)?.[1] ?? '';
}

describe('a training that no runner waits for', () => {
  it('is collected by its event, which comes twice and after refusals', async () => {
    github.store.commits.clear();
    github.store.anyCommit = true;
    await aws.fault({ kind: 'event-twice', times: 1 });
    dispatches.statuses.push(503, 429);
    const begun = await run('workflow', 'push');
    expect(begun.code, begun.log).toBe(0);
    const job = startedJob(begun);
    expect(github.store.statuses).toMatchObject([{ state: 'pending', context: 'sagemaker: long/train' }]);

    const [first, second] = await dispatches.events(job, 2);
    expect(first).toEqual({
      event_type: 'training-job-ended',
      client_payload: { job, status: 'Completed', task: 'train', region: 'us-east-1' },
    } satisfies Dispatched);
    expect(second).toEqual(first);
    expect(dispatches.asked).toEqual(['POST /repos/org/project/dispatches Bearer token-of-the-secret']);

    const payload = { action: first?.event_type, client_payload: first?.client_payload };
    const collected = await run('collect', 'repository_dispatch', payload);
    expect(collected.code, collected.log).toBe(0);
    expect(collected.log).toContain(`${job} completed.`);
    expect(collected.summary).toContain(job);
    const [pending, success] = github.store.statuses;
    expect(success).toMatchObject({ sha: pending?.sha, state: 'success', context: 'sagemaker: long/train' });
    const again = await run('collect', 'repository_dispatch', payload);
    expect(again.code, again.log).toBe(0);
    expect(github.store.statuses).toHaveLength(2);
  });

  it('is collected by a schedule, once it has ended', async () => {
    const before = (await aws.calls())['CreateTrainingJob'] ?? 0;
    const ended = await run('collect-by-schedule', 'schedule');
    expect(ended.code, ended.log).toBe(0);
    expect(ended.log).toContain('completed.');
    expect((await aws.calls())['CreateTrainingJob'] ?? 0).toBe(before);
  });
});
