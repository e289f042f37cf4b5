/** The role of pull requests in aws/setup.yml: enough for a whole task beside main's, all of it used, and main's stays main's. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { PutRolePolicyCommand, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  AddTagsCommand,
  CreateTrainingJobCommand,
  SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../../scripts/template.mjs';
import {
  actionsOf,
  type Credentials,
  iamOf,
  MAIN,
  makeRoles,
  PULL_REQUEST,
  runOf,
  sessionOf,
  usedBy,
} from './setup.ts';
import { StandIn, type Step } from './stand-in.ts';

const ACCOUNT = '123456789012';
const FILES = {
  'prepare.sh': 'echo prepared > $SM_MODEL_DIR/m; echo $SM_CHANNELS',
  'event.json': JSON.stringify({ number: 7, pull_request: { number: 7 } }),
};
const PREPARE = { task: 'prepare', entrypoint: 'prepare.sh' };

let aws: StandIn;
let stack: Stack;
let main: Record<string, string>;
let pull: Record<string, string>;
beforeAll(async () => {
  aws = await StandIn.start(['--enforce-iam']);
  stack = await makeRoles(aws, { InputBuckets: 'arn:aws:s3:::inputs' });
  main = await runOf(aws, MAIN);
  pull = { ...(await runOf(aws, PULL_REQUEST)), GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/7/merge' };
  const prepared = await aws.run(aws.workspace(FILES), onMain(PREPARE), main);
  expect(prepared.code, prepared.stdout).toBe(0);
});
afterAll(() => aws.stop());

const onMain = (inputs: Record<string, string>): Record<string, string> => ({
  ...inputs,
  'role-to-assume': stack.roles.DefaultBranchRole.arn,
});

/** A step of the pull request, as examples/pull-request has it. */
function step(workspace: string, inputs: Record<string, string>): Step {
  const roles = {
    'role-to-assume': stack.roles.PullRequestRole.arn,
    'execution-role': stack.roles.PullRequestJobRole.arn,
  };
  const env = { ...pull, GITHUB_EVENT_PATH: join(workspace, 'event.json') };
  return aws.step(workspace, { 'base-prefix': '/', ...roles, ...inputs }, env);
}

describe("a pull request's run", () => {
  it('trains beside what main has left, and all of the role is used', async () => {
    await aws.bucketWith('inputs', 'a/b', 'from a bucket of its own\n');
    const workspace = aws.workspace({ ...FILES, 'data/small': 'x', 'data/large': randomBytes(20 * 2 ** 20) });
    // What main has completed is taken from there.
    const prepared = await step(workspace, PREPARE).done;
    expect(prepared.code, prepared.stdout).toBe(0);
    expect(prepared.outputs['skipped']).toBe('true');
    const train = {
      task: 'train',
      run: 'tar -xzOf $SM_CHANNEL_M/model.tar.gz m; cat $SM_CHANNEL_B/b; ls $SM_CHANNEL_DATA; echo 1 > $SSM_STATE/s',
      inputs: 'm=task:prepare/model\nb=s3://inputs/a/\ndata=./data',
      'max-cost': '1000',
    };
    await aws.fault({ kind: 'error', code: 'Oops', status: 400, operation: 's3:UploadPart', calls: [3] });
    expect((await step(workspace, train).done).stdout).toContain('Oops');
    await aws.liftFaults();
    const trained = await step(workspace, train).done;
    expect(trained.stdout).not.toMatch(/::(warning|error)/);
    expect(trained.stdout).toMatch(/^prepared$/m);
    expect(trained.stdout).toMatch(/^from a bucket of its own$/m);
    expect(trained.code).toBe(0);
    const again = await step(workspace, { ...train, 'clean-state': 'true', 'skip-if': 'never' }).done;
    expect(again.code, again.stdout).toBe(0);
    const long = { task: 'long', run: 'echo begun; sleep 60', download: 'logs' };
    const running = step(workspace, long);
    await running.printed('begun');
    const replaced = await step(workspace, { ...long, run: 'true', 'when-busy': 'replace' }).done;
    expect(replaced.code, replaced.stdout).toBe(0);
    await running.done;

    const { name, policies } = stack.roles.PullRequestRole;
    const { 'clean-up': cleaning, ...own } = policies;
    const { actions, refused } = await usedBy(aws, `assumed-role/${name}`);
    expect(refused).toEqual([]);
    // For an upload that nobody needs: sync.test.ts. What cleans up is used in workflows/aws.test.ts.
    const rare = new Set(['s3:AbortMultipartUpload']);
    expect(actionsOf(own).filter((action) => !actions.includes(action) && !rare.has(action))).toEqual([]);
    expect(cleaning?.Statement.map(({ Sid }) => Sid)).toEqual(['CleanJobs', 'FindJobs', 'ListBucket', 'CleanObjects']);
    expect((await aws.keys('pr-7/project/train/')).length).toBeGreaterThan(2);
  });

  it('is told what to do where it names no role for its jobs', async () => {
    const ended = await step(aws.workspace(FILES), { task: 'roleless', run: 'true', 'execution-role': '' }).done;
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/may not create or change the jobs' role SimpleSagemaker-project.*"execution-role"/);
    const { name } = stack.roles.PullRequestRole;
    expect((await usedBy(aws, `assumed-role/${name}`)).actions).not.toContain('iam:PutRolePolicy');
  });

  it('cannot have its jobs run as main’s', async () => {
    const role = `arn:aws:iam::${ACCOUNT}:role/SimpleSagemaker-project`;
    const ended = await step(aws.workspace(FILES), { task: 'other', run: 'true', 'execution-role': role }).done;
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('iam:PassRole');
  });

  it('cannot start a job that counts as main’s', async () => {
    const ended = await step(aws.workspace(FILES), { task: 'mains', run: 'true', prefix: '/', 'base-prefix': '' }).done;
    expect(ended.code).toBe(1);
    const refused = (await usedBy(aws, `assumed-role/${stack.roles.PullRequestRole.name}`)).refused;
    expect(refused).toContain('s3:PutObject');
    expect(await aws.newestJob('mains')).toBe('');
  });
});

