/** The examples for AWS: several workflow jobs and runs in one account, which here is a stand-in that outlives them. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../../scripts/template.mjs';
import { actionsOf, MAIN, makeRoles, PULL_REQUEST, runOf, usedBy, userWith } from '../action/setup.ts';
import { StandIn } from '../action/stand-in.ts';
import { type Ran, root, runWorkflow } from './act.ts';
import { ArtifactServer } from './artifact-server.ts';

const venv = join(process.env['EXAMPLES_VENV'] || join(root, '.cache', 'examples'), 'bin');

let aws: StandIn;
let artifacts: ArtifactServer;
beforeAll(async () => {
  aws = await StandIn.start(['--enforce-iam'], { PATH: `${venv}:${process.env['PATH']}` });
  artifacts = await ArtifactServer.start();
});
afterAll(async () => {
  await artifacts.stop();
  await aws.stop();
});

const environment = async (subject: string): Promise<Record<string, string>> => ({
  ...{ AWS_ENDPOINT_URL: aws.url, ...(await runOf(aws, subject)), ...artifacts.environment },
});

describe('team', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await makeRoles(aws, { Project: 'digits' }, 'digits');
  });
  const team = async (): Promise<Ran> => {
    const vars = { AWS_ROLE_ARN: stack.roles.DefaultBranchRole.arn };
    return runWorkflow({ workflow: 'examples/team/workflow.yml', env: await environment(MAIN), vars });
  };

  it('trains a matrix, evaluates the best, and trains nothing again', async () => {
    const first = await team();
    expect(first.code, first.log).toBe(0);
    expect(Object.values(first.jobs)).toEqual(['success', 'success', 'success', 'success']);
    const scores = [...first.log.matchAll(/^(train-c[\d.]+): val_acc (0\.\d+)$/gm)].map(([, task = '', score]) => ({
      task,
      score: Number(score),
    }));
    expect(scores.map(({ task }) => task)).toEqual(['train-c0.01', 'train-c1', 'train-c100']);
    const best = scores.reduce((a, b) => (b.score > a.score ? b : a));
    expect(best.score).toBeGreaterThan(0.97);
    const [, name, accuracy] = /^(train-c\S+) has \{"test_acc":(0\.\d+)\}$/m.exec(first.log) ?? [];
    expect(name).toBe(best.task);
    expect(Number(accuracy)).toBeGreaterThan(0.97);

    await aws.clearRequests();
    const second = await team();
    expect(second.code, second.log).toBe(0);
    expect((await aws.calls())['CreateTrainingJob']).toBeUndefined();
    expect(second.log).toContain(`${name} has {"test_acc":${accuracy}}`);
    const used = await usedBy(aws, `assumed-role/${stack.roles.DefaultBranchRole.name}`);
    expect(used.actions).toContain('s3:ListBucket');
    expect(used.refused).toEqual([]);
  });
});

describe('pull-request', () => {
  /** With the rights of these policies alone. */
  let policies: Stack['roles']['PullRequestRole']['policies'];
  let cleaner: Awaited<ReturnType<typeof userWith>>;
  let stack: Stack;
  beforeAll(async () => {
    stack = await makeRoles(aws, { Project: 'example', EcrRepository: 'example' }, 'example');
    const { 'clean-up': cleanUp, 'clean-up-images': cleanImages } = stack.roles.PullRequestRole.policies;
    if (cleanUp === undefined || cleanImages === undefined) throw new Error('The role has no policies that clean up.');
    policies = { cleanUp, cleanImages };
    cleaner = await userWith(aws, 'cleaner', Object.values(policies));
    // A run of main has made it.
    await aws.s3().send(new CreateBucketCommand({ Bucket: aws.bucket }));
  });

  const pullRequest = async (action: string, number = 7): Promise<Ran> =>
    runWorkflow({
      ...{ workflow: 'examples/pull-request/workflow.yml', event: 'pull_request' },
      vars: {
        AWS_PULL_REQUEST_ROLE_ARN: stack.roles.PullRequestRole.arn,
        AWS_PULL_REQUEST_JOB_ROLE_ARN: stack.roles.PullRequestJobRole.arn,
      },
      payload: { action, number, pull_request: { number } },
      env: await environment(PULL_REQUEST),
      path: [venv],
      // The action that logs in, replaced: its result is the environment's credentials.
      files: {
        'stub/action.yml': `name: stub
description: stub
inputs: { role-to-assume: { description: x }, aws-region: { description: x } }
runs:
  using: composite
  steps:
    - shell: bash
      run: |
        echo AWS_ACCESS_KEY_ID=${cleaner.AWS_ACCESS_KEY_ID} >> "$GITHUB_ENV"
        echo AWS_SECRET_ACCESS_KEY=${cleaner.AWS_SECRET_ACCESS_KEY} >> "$GITHUB_ENV"
`,
      },
      actions: { 'aws-actions/configure-aws-credentials@ececac1a45f3b08a01d2dd070d28d111c5fe6722': 'stub' },
    });

  it('trains under a prefix, and leaves nothing when it closes', async () => {
    const opened = await pullRequest('opened');
    expect(opened.code, opened.log).toBe(0);
    const other = await pullRequest('opened', 77);
    expect(other.code).toBe(0);
    expect((await aws.keys('pr-7/')).length).toBeGreaterThan(2);
    const running = aws.step(aws.workspace({}), {
      task: 'long',
      project: 'example',
      prefix: 'pr-7',
      run: 'echo begun; sleep 300',
    });
    // Somebody stopped it a moment ago: it will write its results when the cleaning has long begun.
    const stopping = aws.step(aws.workspace({}), {
      ...{ task: 'stopping', project: 'example', prefix: 'pr-7', download: 'none', 'upload-artifacts': 'none' },
      run: "trap 'sleep 30; echo x > $SM_MODEL_DIR/m; exit 0' TERM; echo begun; sleep 300 & wait",
    });
    await Promise.all([running.printed('begun'), stopping.printed('begun')]);
    const cli = (...words: string[]): string =>
      execFileSync(join(venv, 'aws'), words, {
        env: { ...aws.environment('/'), PATH: process.env['PATH'], AWS_DEFAULT_REGION: 'us-east-1' },
        encoding: 'utf8',
      });
    cli('ecr', 'create-repository', '--repository-name', 'example-pull-requests');
    const token = cli('ecr', 'get-authorization-token', '--query', 'authorizationData[0].authorizationToken');
    const authorization = `Basic ${JSON.parse(token) as string}`;
    const image = async (tag: string, config: string): Promise<void> => {
      const digest = `sha256:${createHash('sha256').update(config).digest('hex')}`;
      const begun = await fetch(`${aws.url}/v2/example-pull-requests/blobs/uploads/`, {
        method: 'POST',
        headers: { authorization },
      });
      const upload = new URL(begun.headers.get('location') ?? '', aws.url);
      upload.searchParams.set('digest', digest);
      const headers = { authorization, 'content-type': 'application/octet-stream' };
      expect((await fetch(upload, { method: 'PUT', headers, body: config })).status).toBe(201);
      const layer = { mediaType: 'application/vnd.docker.container.image.v1+json', size: config.length, digest };
      const mediaType = 'application/vnd.docker.distribution.manifest.v2+json';
      const manifest = JSON.stringify({ schemaVersion: 2, mediaType, config: layer, layers: [layer] });
      cli(
        'ecr',
        'put-image',
        '--repository-name',
        'example-pull-requests',
        '--image-tag',
        tag,
        '--image-manifest',
        manifest,
      );
    };
    await image('pr-7-0123abc', 'a');
    await image('0123456789abcdef', 'a');
    await image('pr-7-4567def', 'b');
    await image('stable', 'b');
    await image('pr-77-0123abc', 'c');

    await aws.stopJob(await aws.newestJob('stopping'));
    const closed = await pullRequest('closed');
    expect(closed.code, closed.log).toBe(0);
    expect(closed.log).toMatch(/- example-long-\S+ is stopped/);
    expect((await running.done).outputs['status']).toBe('Stopped');
    // What a step that is still there notes of its job's end may come after the cleaning.
    expect((await stopping.done).outputs['status']).toBe('Stopped');
    expect((await aws.keys('pr-7/')).filter((key) => !key.endsWith('/record.json'))).toEqual([]);
    expect((await aws.keys('pr-77/')).length).toBeGreaterThan(2);
    const query = ['--query', 'sort(imageIds[].imageTag)', '--output', 'json'];
    const left = JSON.parse(
      cli('ecr', 'list-images', '--repository-name', 'example-pull-requests', ...query),
    ) as string[];
    expect(left).toEqual(['pr-77-0123abc', 'stable']);

    const { actions, refused } = await usedBy(aws, 'user/cleaner');
    expect(refused).toEqual([]);
    expect(actions.toSorted()).toEqual(actionsOf(policies).toSorted());
    const steps = await usedBy(aws, `assumed-role/${stack.roles.PullRequestRole.name}`);
    expect(steps.actions).toContain('sagemaker:CreateTrainingJob');
    expect(steps.refused).toEqual([]);
  });
});
