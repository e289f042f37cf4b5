/** `mode: plan` says what a run would do and creates nothing; `request` and `remote-debug` reach the job. */
import { PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iamOf, MAIN, makeRoles, runOf } from './setup.ts';
import { StandIn, type StepResult } from './stand-in.ts';

const KEY = 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start(['--enforce-iam']);
});
afterAll(() => aws.stop());

const FILES = { 'w.py': 'print("loss=0.5")', 'data/a': 'a', 'data/b': 'bb' };
const INPUTS = {
  ...{
    task: 'train',
    entrypoint: 'w.py',
    inputs: 'data=./data',
    hyperparameters: 'lr=0.1',
    'upload-artifacts': 'none',
  },
  ...{ environment: 'API_TOKEN=not-in-the-log', request: 'RetryStrategy: {MaximumRetryAttempts: 2}' },
};
const plan = async (given: Record<string, string> = {}, files: Record<string, string> = FILES) => {
  await aws.clearRequests();
  const step = await aws.run(aws.workspace(files), { ...INPUTS, mode: 'plan', ...given });
  const changing = (await aws.requests()).filter(({ operation }) =>
    /^(Create|Put|Delete|Update|Tag|Start|Stop)/.test(operation),
  );
  expect(changing.map(({ operation, resource }) => `${operation} ${resource}`)).toEqual([]);
  return step;
};

