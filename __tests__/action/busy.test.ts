/** Two runs of one task: one job of it at a time, started by one of them. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StandIn } from './stand-in.ts';

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start();
});
afterAll(() => aws.stop());

const creates = async (task: string): Promise<number> =>
  (await aws.requests()).filter(
    ({ operation, resource }) => operation === 'CreateTrainingJob' && resource.includes(`-${task}-`),
  ).length;

describe('two runs of the same', () => {
  it('at one time start one job, and both have its results', async () => {
    const inputs = { task: 'twins', run: 'echo begun; sleep 3; echo x > $SM_MODEL_DIR/m', download: 'logs, model' };
    const runs = await Promise.all([1, 2, 3].map(() => aws.run(aws.workspace({}), inputs)));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(new Set(runs.map(({ outputs }) => outputs['job-name'])).size).toBe(1);
    expect(await creates('twins')).toBe(1);
    const took = runs.filter(({ stdout }) => /is in progress and runs exactly the same|^Skipped: /m.test(stdout));
    expect(took).toHaveLength(2);
    expect(await aws.keys('project/twins/.lease.json')).toEqual([]);
  });

  it('are not stopped by a follower that is cancelled', async () => {
    const inputs = { task: 'kept', run: 'echo begun; sleep 5', download: 'logs' };
    const first = aws.step(aws.workspace({}), inputs);
    await first.printed('begun');
    const follower = aws.step(aws.workspace({}), inputs);
    await follower.printed('Following');
    follower.kill('SIGINT');
    expect((await follower.done).code).toBe(1);
    expect((await first.done).outputs['status']).toBe('Completed');
  });
});

describe('a job that runs something else', () => {
  const other = { task: 'other', run: 'echo begun; sleep 4', download: 'logs' };
  it('is waited for', async () => {
    const first = aws.step(aws.workspace({}), other);
    await first.printed('begun');
    const second = await aws.run(aws.workspace({}), { ...other, run: 'echo second' });
    expect(second.code).toBe(0);
    expect(second.stdout).toContain('Waiting for it (when-busy: wait)');
    const [one, two] = [(await first.done).outputs['job-name'], second.outputs['job-name']];
    expect(two).not.toBe(one);
    expect(await creates('other')).toBe(2);
  });

  it('is named, or stopped', async () => {
    const busy = { ...other, task: 'busy', run: 'echo begun; sleep 60' };
    const first = aws.step(aws.workspace({}), busy);
    await first.printed('begun');
    const failed = await aws.run(aws.workspace({}), { ...busy, run: 'echo second', 'when-busy': 'fail' });
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain((await aws.newestJob('busy')) ?? '?');
    expect(await creates('busy')).toBe(1);
    const second = await aws.run(aws.workspace({}), { ...busy, run: 'echo second', 'when-busy': 'replace' });
    expect(second.code).toBe(0);
    expect((await first.done).outputs['status']).toBe('Stopped');
  });
});

describe('the lease', () => {
  it('of a run that was killed is taken over', async () => {
    await aws.run(aws.workspace({}), { task: 'first', run: 'true' });
    const Key = 'project/left/.lease.json';
    await aws.s3().send(new PutObjectCommand({ Bucket: aws.bucket, Key, Body: '{"owner":"run 5","token":"x"}' }));
    const { stdout, code } = await aws.run(aws.workspace({}), { task: 'left', run: 'true' });
    expect(code).toBe(0);
    expect(stdout).toContain('Waiting: run 5 is starting a job of this task');
    expect(await aws.keys(Key)).toEqual([]);
  });
});