describe("a pull request's session", () => {
  let session: Credentials;
  let running: Step;
  let job = '';
  const clients = (credentials = session) => {
    const options = { region: 'us-east-1', endpoint: aws.url, credentials };
    const s3 = new S3Client({ ...options, forcePathStyle: true });
    return { s3, sagemaker: new SageMakerClient(options), iam: iamOf(aws, session) };
  };
  beforeAll(async () => {
    session = await sessionOf(aws, stack.roles.PullRequestRole.arn, PULL_REQUEST);
    running = aws.step(aws.workspace({}), onMain({ task: 'going', run: 'echo begun; sleep 20', spot: 'false' }), main);
    await running.printed('begun');
    job = await aws.newestJob('going');
  });

  it('reads what main left, and writes none of it', async () => {
    const { s3 } = clients();
    const [Key = ''] = (await aws.keys('project/prepare/')).filter((key) => key.endsWith('model.tar.gz'));
    const place = { Bucket: aws.bucket, Key };
    expect((await s3.send(new GetObjectCommand(place))).$metadata.httpStatusCode).toBe(200);
    const denied = { name: 'AccessDenied' };
    await expect(s3.send(new PutObjectCommand({ ...place, Body: 'x' }))).rejects.toMatchObject(denied);
    await expect(s3.send(new DeleteObjectCommand(place))).rejects.toMatchObject(denied);
    const own = { Bucket: aws.bucket, Key: 'pr-7/project/x' };
    expect((await s3.send(new PutObjectCommand({ ...own, Body: 'x' }))).$metadata.httpStatusCode).toBe(200);
    for (const other of ['pr-7/other/x', 'other/x']) {
      const foreign = { Bucket: aws.bucket, Key: other };
      await expect(s3.send(new PutObjectCommand({ ...foreign, Body: 'x' }))).rejects.toMatchObject(denied);
      await expect(s3.send(new GetObjectCommand(foreign))).rejects.toMatchObject(denied);
    }
  });

  it('cannot stop main’s job, nor make it its own by a tag', async () => {
    const { sagemaker } = clients();
    const denied = { name: 'AccessDeniedException' };
    await expect(sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: job }))).rejects.toMatchObject(denied);
    const ResourceArn = `arn:aws:sagemaker:us-east-1:${ACCOUNT}:training-job/${job}`;
    const Tags = [{ Key: 'SimpleSagemakerProject', Value: 'pr-7/project' }];
    await expect(sagemaker.send(new AddTagsCommand({ ResourceArn, Tags }))).rejects.toMatchObject(denied);
    expect((await running.done).outputs['status']).toBe('Completed');
  });

  it.each([
    [undefined, 'AccessDeniedException'],
    ['project', 'AccessDeniedException'],
    ['pr-7/other', 'AccessDeniedException'],
    // The request lacks all but this.
    ['pr-7/project', 'ValidationException'],
  ])('starts a job that is tagged %s: %s', async (Value, name) => {
    const Tags = Value === undefined ? [] : [{ Key: 'SimpleSagemakerProject', Value }];
    const request = {
      ...{ TrainingJobName: 'by-hand', RoleArn: stack.roles.PullRequestJobRole.arn, Tags },
      ...{ OutputDataConfig: undefined, ResourceConfig: undefined, StoppingCondition: undefined },
    };
    const started = clients().sagemaker.send(new CreateTrainingJobCommand(request));
    await expect(started).rejects.toMatchObject({ name });
  });

  it('has jobs that main’s does not stop', async () => {
    const mains = clients(await sessionOf(aws, stack.roles.DefaultBranchRole.arn, MAIN)).sagemaker;
    const stop = new StopTrainingJobCommand({ TrainingJobName: await aws.newestJob('train') });
    await expect(mains.send(stop)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('cannot change a role', async () => {
    const { iam } = clients();
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
    });
    const roles = ['SimpleSagemaker-project', ...Object.values(stack.roles).map(({ name }) => name)];
    for (const RoleName of roles) {
      const put = new PutRolePolicyCommand({ RoleName, PolicyName: 'all', PolicyDocument });
      await expect(iam.send(put)).rejects.toMatchObject({ name: 'AccessDenied' });
    }
  });
});

