/** The policy that docs/aws.md shows is enough for all that the action does, and has nothing that it does not use. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StandIn, type StepResult } from './stand-in.ts';

const PAGE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'aws.md'), 'utf8');
const USER = 'arn:aws:iam::123456789012:user/workflow';

interface Policy {
  readonly Statement: readonly { readonly Action: string | readonly string[] }[];
}

let aws: StandIn;
const env: Record<string, string> = {};
beforeAll(async () => {
  aws = await StandIn.start(['--enforce-iam', '--elsewhere', 'far-away=eu-west-1']);
  const credentials = { accessKeyId: 'AKIAADMINISTRATOR000', secretAccessKey: 'x' };
  const iam = new IAMClient({ region: 'us-east-1', endpoint: aws.url, credentials });
  await iam.send(new CreateUserCommand({ UserName: 'workflow' }));
  const words = { ACCOUNT: '123456789012', REGION: 'us-east-1', PROJECT: 'project', BUCKET: aws.bucket };
  const text = Object.entries(words).reduce((page, [word, value]) => page.replaceAll(word, value), policyText());
  const policy = { UserName: 'workflow', PolicyName: 'docs', PolicyDocument: text };
  await iam.send(new PutUserPolicyCommand(policy));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'workflow' }));
  env['AWS_ACCESS_KEY_ID'] = AccessKey?.AccessKeyId ?? '';
  env['AWS_SECRET_ACCESS_KEY'] = AccessKey?.SecretAccessKey ?? '';
});
afterAll(() => aws.stop());

function policyText(): string {
  return /`policy\.json`[\s\S]*?```json\n([\s\S]*?)```/.exec(PAGE)?.[1] ?? '';
}

const run = (workspace: string, inputs: Record<string, string>): Promise<StepResult> => aws.run(workspace, inputs, env);

describe('the policy of the docs', () => {
  it('is enough, and all of it is used', async () => {
    const workspace = aws.workspace({ 'data/small': 'x', 'data/large': randomBytes(20 * 2 ** 20) });
    const first = { task: 'first', run: 'echo 1 > $SM_MODEL_DIR/m; echo 1 > $SSM_STATE/s', inputs: 'data=./data' };
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
    const long = { task: 'long', run: 'echo begun; sleep 60', download: 'logs' };
    const step = aws.step(workspace, long, env);
    await step.printed('begun');
    const replaced = await run(workspace, { ...long, run: 'true', 'when-busy': 'replace' });
    expect(replaced.code).toBe(0);
    await step.done;
    const own = (await aws.requests()).filter(({ principal }) => principal === USER);
    expect(own.filter(({ status }) => status === 403)).toEqual([]);
    const used = new Set(own.flatMap(({ action, also }) => [action, ...also.map((each) => each.action)]));
    const { Statement } = JSON.parse(policyText()) as Policy;
    const allowed = new Set(Statement.flatMap(({ Action }) => Action));
    expect([...used].filter((action) => !allowed.has(action))).toEqual([]);
    // For a role whose trust somebody changed, and for an upload that nobody needs: role.test.ts, sync.test.ts.
    const rare = new Set(['iam:UpdateAssumeRolePolicy', 's3:AbortMultipartUpload']);
    expect([...allowed].filter((action) => !used.has(action) && !rare.has(action))).toEqual([]);
  });
});

describe('a bucket', () => {
  it.each([
    [
      "a stranger's",
      { bucket: 'strangers-bucket' },
      /strangers-bucket is not yours to use: it belongs to another account/,
    ],
    ['of another region', { bucket: 'far-away' }, /far-away lies in another region than us-east-1/],
    [
      'of another region as an input',
      { inputs: 'x=s3://far-away/a' },
      /inputs: "x": the bucket far-away lies in another/,
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
