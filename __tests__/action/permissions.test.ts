/** The policy that docs/aws.md shows is enough for all that the action does, and has nothing that it does not use. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentedPolicy, usedBy, userWith } from './documented.ts';
import { StandIn, type StepResult } from './stand-in.ts';

const POLICY = documentedPolicy('policy.json', 'project');

let aws: StandIn;
let env: Record<string, string>;
beforeAll(async () => {
  aws = await StandIn.start(['--enforce-iam', '--elsewhere', 'far-away=eu-west-1']);
  env = await userWith(aws, 'workflow', [POLICY]);
});
afterAll(() => aws.stop());

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
    const { actions, refused } = await usedBy(aws, 'workflow');
    expect(refused).toEqual([]);
    expect(actions.filter((action) => !POLICY.actions.includes(action))).toEqual([]);
    // For a role whose trust somebody changed, and for an upload that nobody needs: role.test.ts, sync.test.ts.
    const rare = new Set(['iam:UpdateAssumeRolePolicy', 's3:AbortMultipartUpload']);
    expect(POLICY.actions.filter((action) => !actions.includes(action) && !rare.has(action))).toEqual([]);
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