describe("a pull request's job", () => {
  const TYPE = 'string' as const;
  const decision = async (action: string, resource: string): Promise<string | undefined> => {
    const request = {
      PolicySourceArn: stack.roles.PullRequestJobRole.arn,
      ActionNames: [action],
      ResourceArns: [resource],
      ContextEntries: [{ ContextKeyName: 's3:prefix', ContextKeyType: TYPE, ContextKeyValues: ['project/'] }],
    };
    const { EvaluationResults } = await iamOf(aws).send(new SimulatePrincipalPolicyCommand(request));
    return EvaluationResults?.[0]?.EvalDecision;
  };
  const BUCKET = 'arn:aws:s3:::sagemaker-us-east-1-123456789012';
  const STREAM = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/sagemaker/TrainingJobs:log-stream`;

  it.each([
    ['s3:PutObject', `${BUCKET}/pr-7/project/train/state/s`, 'allowed'],
    ['s3:DeleteObject', `${BUCKET}/pr-7/project/train/state/s`, 'allowed'],
    ['s3:GetObject', `${BUCKET}/project/prepare/j/output/model.tar.gz`, 'allowed'],
    ['s3:ListBucket', BUCKET, 'allowed'],
    ['s3:PutObject', `${BUCKET}/project/prepare/state/s`, 'implicitDeny'],
    ['s3:DeleteObject', `${BUCKET}/project/prepare/state/s`, 'implicitDeny'],
    ['s3:GetObject', `${BUCKET}/other/prepare/state/s`, 'implicitDeny'],
    ['s3:PutObject', `${BUCKET}/pr-7/other/train/state/s`, 'implicitDeny'],
    ['s3:GetObject', 'arn:aws:s3:::inputs/a/b', 'allowed'],
    ['s3:PutObject', 'arn:aws:s3:::inputs/a/b', 'implicitDeny'],
    ['logs:PutLogEvents', `${STREAM}:project-train-20260102-030405-0a1b/algo-1-1`, 'allowed'],
    ['logs:PutLogEvents', `${STREAM}:other-train-20260102-030405-0a1b/algo-1-1`, 'implicitDeny'],
    ['ecr:PutImage', `arn:aws:ecr:us-east-1:${ACCOUNT}:repository/project`, 'implicitDeny'],
    ['sagemaker:CreateTrainingJob', `arn:aws:sagemaker:us-east-1:${ACCOUNT}:training-job/x`, 'implicitDeny'],
    ['iam:PassRole', `arn:aws:iam::${ACCOUNT}:role/SimpleSagemaker-project`, 'implicitDeny'],
  ])('%s on %s: %s', async (action, resource, expected) => {
    expect(await decision(action, resource)).toBe(expected);
  });
});
