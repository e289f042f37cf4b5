/** Requests that were carried out and whose answer was lost, and a lease that cannot be kept or given back. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StandIn, type Step, type StepResult } from './stand-in.ts';

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start();
  // The bucket and the role are there from here on.
  await aws.run(aws.workspace({}), { task: 'first', run: 'true', download: 'none', 'upload-artifacts': 'none' });
});
beforeEach(() => aws.liftFaults());
afterAll(() => aws.stop());

const inputs = (task: string): Record<string, string> => ({ task, run: 'echo up', download: 'logs' });
const lost = (operation: string): object => ({ kind: 'reset', when: 'after', operation, times: 1 });
const lease = (task: string): string => `project/${task}/.lease.json`;

/** A step that prepares for 13 seconds: its lease is renewed, while nothing else is written. */
async function slowly(task: string): Promise<Step> {
  await aws.fault({ kind: 'slow', operation: 'iam:GetRole', seconds: 13, times: 1 });
  const step = aws.step(aws.workspace({}), inputs(task));
  await step.printed('Code: ');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return step;
}

function expectDone({ code, stdout, outputs }: StepResult): void {
  expect(code, stdout).toBe(0);
  expect(outputs['status']).toBe('Completed');
  expect(stdout).not.toMatch(/Waiting: |::warning/);
}

describe('an answer that is lost', () => {
  it('when the lease is taken: it is known as the own one', async () => {
    await aws.fault(lost('s3:PutObject'));
    expectDone(await aws.run(aws.workspace({}), inputs('taken')));
    expect(await aws.keys(lease('taken'))).toEqual([]);
  });

  it('when it is renewed: the sync goes on', async () => {
    const step = await slowly('renewed');
    await aws.fault(lost('s3:PutObject'));
    expectDone(await step.done);
    expect(await aws.keys(lease('renewed'))).toEqual([]);
  });

  it('when it is given back: it is gone', async () => {
    await aws.fault(lost('s3:DeleteObject'));
    expectDone(await aws.run(aws.workspace({}), inputs('given-back')));
  });

  it('when the job is created: it is followed, and there is one', async () => {
    await aws.fault(lost('sagemaker:CreateTrainingJob'));
    expectDone(await aws.run(aws.workspace({}), inputs('created')));
    const asked = (await aws.requests()).filter(
      ({ operation, resource }) => operation === 'CreateTrainingJob' && resource.includes('-created-'),
    );
    expect(new Set(asked.map(({ resource }) => resource)).size).toBe(1);
    expect(asked.length).toBeGreaterThan(1);
  });
});

describe('the lease', () => {
  it('that cannot be given back is told, and the job goes on', async () => {
    const denied = { kind: 'deny', action: 's3:DeleteObject', resource: `*${lease('kept')}` };
    await aws.fault(denied);
    const { code, stdout, outputs } = await aws.run(aws.workspace({}), inputs('kept'));
    expect(code, stdout).toBe(0);
    expect(outputs['status']).toBe('Completed');
    expect(stdout).toMatch(/::warning::The task's lease could not be released/);
  });

  it('that cannot be given back hides no other error', async () => {
    await aws.fault({ kind: 'deny', action: 's3:DeleteObject', resource: `*${lease('hidden')}` });
    await aws.fault({ kind: 'deny', action: 'sagemaker:CreateTrainingJob' });
    const { code, stdout } = await aws.run(aws.workspace({}), inputs('hidden'));
    expect(code).toBe(1);
    expect(stdout).toMatch(/::error::SageMaker refused the job/);
  });

  it('that another run took over ends the step before it starts a job, and stays the other run’s', async () => {
    const step = await slowly('lost');
    const Body = '{"owner":"run 5","token":"another"}';
    await aws.s3().send(new PutObjectCommand({ Bucket: aws.bucket, Key: lease('lost'), Body }));
    const { code, stdout } = await step.done;
    expect(code).toBe(1);
    expect(stdout).toMatch(/::error::Another run took over the task's lease s3:\S+, because/);
    expect(await aws.newestJob('lost')).toBe('');
    expect(await aws.keys(lease('lost'))).toEqual([lease('lost')]);
  });
});

describe('a preparation that fails', () => {
  it('has ended whole before its lease is given back, and the first error is told', async () => {
    const data = Object.fromEntries(
      Array.from({ length: 6 }, (_, at) => [`data/${at}`, new Uint8Array(12 * 2 ** 20).fill(at)]),
    );
    await aws.fault({ kind: 'slow', operation: 's3:UploadPart', seconds: 0.5 });
    // After the sync has begun.
    await aws.fault({ kind: 'slow', operation: 'iam:GetRole', seconds: 1 });
    await aws.fault({ kind: 'deny', action: 'iam:CreateRole' });
    await aws.clearRequests();
    const given = { ...inputs('whole'), project: 'denied', inputs: 'd=./data' };
    const { code, stdout } = await aws.run(aws.workspace(data), given);
    expect(code).toBe(1);
    expect(stdout).toMatch(/::error::The credentials may not create or change the jobs' role SimpleSagemaker-denied/);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const writes = (await aws.requests()).filter(
      ({ action, status }) => /^s3:(Put|Delete)/.test(action) && status < 300,
    );
    expect(writes.filter(({ operation }) => operation === 'UploadPart').length).toBeLessThan(12);
    const released = writes.findLast(({ operation, resource }) =>
      `${operation} ${resource}`.match(/^Del.*\.lease\.json$/),
    );
    expect(released).toBeDefined();
    // S3 may carry out what was under way when it was aborted; nothing is begun after it.
    const after = writes.filter(({ time }) => time > (released?.time ?? 0));
    expect(
      after.filter(({ operation, time }) => operation === 'PutObject' || time > (released?.time ?? 0) + 1.5),
    ).toEqual([]);
  });
});
