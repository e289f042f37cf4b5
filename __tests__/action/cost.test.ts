/** `max-cost`: what a job can cost is known and allowed before anything is created; who asks for prices, and how often. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StandIn, type StepResult } from './stand-in.ts';

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start();
});
afterAll(() => aws.stop());
beforeEach(() => aws.clearRequests());
afterEach(() => aws.liftFaults());

const INPUTS = { run: 'echo hello', spot: 'false', download: 'none', 'upload-artifacts': 'none' };
const run = (inputs: Record<string, string>): Promise<StepResult> =>
  aws.run(aws.workspace({}), { ...INPUTS, ...inputs });
const questions = async (): Promise<number> => (await aws.calls())['GetProducts'] ?? 0;
const deny = (): Promise<void> => aws.fault({ kind: 'deny', action: 'pricing:GetProducts' });

/** Runs a step that fails, and nothing is created, stopped or written. */
async function refused(inputs: Record<string, string>): Promise<string> {
  const { code, stdout } = await run(inputs);
  const changing = (await aws.requests()).filter(({ operation }) =>
    /^(Create|Put|Delete|Update|Tag|Start|Stop|Upload)/.test(operation),
  );
  expect(changing.map(({ operation, resource }) => `${operation} ${resource}`)).toEqual([]);
  expect(code).toBe(1);
  expect(stdout).toContain('One input is wrong; nothing was created.');
  return decodeURIComponent(stdout.match(/^::error::.*$/m)?.[0] ?? '');
}

