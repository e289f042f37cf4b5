/** The jobs' role: made, mended, added to, waited for; a given one left alone. The stand-in judges each job by it. */
import {
  CreateRoleCommand,
  GetRoleCommand,
  IAMClient,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StandIn, type Step } from './stand-in.ts';

let aws: StandIn;
let iam: IAMClient;
beforeAll(async () => {
  aws = await StandIn.start();
  const credentials = { accessKeyId: 'AKIASOMEBODYELSE0000', secretAccessKey: 'x' };
  iam = new IAMClient({ region: 'us-east-1', endpoint: aws.url, credentials });
});
afterAll(() => aws.stop());

const policies = async (RoleName: string): Promise<string[]> =>
  (await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames ?? [];
const ROLE = 'SimpleSagemaker-project';
const MINE = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::mine/*' }],
});

describe("the project's role", () => {
  it('is waited for while it cannot be assumed, and its policies while they are not seen', async () => {
    await aws.fault({ kind: 'role-not-ready', seconds: 4 });
    await aws.fault({ kind: 'policy-not-seen', seconds: 8 });
    const { stdout, code } = await aws.run(aws.workspace({}), { task: 'fresh', run: 'true', download: 'logs' });
    await aws.liftFaults();
    expect(stdout).toContain('Waiting until SageMaker sees the new role');
    expect(code).toBe(0);
  });

  it('has a job that did not see its rights yet started once more, and once only', async () => {
    const given = { task: 'again', run: 'true', download: 'logs' };
    const denied = { kind: 'deny', action: 's3:GetObject', principal: '*SimpleSagemaker-late*' };
    await aws.fault({ ...denied, times: 1 });
    const { stdout, code, outputs } = await aws.run(aws.workspace({}), { ...given, project: 'late1' });
    expect(stdout).toMatch(/^::notice::.* the task is started once more/m);
    expect(code).toBe(0);
    expect(outputs['status']).toBe('Completed');
    await aws.liftFaults();
    await aws.fault(denied);
    const never = await aws.run(aws.workspace({}), { ...given, project: 'late2' });
    await aws.liftFaults();
    expect(never.code).toBe(1);
    expect(never.stdout.match(/^Started late2-again/gm)).toHaveLength(2);
  });

  it('has such a job started once more whoever put the policies, but not for what is missing for good', async () => {
    const given = { task: 'again', run: 'true', download: 'logs', project: 'late3', 'skip-if': 'never' };
    expect((await aws.run(aws.workspace({}), given)).code).toBe(0);
    const denied = { kind: 'deny', action: 's3:GetObject', principal: '*SimpleSagemaker-late3*' };
    await aws.fault({ ...denied, times: 1 });
    const { stdout, code } = await aws.run(aws.workspace({}), given);
    await aws.liftFaults();
    expect(stdout).not.toContain('(created or updated)');
    expect(stdout).toMatch(/^::notice::.* the task is started once more/m);
    expect(code).toBe(0);
    await aws.fault(denied);
    const started = async (): Promise<number> =>
      (await aws.run(aws.workspace({}), given)).stdout.match(/^Started late3-again/gm)?.length ?? 0;
    const times = [await started(), await started(), await started()];
    await aws.liftFaults();
    expect(times).toEqual([2, 1, 1]);
  });

  it('has the job that is started once more stopped by post, where main is killed', async () => {
    await aws.fault({ kind: 'deny', action: 's3:GetObject', principal: '*SimpleSagemaker-late4*', times: 1 });
    const workspace = aws.workspace({});
    const step = aws.step(workspace, { task: 'killed', project: 'late4', run: 'echo up; sleep 300' });
    await step.printed('\nup\n');
    await aws.liftFaults();
    step.kill('SIGKILL');
    const { state, stdout } = await step.done;
    expect(stdout).toMatch(/^::notice::.* the task is started once more/m);
    const post = await aws.step(workspace, {}, {}, state).done;
    expect(post.stdout).toContain('is being stopped');
    expect(await aws.ended(await aws.newestJob('killed'))).toBe('Stopped');
  });

  it('is waited for, and added to, by all runs that are there at once', async () => {
    await aws.bucketWith('matrix-a', 'x', 'x');
    await aws.bucketWith('matrix-b', 'x', 'x');
    await aws.fault({ kind: 'role-not-ready', role: 'SimpleSagemaker-matrix', seconds: 8 });
    await aws.fault({ kind: 'policy-not-seen', role: 'SimpleSagemaker-matrix', seconds: 14 });
    const start = (task: string, inputs: string): Step =>
      aws.step(aws.workspace({}), { task, project: 'matrix', run: 'ls $SM_CHANNEL_X', inputs, download: 'logs' });
    const [a, b] = [start('a', 'x=s3://matrix-a/'), start('b', 'x=s3://matrix-b/')];
    await Promise.all([a, b].map((step) => step.printed('Waiting until SageMaker sees the new role')));
    // It finds everything made, a few seconds ago.
    const late = await start('late', '').done;
    expect(late.stdout).not.toContain('(created or updated)');
    for (const { code, stdout } of [await a.done, await b.done, late]) {
      expect(code, stdout).toBe(0);
      expect(stdout).toContain('Waiting until SageMaker sees the new role');
    }
    await aws.liftFaults();
    const kinds = (await policies('SimpleSagemaker-matrix')).map((name) => name.split('-')[0]);
    expect(kinds.sort()).toEqual(['image', 'input', 'input', 'logs', 'metrics', 'project']);
  });

  it('is added to, and nothing is taken from it', async () => {
    const before = await policies(ROLE);
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: ROLE,
        PolicyName: 'mine',
        PolicyDocument: MINE,
      }),
    );
    await aws.bucketWith('others', 'a/b', 'x');
    const given = { task: 'grants', run: 'cat /opt/ml/input/data/x/b; echo', inputs: 'x=s3://others/a/' };
    const network = { subnets: 'subnet-0a', 'security-group-ids': 'sg-0a', 'kms-key': 'alias/mine' };
    const first = await aws.run(aws.workspace({}), { ...given, ...network, 'instance-type': 'ml.m5.large' });
    expect(first.code).toBe(0);
    const after = await policies(ROLE);
    expect(after).toEqual(expect.arrayContaining([...before, 'mine']));
    const added = after.filter((name) => !before.includes(name) && name !== 'mine').map((name) => name.split('-')[0]);
    expect(added.sort()).toEqual(['input', 'key', 'network']);
    await aws.clearRequests();
    await aws.run(aws.workspace({}), { ...given, ...network, 'skip-if': 'never' });
    expect(await aws.calls()).not.toHaveProperty('PutRolePolicy');
  });

  it('has its trust mended, boundary and path', async () => {
    const RoleName = 'SimpleSagemaker-mended';
    const statement = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statement });
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument, Path: '/team/' }));
    const boundary = 'arn:aws:iam::aws:policy/AdministratorAccess';
    const inputs = { task: 'x', project: 'mended', run: 'true', 'role-permissions-boundary': boundary };
    const moved = await aws.run(aws.workspace({}), { ...inputs, 'role-path': '/ml/' });
    expect(moved.code).toBe(1);
    expect(moved.stdout).toContain('The role SimpleSagemaker-mended exists already with the path /team/');
    const { code } = await aws.run(aws.workspace({}), inputs);
    expect(code).toBe(0);
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
    const trust = JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')) as { Statement: unknown[] };
    expect(trust.Statement).toHaveLength(2);
    expect(trust.Statement).toContainEqual(statement);
    expect(Role?.PermissionsBoundary?.PermissionsBoundaryArn).toBe(boundary);
    const made = await aws.run(aws.workspace({}), { ...inputs, project: 'pathed', 'role-path': 'ml/team' });
    expect(made.code).toBe(0);
    expect((await iam.send(new GetRoleCommand({ RoleName: 'SimpleSagemaker-pathed' }))).Role?.Path).toBe('/ml/team/');
  });

  it('is printed for who may make it, where these credentials may not', async () => {
    await aws.fault({ kind: 'deny', action: 'iam:CreateRole' });
    const inputs = { task: 'x', project: 'denied', run: 'true', download: 'logs' };
    const { stdout, code } = await aws.run(aws.workspace({}), inputs);
    await aws.liftFaults();
    expect(code).toBe(1);
    expect(stdout).toMatch(/may not create or change the jobs' role SimpleSagemaker-denied/);
    expect(stdout).toMatch(/Allow .*iam:UpdateAssumeRolePolicy, iam:PutRolePermissionsBoundary/);
    const error = /^::error::(.*)$/m.exec(stdout)?.[1]?.replaceAll('%0A', '\n').replaceAll('%25', '%') ?? '';
    const printed = JSON.parse(/^\{[\s\S]*?^\}$/m.exec(error)?.[0] ?? '') as PrintedRole;
    expect(Object.keys(printed)).toEqual(['RoleName', 'AssumeRolePolicyDocument', 'Policies']);
    // Somebody makes it by hand.
    const { RoleName, AssumeRolePolicyDocument, Policies } = printed;
    await iam.send(
      new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(AssumeRolePolicyDocument) }),
    );
    for (const { PolicyName, PolicyDocument } of Policies) {
      const policy = { RoleName, PolicyName, PolicyDocument: JSON.stringify(PolicyDocument) };
      await iam.send(new PutRolePolicyCommand(policy));
    }
    const made = await aws.run(aws.workspace({}), { ...inputs, 'execution-role': RoleName });
    expect(made.code, made.stdout).toBe(0);
    await aws.clearRequests();
    expect((await aws.run(aws.workspace({}), { ...inputs, 'skip-if': 'never' })).code).toBe(0);
    expect(await aws.calls()).not.toHaveProperty('PutRolePolicy');
  });
});

interface PrintedRole {
  readonly RoleName: string;
  readonly AssumeRolePolicyDocument: object;
  readonly Policies: readonly { readonly PolicyName: string; readonly PolicyDocument: object }[];
}

describe('a given role', () => {
  it('is not changed, and one that is not there is a mistake before anything is made', async () => {
    await aws.clearRequests();
    const given = { task: 'given', run: 'true', 'execution-role': ROLE, download: 'logs' };
    expect((await aws.run(aws.workspace({}), given)).code).toBe(0);
    const calls = Object.keys(await aws.calls()).filter((name) => /Role/.test(name));
    expect(calls).toEqual(['GetRole']);
    await aws.clearRequests();
    const missing = await aws.run(aws.workspace({}), { ...given, 'execution-role': 'nobody', task: 'missing' });
    expect(missing.stdout).toContain('The role nobody does not exist');
    expect(Object.keys(await aws.calls()).filter((name) => /^(Create|Put)/.test(name))).toEqual([]);
  });
});

describe("a stranger's bucket", () => {
  it('is never used', async () => {
    await aws.s3().send(new PutObjectCommand({ Bucket: aws.bucket, Key: 'x', Body: 'x' }));
    await aws.clearRequests();
    await aws.run(aws.workspace({ 'data/a': 'a' }), {
      task: 'owner',
      run: 'true',
      inputs: `d=./data\nm=task:given/source\nx=s3://${aws.bucket}/x`,
      'clean-state': 'true',
    });
    const s3 = (await aws.requests()).filter(
      ({ action, resource }) => action.startsWith('s3:') && resource.includes(aws.bucket),
    );
    expect(s3.length).toBeGreaterThan(10);
    const own = s3.filter(({ principal }) => !/SimpleSagemaker-/.test(principal));
    for (const request of own) expect(request, request.operation).toMatchObject({ expected_owner: '123456789012' });
  });
});