describe('a plan', () => {
  it('of a task that never ran says what would be created, and creates nothing', async () => {
    const { code, stdout, outputs, summary } = await plan();
    expect(stdout).toContain('A job would start on 1 × ml.m5.large (spot), because the bucket is new.');
    expect(stdout).toMatch(/^Bucket: sagemaker-us-east-1-\d+ would be created$/m);
    expect(stdout).toMatch(/^Role: SimpleSagemaker-\S+ would be created with \d policies$/m);
    expect(stdout).toMatch(/^Image: \d+\.dkr\.ecr\.\S+$/m);
    expect(stdout).toMatch(/^Code: 1 file \(17 B unpacked\) would be uploaded$/m);
    expect(stdout).toContain('Input data: 2 files (3 B) would be uploaded, 0 unchanged, 0 would be removed');
    expect(stdout).toMatch(/^✅ Quota: "ml\.m5\.large for spot training job usage" is \d+, and the job needs 1$/m);
    expect(stdout).toMatch(/^✅ Permissions: /m);
    expect(stdout).toContain('"MaximumRetryAttempts": 2');
    expect(stdout + summary).not.toContain('not-in-the-log');
    expect(summary).toContain('<summary>CreateTrainingJob</summary>');
    expect(outputs).toMatchObject({ skipped: 'false', fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(outputs['job-name']).toBeUndefined();
    expect(code).toBe(0);
  });

  it('says that an unchanged task would be skipped, and what changed in another', async () => {
    const run = await aws.run(aws.workspace(FILES), { ...INPUTS, 'remote-debug': 'true' });
    expect(run.code).toBe(0);
    const job = run.outputs['job-name'] ?? '';
    const command = `aws ssm start-session --region us-east-1 --target sagemaker-training-job:${job}_algo-1`;
    expect(run.stdout).toContain(command);
    const described = await aws.describe(job);
    expect(described.RetryStrategy).toEqual({ MaximumRetryAttempts: 2 });
    expect(described.RemoteDebugConfig).toEqual({ EnableRemoteDebug: true });

    const same = await plan();
    expect(same.stdout).toContain(`Unchanged: would be skipped, with the results of ${job}.`);
    expect(same.outputs).toMatchObject({ skipped: 'true', fingerprint: run.outputs['fingerprint'] });

    const changed = await plan({ hyperparameters: 'lr=0.2' }, { ...FILES, 'data/b': 'bbb', 'data/c': 'c' });
    expect(changed.stdout).toContain(
      `because the task has changed since ${job}: hyperparameters: lr 0.1 → 0.2; inputs: data.`,
    );
    expect(changed.stdout).toContain('Input data: 2 files (4 B) would be uploaded, 1 unchanged, 0 would be removed');
    expect(changed.code).toBe(0);
  });

  it("asks IAM about what the template's role has, and names what it has not", async () => {
    const { roles } = await makeRoles(aws, { KmsKey: KEY });
    const { arn, name } = roles.DefaultBranchRole;
    const Statement = [
      { Effect: 'Allow', Action: 'iam:SimulatePrincipalPolicy', Resource: arn },
      { Effect: 'Allow', Action: 'servicequotas:ListServiceQuotas', Resource: '*' },
    ];
    const policy = {
      RoleName: name,
      PolicyName: 'plan',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
    };
    await iamOf(aws).send(new PutRolePolicyCommand(policy));
    const env = await runOf(aws, MAIN);
    const planned = (): Promise<StepResult> =>
      aws.run(
        aws.workspace(FILES),
        { ...INPUTS, task: 'asked', mode: 'plan', 'kms-key': KEY, 'role-to-assume': arn },
        env,
      );
    expect((await planned()).stdout).toContain(`✅ Permissions: ${arn} may do all that the run does`);

    const Deny = [{ Effect: 'Deny', Action: ['iam:PassRole', 'kms:Decrypt'], Resource: '*' }];
    const denied = {
      ...policy,
      PolicyName: 'deny',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: Deny }),
    };
    await iamOf(aws).send(new PutRolePolicyCommand(denied));
    const { code, stdout } = await planned();
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /::warning::Permissions: .* do not allow iam:PassRole on \S+ \(denied\), kms:Decrypt on \S+ \(denied\)$/m,
    );
  });

  it('goes on where AWS does not answer, and hides what may be secret', async () => {
    for (const operation of ['iam:SimulatePrincipalPolicy', 'iam:GetRole', 'servicequotas:ListServiceQuotas'])
      await aws.fault({ kind: 'error', operation, code: 'AccessDenied', message: 'not for you', status: 403 });
    const groups = [
      '{InstanceType: ml.m5.large, InstanceCount: 1, InstanceGroupName: a}',
      '{InstanceType: ml.c5.xlarge, InstanceCount: 2, InstanceGroupName: b}',
    ];
    const request = `ResourceConfig: {InstanceGroups: [${groups.join(', ')}]}\nTags: [{Key: db-password, Value: hunter22}]`;
    const { code, stdout, summary } = await plan({
      task: 'denied',
      'instance-count': '3',
      'clean-state': 'true',
      request,
    });
    await aws.liftFaults();
    expect(stdout).toMatch(/^❔ Role: .* was not looked at: not for you$/m);
    expect(stdout).toMatch(/^❔ Quota: "ml\.m5\.large for spot .* was not checked: /m);
    expect(stdout).toMatch(/^❔ Quota: "ml\.c5\.xlarge for spot .* was not checked: /m);
    expect(stdout).toMatch(/^❔ Permissions: not checked: not for you$/m);
    expect(stdout).toContain('State: would be emptied');
    expect(stdout).toContain('"Key": "db-password"');
    expect(stdout + summary).not.toMatch(/hunter22|not-in-the-log/);
    expect(code).toBe(0);
  });

  it('of a list says which types would be tried, in which order, and which not', async () => {
    await aws.fault({ kind: 'quota', 'instance-type': 'ml.m5.large', limit: 0 });
    const { code, stdout, summary } = await plan({
      ...{ task: 'list', spot: 'prefer', 'instance-type': 'ml.m5.large, ml.m5.xlarge, ml.c5.xlarge' },
      'capacity-wait-minutes': '20',
    });
    await aws.liftFaults();
    expect(stdout).toContain('A job would start on 1 × ml.m5.xlarge (spot), because ');
    const further = 'ml.c5.xlarge (spot), then ml.m5.xlarge or ml.c5.xlarge (on demand)';
    expect(stdout).toContain(`Instances: after 20 min without capacity ${further}`);
    for (const kind of ['spot ', ''])
      expect(stdout).toContain(
        `⚠️ Quota: "ml.m5.large for ${kind}training job usage" is 0, and the job needs 1, so this type would be left out`,
      );
    expect(stdout.match(/^✅ Quota: "ml\.[cm]5\.xlarge for /gm)).toHaveLength(4);
    expect(stdout).toContain('"InstanceType": "ml.m5.xlarge"');
    expect(summary).toContain('after 20 min without capacity');
    expect(code).toBe(0);
  });

  it('asks about each action alone when IAM refuses a mix of them', async () => {
    // Four questions are asked at once, and the fault strikes the second to arrive. Of one action it cannot be a mix.
    let shown = '';
    for (let tries = 0; tries < 8 && !/^✅ Permissions: /m.test(shown); tries += 1) {
      await aws.fault({
        ...{ kind: 'error', operation: 'iam:SimulatePrincipalPolicy', calls: [2] },
        ...{ code: 'InvalidInput', message: 'mixed' },
      });
      shown = (await plan({ task: 'mixed' })).stdout;
      await aws.liftFaults();
    }
    expect(shown).toMatch(/^✅ Permissions: /m);
    const asked = (await aws.requests()).filter(({ operation }) => operation === 'SimulatePrincipalPolicy');
    expect(asked.some(({ status }) => status === 400)).toBe(true);
  });

  it('fails when the run would fail', async () => {
    await aws.fault({ kind: 'quota', 'instance-type': 'ml.m5.large', spot: true, limit: 2 });
    const { code, stdout } = await plan({ task: 'big', 'instance-count': '3' });
    await aws.liftFaults();
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /The run would fail:.*Quota: "ml\.m5\.large for spot training job usage" is \d+, and the job needs 3/,
    );
    const wrong = await plan({ task: 'wrong', request: 'RoleArn: x' });
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toContain('request: RoleArn cannot be overridden: ');
  });
});