describe('a job that can cost more than max-cost', () => {
  it('is not started, and the sum is shown, by the price that AWS has now', async () => {
    await aws.fault({ kind: 'price', 'instance-type': 'ml.p3.2xlarge', usd: 4.284 });
    const error = await refused({
      ...{ task: 'dear', 'instance-type': 'ml.p3.2xlarge', 'instance-count': '2', 'max-cost': '100' },
    });
    expect(error).toContain(
      'max-cost: 2 × ml.p3.2xlarge × up to 24 h × $4.284 an hour = $205.63, which is more than 100 (AWS Price List API, 2026-01-01): ' +
        'lower "max-run-minutes" or "instance-count", choose a cheaper "instance-type", or raise "max-cost".',
    );
    expect(await questions()).toBe(1);
  });

  it('is not started by the price that the action brings, if AWS may not be asked', async () => {
    await deny();
    const error = await refused({ task: 'dear', 'max-cost': '2.5', spot: 'true' });
    expect(error).toMatch(
      /max-cost: 1 × ml\.m5\.large × up to 24 h × \$0\.115 an hour = \$2\.76, which is more than 2\.5 \(price list of 20\d\d-\d\d-\d\d; spot instances can cost up to 90 % less/,
    );
    expect(await questions()).toBe(1);
  });

  it('is not started with instances that only "request" names', async () => {
    const groups = ['{InstanceType: ml.m5.large, InstanceCount: 1, InstanceGroupName: a}'];
    groups.push('{InstanceType: ml.g5.xlarge, InstanceCount: 1, InstanceGroupName: b}');
    const request = `ResourceConfig: {InstanceGroups: [${groups.join(', ')}]}\nStoppingCondition: {MaxRuntimeInSeconds: 7200}`;
    const error = await refused({ task: 'dear', 'instance-count': '2', 'max-cost': '3', request });
    expect(error).toContain(
      '1 × ml.m5.large × up to 2 h × $0.115 an hour + 1 × ml.g5.xlarge × up to 2 h × $1.408 an hour = $3.05, which',
    );
    expect(await questions()).toBe(2);
  });
});

describe('a cost that is not known', () => {
  it.each<[string, () => Promise<void>, Record<string, string>, RegExp]>([
    [
      'because AWS may not be asked',
      deny,
      { 'instance-type': 'ml.c5.2xlarge' },
      /the table of this version has no price of a training instance ml\.c5\.2xlarge in us-east-1, and AWS's price list did not answer: User: .* not authorized to perform: pricing:GetProducts.*: allow pricing:GetProducts to the credentials of the step \(docs\/money\.md\), or remove it\./,
    ],
    [
      'because AWS has no price',
      async () => {},
      { 'instance-type': 'ml.c5.2xlarge' },
      /AWS's price list has no price of a training instance ml\.c5\.2xlarge in us-east-1: use another "instance-type", or remove it\./,
    ],
    [
      'because a plan pays for it',
      async () => {},
      { request: 'ResourceConfig: {TrainingPlanArn: "arn:aws:sagemaker:us-east-1:123456789012:training-plan/p"}' },
      /a training plan is paid in advance: remove it\./,
    ],
  ])('%s is an error, as the limit cannot be checked', async (_why, begin, inputs, expected) => {
    await begin();
    expect(await refused({ task: 'unknown', 'max-cost': '1000', ...inputs })).toMatch(expected);
    expect(await questions()).toBe(inputs['request'] === undefined ? 1 : 0);
  });
});

describe('a plan', () => {
  const plan = (inputs: Record<string, string>): Promise<StepResult> => run({ task: 'plan', mode: 'plan', ...inputs });
  it('says what the job can cost, and whether that is allowed', async () => {
    const free = await plan({});
    expect(free.stdout).toMatch(
      /^Cost: at most \$2\.76: 1 × ml\.m5\.large × up to 24 h × \$0\.115 an hour \(AWS Price List API, 20\d\d-\d\d-\d\d\)$/m,
    );
    expect(free.code).toBe(0);
    expect(await questions()).toBe(1);
    const enough = await plan({ 'max-cost': '3' });
    expect(enough.stdout).toMatch(/^✅ Cost: not more than "max-cost" \(\$3\.00\)$/m);
    const little = await plan({ 'max-cost': '1' });
    expect(little.stdout).toMatch(/The run would fail:.*Cost: max-cost: 1 × ml\.m5\.large .* = \$2\.76, which is more/);
    expect(little.code).toBe(1);
  });

  it('says why it does not know', async () => {
    const { stdout, code } = await plan({ 'instance-type': 'ml.c5.2xlarge' });
    expect(stdout).toMatch(/^❔ Cost: AWS's price list has no price of a training instance ml\.c5\.2xlarge/m);
    expect(code).toBe(0);
  });
});

describe('a job that costs less', () => {
  it('runs, by one question for its price', async () => {
    const { code, stdout } = await run({ task: 'cheap', 'max-cost': '3' });
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/^Cost: at most \$2\.76: 1 × ml\.m5\.large × .*\. "max-cost" is 3\.$/m);
    expect(await questions()).toBe(1);
  });

  it('that ran before is taken, whatever it would cost, without a question', async () => {
    const { outputs, stdout } = await run({ task: 'cheap', 'max-cost': '0.01' });
    expect(outputs['skipped'], stdout).toBe('true');
    expect(await questions()).toBe(0);
  });

  it('that has changed is not started above the limit, and takes no lease', async () => {
    expect(await refused({ task: 'cheap', run: 'echo changed', 'max-cost': '0.01' })).toContain(
      'which is more than 0.01',
    );
    expect(await questions()).toBe(1);
  });

  it('asks only when it has ended, for its report, if there is no limit', async () => {
    const { code, stdout, summary } = await run({ task: 'free' });
    expect(code, stdout).toBe(0);
    expect(stdout).not.toContain('Cost:');
    expect(summary).toContain(' USD');
    expect(await questions()).toBe(1);
  });

  it('is not stopped for one that would cost too much, and the task is not taken from others', async () => {
    const long = { task: 'busy', run: 'echo begun; sleep 600' };
    const running = aws.step(aws.workspace({}), { ...INPUTS, ...long, download: 'logs' });
    await running.printed('begun');
    const job = await aws.newestJob('busy');
    await aws.clearRequests();
    const { code, stdout } = await run({ ...long, run: 'true', 'when-busy': 'replace', 'max-cost': '1' });
    expect(code).toBe(1);
    expect(stdout).toContain('which is more than 1');
    expect(await aws.calls()).not.toHaveProperty('StopTrainingJob');
    const waiting = await run({ ...long, run: 'true', 'when-busy': 'wait', 'max-cost': '1' });
    expect(waiting.stdout).toContain('which is more than 1');
    await aws.stopJob(job);
    expect((await running.done).code).toBe(1);
  });
});
