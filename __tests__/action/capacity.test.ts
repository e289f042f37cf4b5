/** Instances that AWS does not have: the next type, then on demand; what was tried is told; never two jobs at once. */
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { userWith } from './setup.ts';
import { StandIn, type StepResult } from './stand-in.ts';

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start(['--time-scale', '0.01']);
});
afterEach(() => aws.liftFaults());
afterAll(() => aws.stop());

const FIRST = 'ml.m5.large';
const SECOND = 'ml.c5.xlarge';
/** Three seconds of the action's own clock: for jobs that wait in vain. */
const LIST = { 'instance-type': `${FIRST}, ${SECOND}`, 'capacity-wait-minutes': '0.05' };
/** Time for the stand-in, on a busy machine, to give a job the instances that there are. */
const LONGER = { ...LIST, 'capacity-wait-minutes': '0.2' };
const RUN = { run: 'echo "here on $(date)"; echo x > $SM_MODEL_DIR/m', 'upload-artifacts': 'none' };

const run = (task: string, given: Record<string, string>): Promise<StepResult> =>
  aws.run(aws.workspace({}), { task, ...RUN, ...given });
const noCapacity = (type: string, spot?: boolean): Promise<void> =>
  aws.fault({ kind: 'no-capacity', 'instance-type': type, ...(spot !== undefined && { spot }) });

/** The jobs that SageMaker has of the task, in their order: status and instances. */
async function jobs(task: string): Promise<{ name: string; status: string; spot: boolean; resources: object }[]> {
  const made = (await aws.requests()).filter(
    ({ operation, resource, status }) =>
      operation === 'CreateTrainingJob' && resource.includes(`-${task}-`) && status === 200,
  );
  const described = made.map(({ resource }) => aws.describe(resource.split('/').at(-1) ?? ''));
  return (await Promise.all(described)).map((job) => ({
    name: job.TrainingJobName ?? '',
    status: job.TrainingJobStatus ?? '',
    spot: job.EnableManagedSpotTraining ?? false,
    resources: job.ResourceConfig ?? {},
  }));
}

async function changes(task: string): Promise<string[]> {
  return (await aws.requests())
    .filter(({ operation, resource }) => /^(Create|Put|Delete)/.test(operation) && resource.includes(task))
    .filter(({ resource }) => !resource.endsWith('.lease.json'))
    .map(({ operation, resource }) => `${operation} ${resource}`);
}

describe('a new account', () => {
  it('whose quota is 0 stays as it is: not even the bucket is created', async () => {
    await aws.fault({ kind: 'quota', limit: 0 });
    const ended = await run('new', {});
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('the quota "ml.m5.large for spot training job usage" is 0, and the job needs 1');
    const made = (await aws.requests()).filter(({ operation }) => /^(Create|Put|Delete)/.test(operation));
    expect(made.map(({ operation }) => operation)).toEqual([]);
  });
});

