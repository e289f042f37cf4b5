/** The default branch's role of aws/setup.yml is enough for all that the action does, and has nothing that it does not use. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../scripts/template.mjs';
import { Connection } from '../../src/aws/connection.ts';
import { createRepository, type Repository } from '../../src/aws/ecr.ts';
import { Network } from '../../src/network/network.ts';
import { actionsOf, MAIN, makeRoles, runOf, sessionOf, usedBy } from './setup.ts';
import { StandIn, type Step, type StepResult } from './stand-in.ts';

const KEY = 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
let aws: StandIn;
let role: Role;
let env: Record<string, string>;
beforeAll(async () => {
  aws = await StandIn.start(['--enforce-iam', '--elsewhere', 'far-away=eu-west-1']);
  role = (await makeRoles(aws, { KmsKey: KEY })).roles.DefaultBranchRole;
  env = await runOf(aws, MAIN);
});
afterAll(() => aws.stop());

const step = (workspace: string, inputs: Record<string, string>): Step => {
  const key = inputs['mode'] === 'collect' ? {} : { 'kms-key': KEY };
  return aws.step(workspace, { ...key, ...inputs, 'role-to-assume': role.arn }, env);
};
const run = (workspace: string, inputs: Record<string, string>): Promise<StepResult> => step(workspace, inputs).done;

describe("the default branch's role", () => {
  it('is enough, and all of it is used', async () => {
    const workspace = aws.workspace({ 'data/small': 'x', 'data/large': randomBytes(20 * 2 ** 20) });
    const first = {
      ...{ task: 'first', run: 'echo 1 > $SM_MODEL_DIR/m; echo 1 > $SSM_STATE/s', inputs: 'data=./data' },
      'max-cost': '1000',
    };
    await aws.fault({ kind: 'error', code: 'Oops', status: 400, operation: 's3:UploadPart', calls: [3] });
    const interrupted = await run(workspace, first);
    expect(interrupted.stdout).toContain('Oops');
    await aws.liftFaults();
    const done = await run(workspace, { ...first, 'upload-artifacts': 'none' });
    expect(done.stdout).not.toMatch(/::(warning|error)/);
    expect(done.code).toBe(0);
    expect((await run(workspace, first)).outputs['skipped']).toBe('true');
    expect((await run(workspace, { task: 'first', mode: 'collect' })).code).toBe(0);
    const boundary = 'arn:aws:iam::aws:policy/AdministratorAccess';
    const second = { task: 'second', run: 'ls $SM_CHANNEL_M', inputs: 'm=task:first/model', 'clean-state': 'true' };
    expect((await run(workspace, { ...second, 'role-permissions-boundary': boundary })).code).toBe(0);
    const several = {
      task: 'several',
      run: 'echo begun; sleep 5; echo done',
      'instance-count': '3',
      download: 'none',
      'upload-artifacts': 'none',
    };
    expect((await run(workspace, several)).code).toBe(0);
    const long = { task: 'long', run: 'echo begun; sleep 60', download: 'logs' };
    const running = step(workspace, long);
    await running.printed('begun');
    const replaced = await run(workspace, { ...long, run: 'true', 'when-busy': 'replace' });
    expect(replaced.code).toBe(0);
    await running.done;
    await aws.fault({ kind: 'slow', operation: 's3:UploadPart', seconds: 2 });
    const sends = { task: 'killed', run: 'true', inputs: 'data=./data' };
    const uploads = async (): Promise<number> => (await aws.calls())['CreateMultipartUpload'] ?? 0;
    const before = await uploads();
    const killed = step(workspace, sends);
    await expect.poll(uploads, { timeout: 30_000, interval: 50 }).toBeGreaterThan(before);
    killed.kill('SIGKILL');
    const { state } = await killed.done;
    const post = await aws.step(workspace, { ...sends, 'role-to-assume': role.arn }, env, state).done;
    expect(post.code, post.stdout).toBe(0);
    expect(post.stdout).toContain('Its unfinished uploads are aborted and the lease is released.');
    const { actions, refused } = await usedBy(aws, `assumed-role/${role.name}`);
    const allowed = actionsOf(role.policies);
    expect(refused).toEqual([]);
    expect(actions.filter((action) => !allowed.includes(action))).toEqual([]);
    // For a role whose trust somebody changed: role.test.ts.
    const rare = new Set(['iam:UpdateAssumeRolePolicy']);
    expect(allowed.filter((action) => !actions.includes(action) && !rare.has(action))).toEqual([]);
  });
});

describe('a key that the role may not use', () => {
  it('is a clear error before a job starts', async () => {
    await aws.clearRequests();
    const other = KEY.replace('1234abcd', '00000000');
    const { code, stdout } = await run(aws.workspace({}), { task: 'x', run: 'true', 'kms-key': other });
    expect(code).toBe(1);
    expect(stdout).toMatch(/::error::S3 cannot encrypt with the KMS key: User: .* to perform: kms:GenerateDataKey on/);
    expect(stdout).toContain('Allow kms:GenerateDataKey and kms:Decrypt on it to the credentials of the step.');
    expect(await aws.calls()).not.toHaveProperty('CreateTrainingJob');
  });
});

describe('a repository of images', () => {
  it('is created with the key of the template, and with no other', async () => {
    const { roles } = await makeRoles(aws, { KmsKey: KEY, EcrRepository: 'project' }, 'images');
    const session = await sessionOf(aws, roles.DefaultBranchRole.arn, MAIN);
    process.env['AWS_ENDPOINT_URL'] = aws.url;
    const create = (key: string): Promise<Repository> => {
      const connection = new Connection('us-east-1', 'test', async () => session, new Network({}), key);
      return createRepository(connection, 'project', new AbortController().signal);
    };
    await expect(create(KEY.replace('1234abcd', '00000000'))).rejects.toThrow(/ECR, repository project: .*kms:/);
    expect((await create(KEY)).name).toBe('project');
  });
});

describe('a bucket', () => {
  it.each([
    [
      "a stranger's",
      { bucket: 'strangers-bucket' },
      /S3 denies access to the bucket strangers-bucket: it belongs to another account/,
    ],
    ['of another region', { bucket: 'far-away' }, /far-away is in another region than us-east-1/],
    [
      'of another region as an input',
      { inputs: 'x=s3://far-away/a' },
      /inputs: the bucket far-away is in another region \(channel "x"\)/,
    ],
    ['that may not be made', { bucket: 'not-allowed-to-make' }, /not-allowed-to-make/],
  ])('%s is a clear error, and nothing is made', async (_what, given, error) => {
    await aws.clearRequests();
    const { code, stdout } = await run(aws.workspace({}), { task: 'x', run: 'true', ...given });
    expect(code).toBe(1);
    expect(stdout).toMatch(error);
    const made = (await aws.requests()).filter(
      ({ operation, status }) => /^(Create|Put)/.test(operation) && status < 300,
    );
    expect(made).toEqual([]);
  });
});
