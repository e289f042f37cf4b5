/** A cancelled step leaves no job running: main stops it on a signal, post when main could not. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StandIn, type StepResult } from './stand-in.ts';

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start(['--time-scale', '0.05']);
});
afterAll(() => aws.stop());

const inputs = (task: string): Record<string, string> => ({ task, run: 'echo up; sleep 300' });

async function stops(job: string): Promise<number> {
  return (await aws.requests()).filter(
    ({ operation, resource }) => operation === 'StopTrainingJob' && resource.endsWith(job),
  ).length;
}

/** A step that was killed while its job ran: the job, and its post step. */
async function killed(task: string): Promise<{ readonly job: string; readonly post: () => Promise<StepResult> }> {
  const workspace = aws.workspace({});
  const step = aws.step(workspace, inputs(task));
  await step.printed('\nup\n');
  step.kill('SIGKILL');
  const { signal, outputs, state } = await step.done;
  expect(signal).toBe('SIGKILL');
  return { job: outputs['job-name'] ?? '', post: () => aws.step(workspace, {}, {}, state).done };
}

describe('a cancelled step', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'stops its job on %s, within the seconds that GitHub gives; post has nothing to do',
    async (signal) => {
      const workspace = aws.workspace({});
      const step = aws.step(workspace, inputs(`on-${signal.toLowerCase()}`));
      await step.printed('\nup\n');
      const begun = Date.now();
      step.kill(signal);
      const ended = await step.done;
      expect(Date.now() - begun).toBeLessThan(7_500);
      expect(ended.code).toBe(1);
      expect(ended.stdout).toContain(`cancelled (${signal})`);
      const job = ended.outputs['job-name'] ?? '';
      expect(await stops(job)).toBe(1);
      const post = await aws.step(workspace, {}, {}, ended.state).done;
      expect(post.code).toBe(0);
      expect(await stops(job)).toBe(1);
      expect(await aws.ended(job)).toBe('Stopped');
    },
  );

  it('has its job stopped by post when main was killed', async () => {
    const { job, post: startPost } = await killed('killed');
    expect(await stops(job)).toBe(0);
    const post = await startPost();
    expect(post.code).toBe(0);
    expect(post.stdout).toContain('is being stopped');
    expect(await aws.ended(job)).toBe('Stopped');
  });

  it('has post name the job that it may not stop', async () => {
    const { job, post: startPost } = await killed('unstopped');
    await aws.fault({ kind: 'deny', operation: 'sagemaker:StopTrainingJob' });
    const post = await startPost();
    await aws.liftFaults();
    expect(post.code).toBe(1);
    expect(post.stdout).toMatch(
      new RegExp(`^::error::The job ${job} could not be stopped.*StopTrainingJob.*%0A.*${job}$`, 'm'),
    );
    await aws.stopJob(job);
  });

  it('creates nothing when it is cancelled before', async () => {
    const workspace = aws.workspace(
      Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`data/${at}`, String(at)])),
    );
    const step = aws.step(workspace, { ...inputs('early'), inputs: 'data=./data' });
    await step.printed('::group::Preparing');
    step.kill('SIGINT');
    const ended = await step.done;
    expect(ended.code).toBe(1);
    expect(
      (await aws.requests()).filter(
        ({ operation, resource }) => operation === 'CreateTrainingJob' && resource.includes('early'),
      ),
    ).toEqual([]);
  });

  it('leaves post nothing to do after a job that ended', async () => {
    const workspace = aws.workspace({});
    const ended = await aws.run(workspace, { task: 'done', run: 'true' });
    await aws.clearRequests();
    const post = await aws.step(workspace, {}, {}, ended.state).done;
    expect(post.code).toBe(0);
    expect(await aws.requests()).toEqual([]);
  });
  it('leaves post nothing to do where SageMaker refused the job', async () => {
    const workspace = aws.workspace({});
    await aws.fault({ kind: 'quota', limit: 0 });
    await aws.fault({ kind: 'error', operation: 'servicequotas:*', code: 'AccessDeniedException', status: 400 });
    const { code, state, stdout } = await aws.run(workspace, { task: 'refused', run: 'true' });
    await aws.liftFaults();
    expect(code).toBe(1);
    expect(stdout).toContain('SageMaker refused the job');
    await aws.clearRequests();
    const post = await aws.step(workspace, {}, {}, state).done;
    expect(post.code).toBe(0);
    expect(await aws.requests()).toEqual([]);
  });
});