describe('a list on spot', () => {
  it('goes on with the next type, and leaves no job behind', async () => {
    await noCapacity(FIRST, true);
    const ended = await run('next-type', LONGER);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain(`${FIRST} (spot): no capacity in 12 s. Next: ${SECOND} (spot).`);
    expect(ended.stdout).toContain(`::notice::${FIRST} (spot): no capacity in 12 s → ${SECOND} (spot): started`);
    expect(ended.summary).toMatch(/ml\.m5\.large .*no capacity in 12 s/s);
    const [one, two, ...others] = await jobs('next-type');
    expect(others).toEqual([]);
    expect([one?.status, two?.status]).toEqual(['Stopped', 'Completed']);
    expect([one?.resources, two?.resources]).toMatchObject([{ InstanceType: FIRST }, { InstanceType: SECOND }]);
    expect(ended.outputs).toMatchObject({ 'job-name': two?.name, 'instance-type': SECOND, status: 'Completed' });
    expect(await aws.keys('project/next-type/.lease.json')).toEqual([]);

    await aws.clearRequests();
    const post = await aws.step(aws.workspace({}), {}, {}, ended.state).done;
    expect(post.code).toBe(0);
    expect(await aws.requests()).toEqual([]);
    // What was tried in vain has not completed the task, and does not make it another one.
    const again = await run('next-type', { ...LIST, 'instance-type': SECOND, 'capacity-wait-minutes': '' });
    expect(again.outputs).toMatchObject({ skipped: 'true', 'job-name': two?.name });
  });

  it('that has no capacity at all fails, and says what was tried', async () => {
    await noCapacity('*');
    const ended = await run('nothing', LIST);
    expect(ended.code).toBe(1);
    const told = `There were no instances for the task:%0A- ${FIRST} (spot): no capacity in 3 s%0A- ${SECOND} (spot): no capacity in 3 s`;
    expect(ended.stdout).toContain(`::error::${told}`);
    expect(ended.stdout).toContain('set "spot" to prefer');
    expect(ended.outputs['failure-reason']).toContain(`- ${SECOND} (spot): no capacity in 3 s`);
    expect(ended.summary).toMatch(/<pre>There were no instances .*no capacity in 3 s<\/pre>/);
    expect((await jobs('nothing')).map(({ status }) => status)).toEqual(['Stopped', 'Stopped']);
    await aws.liftFaults();
    const again = await run('nothing', LIST);
    expect(again.stdout).toContain('Ran because the task has not completed yet.');
    expect(again.code).toBe(0);
  });

  it('goes on without a type that SageMaker does not have, with the same job name', async () => {
    const ended = await run('unknown', { ...LONGER, 'instance-type': `ml.m5.huge\n${FIRST}` });
    expect(ended.stdout).toContain(`ml.m5.huge (spot): SageMaker does not have this type here. Next: ${FIRST} (spot).`);
    expect(ended.code).toBe(0);
    const [job, ...others] = await jobs('unknown');
    expect(others).toEqual([]);
    expect(job?.resources).toMatchObject({ InstanceType: FIRST });
    const folders = (await aws.keys('project/unknown/')).filter((key) => key.endsWith('sourcedir.tar.gz'));
    expect(folders).toEqual([`project/unknown/${job?.name}/source/sourcedir.tar.gz`]);
  });

  it('never goes on after a job that had its instances', async () => {
    const ended = await run('trained', { ...LONGER, run: 'echo begun; sleep 14; exit 3' });
    expect(ended.code).toBe(1);
    expect(ended.stdout).not.toContain('Next:');
    expect((await jobs('trained')).map(({ status }) => status)).toEqual(['Failed']);
  });

  it('ends with a job that somebody stopped while it waited', async () => {
    await noCapacity('*');
    const step = aws.step(aws.workspace({}), { task: 'by-hand', ...RUN, ...LIST, 'capacity-wait-minutes': '5' });
    await step.printed('retrying!');
    await aws.stopJob(await aws.newestJob('by-hand'));
    const ended = await step.done;
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('was stopped: this step did not stop it.');
    expect((await jobs('by-hand')).map(({ status }) => status)).toEqual(['Stopped']);
  });

  it('keeps a job that gets its instances at the last moment', async () => {
    await noCapacity('*');
    const step = aws.step(aws.workspace({}), { task: 'late', ...RUN, ...LIST, run: 'echo begun; sleep 5' });
    await step.printed('retrying!');
    // Another run holds the lease, so that this one has to wait before it can stop the job.
    const Key = 'project/late/.lease.json';
    let renewed = 0;
    const renew = (): Promise<unknown> => {
      renewed += 1;
      const Body = JSON.stringify({ owner: 'run 5', token: 'x', renewed });
      return aws.s3().send(new PutObjectCommand({ Bucket: aws.bucket, Key, Body }));
    };
    await renew();
    await step.printed('Waiting: run 5');
    await aws.liftFaults();
    const job = await aws.newestJob('late');
    const secondary = async (): Promise<string> => {
      await renew();
      return (await aws.describe(job)).SecondaryStatus ?? '';
    };
    await expect.poll(secondary, { timeout: 60_000, interval: 100 }).not.toBe('Starting');
    await aws.s3().send(new DeleteObjectCommand({ Bucket: aws.bucket, Key }));
    const ended = await step.done;
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('\nbegun\n');
    expect(ended.stdout).not.toContain('Next:');
    expect((await jobs('late')).map(({ status }) => status)).toEqual(['Completed']);
    await aws.clearRequests();
    await aws.step(aws.workspace({}), {}, {}, ended.state).done;
    expect(await aws.requests()).toEqual([]);
  });

  it('goes on from the job of a run that was lost', async () => {
    await noCapacity(FIRST, true);
    const lost = aws.step(aws.workspace({}), { task: 'lost', ...RUN, ...LIST, 'capacity-wait-minutes': '5' });
    await lost.printed('retrying!');
    lost.kill('SIGKILL');
    await lost.done;
    const ended = await run('lost', LONGER);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('is in progress and runs exactly the same, so this step follows it.');
    expect(ended.stdout).toContain(`${FIRST} (spot): no capacity in 12 s. Next: ${SECOND} (spot).`);
    expect((await jobs('lost')).map(({ status }) => status)).toEqual(['Stopped', 'Completed']);
  });

  it('is followed by another run of the same, from job to job', async () => {
    await noCapacity(FIRST, true);
    const runs = await Promise.all([run('shared', LONGER), run('shared', LONGER), run('shared', { ...RUN })]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(new Set(runs.map(({ outputs }) => outputs['job-name'])).size).toBe(1);
    expect((await jobs('shared')).map(({ status }) => status)).toEqual(['Stopped', 'Completed']);
  });
});

describe('a run that has no list', () => {
  it('takes the results of the job that took the place of its own, however late it notices', async () => {
    await noCapacity(FIRST, true);
    const env = await userWith(aws, 'slow', []);
    const own = aws.step(aws.workspace({}), { task: 'noticed', ...RUN }, env);
    await own.printed('retrying!');
    const operation = 'sagemaker:DescribeTrainingJob';
    await aws.fault({ kind: 'slow', operation, principal: '*user/slow', seconds: 25 });
    const other = await run('noticed', LONGER);
    await aws.liftFaults();
    const ended = await own.done;
    expect([other.code, ended.code]).toEqual([0, 0]);
    expect(ended.outputs).toMatchObject({ 'job-name': other.outputs['job-name'], 'instance-type': SECOND });
    expect((await jobs('noticed')).map(({ status }) => status)).toEqual(['Stopped', 'Completed']);
  });
});

describe('spot: prefer', () => {
  it('goes on demand at last, with the type that has capacity', async () => {
    await noCapacity('*', true);
    await noCapacity(FIRST, false);
    const ended = await run('prefer', { ...LIST, spot: 'prefer' });
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain(
      `::notice::${FIRST} (spot): no capacity in 3 s → ${SECOND} (spot): no capacity in 3 s → ${SECOND} (on demand): started`,
    );
    expect(ended.stdout).toMatch(new RegExp(`^Started \\S+ on 1 × ${FIRST} or ${SECOND}: https`, 'm'));
    expect(ended.stdout).toContain(`SageMaker has chosen 1 × ${SECOND}.`);
    expect(ended.outputs['instance-type']).toBe(SECOND);
    expect(ended.summary).toContain(`<td>1 × ${SECOND}</td>`);
    const made = await jobs('prefer');
    expect(made.map(({ spot, status }) => [spot, status])).toEqual([
      [true, 'Stopped'],
      [true, 'Stopped'],
      [false, 'Completed'],
    ]);
    expect(made.at(-1)?.resources).toMatchObject({
      InstancePreferences: [
        { InstanceType: FIRST, InstanceCount: 1 },
        { InstanceType: SECOND, InstanceCount: 1 },
      ],
      SelectedInstanceType: SECOND,
    });
  });

  it('says of each attempt why it failed, also on demand', async () => {
    await noCapacity('*');
    const ended = await run('prefer-nothing', { ...LIST, 'instance-type': FIRST, spot: 'prefer' });
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain(
      `There were no instances for the task:%0A- ${FIRST} (spot): no capacity in 3 s%0A- ${FIRST} (on demand): no capacity (CapacityError)`,
    );
    expect((await jobs('prefer-nothing')).map(({ status }) => status)).toEqual(['Stopped', 'Failed']);
  });
});

describe('a quota', () => {
  it('of 0 for all types is an error before anything is created', async () => {
    await aws.fault({ kind: 'quota', limit: 0 });
    const ended = await run('no-quota', { ...LIST, spot: 'prefer' });
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('The account may not have the instances; nothing was created.');
    for (const type of [FIRST, SECOND])
      for (const [kind, usage] of [
        ['spot', 'spot training'],
        ['on demand', 'training'],
      ])
        expect(ended.stdout).toContain(
          `- ${type} (${kind}): the quota "${type} for ${usage} job usage" is 0, and the job needs 1`,
        );
    expect(ended.stdout).toContain(
      'https://us-east-1.console.aws.amazon.com/servicequotas/home/services/sagemaker/quotas',
    );
    expect(await changes('no-quota')).toEqual([]);
    expect(await aws.keys('project/no-quota/')).toEqual([]);
  });

  it('that is too small for one type leaves that type out, and the others stay', async () => {
    await aws.fault({ kind: 'quota', 'instance-type': FIRST, limit: 1 });
    const ended = await run('some-quota', { ...LONGER, spot: 'prefer', 'instance-count': '2' });
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain(
      `Left out: ${FIRST} (spot): the quota "${FIRST} for spot training job usage" is 1, and the job needs 2`,
    );
    expect(ended.stdout).toContain(`Left out: ${FIRST} (on demand): the quota`);
    const [job, ...others] = await jobs('some-quota');
    expect(others).toEqual([]);
    expect(job?.resources).toMatchObject({ InstanceType: SECOND, InstanceCount: 2 });
    expect((await aws.calls())['CreateTrainingJob']).toBeDefined();
  });

  it.each(['', 'prefer', 'false'])(
    'is told by SageMaker where Service Quotas may not be read: spot %j',
    async (spot) => {
      const task = `unread-${spot || 'true'}`;
      await aws.fault({ kind: 'error', operation: 'servicequotas:*', code: 'AccessDeniedException', status: 400 });
      await aws.fault({ kind: 'quota', 'instance-type': FIRST, limit: 0 });
      const ended = await run(task, { 'instance-type': LIST['instance-type'], spot });
      expect(ended.code).toBe(0);
      expect(ended.stdout).toContain('The quotas of the instance types were not checked: ');
      const kind = spot === 'false' ? 'on demand' : 'spot';
      expect(ended.stdout).toContain(`${FIRST} (${kind}): the quota is 0 Instances`);
      expect(ended.stdout).toMatch(
        new RegExp(`::notice::${FIRST} \\(${kind}\\): .* → ${SECOND} \\(${kind}\\): started`),
      );
      expect((await jobs(task)).map(({ resources }) => resources)).toMatchObject([{ InstanceType: SECOND }]);
    },
  );

  it('is not waited for longer than a few seconds', async () => {
    await aws.fault({ kind: 'slow', operation: 'servicequotas:*', seconds: 30 });
    const ended = await run('slow-quota', LONGER);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('were not checked: Service Quotas took too long to answer');
  });

  it('is asked about only where a job starts', async () => {
    const given = { 'instance-type': FIRST };
    await run('asked', given);
    await aws.clearRequests();
    expect((await run('asked', given)).outputs['skipped']).toBe('true');
    expect(await aws.calls()).not.toHaveProperty('ListServiceQuotas');
  });
});

describe('one type on demand', () => {
  it('without capacity fails with the remedy', async () => {
    await noCapacity(FIRST, false);
    const ended = await run('alone', { spot: 'false' });
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('There were no instances for the task: CapacityError: Unable to provision');
    expect(ended.stdout).toContain('name more types in "instance-type"');
  });
});

describe('a step that ends while its job waits', () => {
  const waits = { task: '', ...RUN, ...LIST };
  const left = async (task: string): Promise<string[]> => {
    const made = await jobs(task);
    return Promise.all(made.map(async ({ name }) => (await aws.ended(name)) ?? ''));
  };

  it('by a cancellation stops it, before and after it made way', async () => {
    await noCapacity('*');
    const first = aws.step(aws.workspace({}), { ...waits, task: 'cancelled', 'capacity-wait-minutes': '5' });
    await first.printed('retrying!');
    first.kill('SIGINT');
    expect((await first.done).code).toBe(1);
    expect(await left('cancelled')).toEqual(['Stopped']);

    const second = aws.step(aws.workspace({}), {
      ...waits,
      task: 'cancelled-2',
      'instance-type': `${FIRST},${SECOND}`,
    });
    await second.printed(`Next: ${SECOND}`);
    await second.printed('Started project-cancelled-2');
    second.kill('SIGINT');
    const ended = await second.done;
    expect(ended.stdout).toContain('The step was cancelled');
    await aws.step(aws.workspace({}), {}, {}, ended.state).done;
    expect(await left('cancelled-2')).toEqual(expect.arrayContaining(['Stopped']));
    expect(new Set(await left('cancelled-2'))).toEqual(new Set(['Stopped']));
    expect(await aws.keys('project/cancelled-2/.lease.json')).toEqual([]);
  });

  it.each(['stops', 'starts', 'asks'] as const)(
    'by a kill has it stopped by post, when it %s the next',
    async (moment) => {
      await noCapacity('*');
      const task = `killed-${moment}`;
      const step = aws.step(aws.workspace({}), { ...waits, task });
      await step.printed('retrying!');
      await aws.fault({ kind: 'slow', operation: 'sagemaker:CreateTrainingJob', seconds: 2 });
      await step.printed(moment === 'stops' ? 'Stopping project-' : 'Next: ');
      const records = async (): Promise<number> =>
        (await aws.keys(`project/${task}/`)).filter((key) => key.endsWith('record.json')).length;
      if (moment === 'asks') await expect.poll(records, { timeout: 60_000, interval: 50 }).toBe(2);
      step.kill('SIGKILL');
      const { state, stdout } = await step.done;
      const post = await aws.step(aws.workspace({}), {}, {}, state).done;
      expect(post.code, `${stdout}\n${post.stdout}`).toBe(0);
      expect(new Set(await left(task))).toEqual(new Set(['Stopped']));
      expect(await aws.keys(`project/${task}/.lease.json`)).toEqual([]);
    },
  );
});

describe('a spot interruption', () => {
  it('is told, and the script goes on with its state', async () => {
    const script = [
      'echo "found $(cat $SSM_STATE/steps 2>/dev/null)"',
      'echo one >> $SSM_STATE/steps',
      'test -f $SSM_STATE/second && exit 0',
      'touch $SSM_STATE/second; echo waiting; sleep 60 & wait',
    ].join('\n');
    const step = aws.step(aws.workspace({}), { task: 'spotty', ...RUN, ...LONGER, run: script });
    await step.printed('\nwaiting\n');
    await aws.fault({ kind: 'interrupt', job: '*spotty*' });
    const ended = await step.done;
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/::notice::AWS took back the job's spot instances/);
    expect(ended.stdout).toMatch(/\nfound \n.*\n\[[\d:]+\] Interrupted: .*\nfound one\n/s);
    expect(ended.stdout).not.toContain('Next:');
    expect(await jobs('spotty')).toHaveLength(1);
  });
});
