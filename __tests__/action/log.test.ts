/** The mirrored log: every line once, in order, inert; its end known by the launcher's end line. */
import { DescribeTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readText, SECRET, StandIn } from './stand-in.ts';

const LINES = 50_000;
const FLOOD = `
import os, sys
host = os.environ["SM_CURRENT_HOST"]
odd = ["::error::no", "::set-env name=A::b", "::add-mask::line", "##[error]no", "::stop-commands::x", os.environ["LEAK"], "##ssm-end " + host + " 1 1", ""]
write = sys.stdout.write
for i in range(${LINES}):
    write("%s %d\\n" % (odd[i % len(odd)], i))
`;

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start(['--time-scale', '0.05']);
});
afterAll(() => aws.stop());

describe('a worker that prints as fast as it can', () => {
  it('has every line in the log once, in order per instance; no command and no secret gets through', async () => {
    const workspace = aws.workspace({ 'w.py': FLOOD });
    const ended = await aws.run(workspace, {
      task: 'flood',
      entrypoint: 'w.py',
      'instance-count': '2',
      environment: `LEAK=${SECRET}`,
    });
    expect(ended.code).toBe(0);
    const numbers = new Map<string, number[]>([
      ['algo-1', []],
      ['algo-2', []],
    ]);
    let token: string | undefined;
    for (const line of ended.stdout.split('\n')) {
      if (token === undefined) {
        token = /^::stop-commands::(\S+)$/.exec(line)?.[1];
        expect(line).not.toMatch(/^::(error|set-env|group::x)|##\[/);
      } else if (line === `::${token}::`) {
        token = undefined;
      }
      const [, host = '', number] = /^\[(algo-\d)\] .* ?(?<= )(\d+)$/.exec(line) ?? [];
      if (number !== undefined) numbers.get(host)?.push(Number(number));
    }
    for (const host of ['algo-1', 'algo-2']) {
      const seen = (numbers.get(host) ?? []).slice(-LINES);
      expect(seen).toHaveLength(LINES);
      expect(seen.every((number, index) => number === index)).toBe(true);
    }
    expect(ended.stdout.split('\n').filter((line) => line.includes(SECRET))).toEqual([`::add-mask::${SECRET}`]);
    const file = readText(workspace, 'sagemaker-output', 'flood', 'logs', 'logs1').trimEnd().split('\n').slice(-LINES);
    expect(file.every((line, index) => line.endsWith(` ${index}`))).toBe(true);
  });
});

describe('the end of the log', () => {
  const worker = (ending: string): string => `import os, signal, sys, time\nprint("up", flush=True)\n${ending}\n`;

  it('is known by the end line: nothing is waited for', async () => {
    const workspace = aws.workspace({ 'w.py': worker('print("last")') });
    const begun = Date.now();
    const ended = await aws.run(workspace, { task: 'quick', entrypoint: 'w.py' });
    expect(ended.stdout).toContain('\nlast\n');
    expect(Date.now() - begun).toBeLessThan(9_000);
  });

  it('of a job that was killed before is given ten quiet seconds', async () => {
    const ignoring = worker(
      'signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint("deaf", flush=True)\ntime.sleep(600)',
    );
    const workspace = aws.workspace({ 'w.py': ignoring });
    const step = aws.step(workspace, { task: 'deaf', entrypoint: 'w.py' });
    await step.printed('\ndeaf\n');
    const job = await aws.newestJob('deaf');
    await aws.stopJob(job);
    await aws.ended(job);
    const stopped = Date.now();
    const ended = await step.done;
    expect(Date.now() - stopped).toBeGreaterThan(8_000);
    expect(Date.now() - stopped).toBeLessThan(20_000);
    expect(ended.outputs['status']).toBe('Stopped');
    expect(readText(workspace, 'sagemaker-output', 'deaf', 'logs', 'logs0')).toContain('deaf\n');
  });
});

describe('metrics', () => {
  it('are found by the action; those that it does not follow come from SageMaker, with a notice each', async () => {
    const ended = await aws.run(aws.workspace({}), {
      task: 'metrics',
      run: 'echo "Loss=0.5 acc=0.25 x"; echo "Loss=0.125 acc=0.75 x"',
      metrics: [
        'loss=(?i)loss=(?P<value>[0-9.]+)',
        'acc=acc=([0-9.]{1,900})x{0,900}y{0,900}',
        'behind=(?<=acc=)([0-9.]+)',
      ].join('\n'),
    });
    expect(ended.code).toBe(0);
    expect(JSON.parse(ended.outputs['metrics'] ?? '')).toEqual({ acc: 0.75, loss: 0.125 });
    expect(ended.stdout.match(/^::notice::Only SageMaker follows the metric .*$/gm)).toEqual([
      expect.stringContaining('"acc"'),
      expect.stringContaining('"behind"'),
    ]);
    const job = await aws
      .sagemaker()
      .send(new DescribeTrainingJobCommand({ TrainingJobName: ended.outputs['job-name'] }));
    expect(job.AlgorithmSpecification?.MetricDefinitions?.map(({ Regex }) => Regex)).toContain('(?<=acc=)([0-9.]+)');
  });
});

describe('AWS that is not well', () => {
  const fault = (value: object): Promise<Response> =>
    fetch(`${aws.url}/_local/faults`, { method: 'POST', body: JSON.stringify(value) });
  const lift = (): Promise<Response> => fetch(`${aws.url}/_local/faults`, { method: 'DELETE' });
  const worker = 'import time\nfor i in range(5):\n    print("step", i, flush=True)\n    time.sleep(0.5)\n';
  const steps = (stdout: string): string[] => stdout.split('\n').filter((line) => /^step \d$/.test(line));

  it('may deny the log: the job is followed to its end without it, and the remedy is told once', async () => {
    await fault({ kind: 'deny', action: 'logs:*' });
    const ended = await aws.run(aws.workspace({ 'w.py': worker }), { task: 'logless', entrypoint: 'w.py' });
    await lift();
    expect(ended.code).toBe(0);
    expect(ended.outputs['status']).toBe('Completed');
    expect(ended.stdout.match(/^::warning::.*logs:GetLogEvents.*$/gm)).toHaveLength(1);
    expect(steps(ended.stdout)).toEqual([]);
  });

  it('may throttle, fail, cut and be slow: every line comes once, and one job is made', async () => {
    await fault({ kind: 'throttle', rate: 0.15 });
    await fault({ kind: 'error', code: 'InternalFailure', status: 500, rate: 0.1 });
    await fault({ kind: 'reset', rate: 0.05 });
    await fault({ kind: 'slow', seconds: 0.2, rate: 0.1 });
    const ended = await aws.run(aws.workspace({ 'w.py': worker }), { task: 'faulty', entrypoint: 'w.py' });
    await lift();
    expect(ended.code, ended.stdout).toBe(0);
    expect(steps(ended.stdout)).toEqual(['step 0', 'step 1', 'step 2', 'step 3', 'step 4']);
    const created = (await aws.requests()).filter(
      ({ operation, resource, status }) =>
        operation === 'CreateTrainingJob' && resource.includes('faulty') && status === 200,
    );
    expect(created).toHaveLength(1);
  });

  it('may be late with the log: the step waits for its last line', async () => {
    await fetch(`${aws.url}/_local/pace`, { method: 'PUT', body: '{"log_delay": 2}' });
    const ended = await aws.run(aws.workspace({ 'w.py': worker }), { task: 'late', entrypoint: 'w.py' });
    await fetch(`${aws.url}/_local/pace`, { method: 'PUT', body: '{"log_delay": 0}' });
    expect(ended.code).toBe(0);
    expect(steps(ended.stdout).sort()).toEqual(['step 0', 'step 1', 'step 2', 'step 3', 'step 4']);
  });

  it('may take the instances away: the job starts again, and both logs are there', async () => {
    const workspace = aws.workspace({ 'w.py': worker });
    const step = aws.step(workspace, { task: 'spotty', entrypoint: 'w.py' });
    await step.printed('step 0');
    await fault({ kind: 'interrupt', job: '*spotty*' });
    const ended = await step.done;
    await lift();
    expect(ended.code, ended.stdout).toBe(0);
    expect(ended.stdout).toContain('Interrupted: ');
    expect(ended.stdout.match(/^::notice::AWS took back the job's spot instances at \d\d:\d\d UTC\. /gm)).toHaveLength(
      1,
    );
    expect(steps(ended.stdout).filter((line) => line === 'step 0')).toHaveLength(2);
    expect(steps(ended.stdout).filter((line) => line === 'step 4')).toHaveLength(1);
    expect(readText(workspace, 'sagemaker-output', 'spotty', 'logs', 'logs0').match(/^step 0$/gm)).toHaveLength(2);
  });

  it('may say nothing of a job while it starts again and ends: the log of that start is there', async () => {
    const run =
      'test -f $SSM_STATE/second && echo second && exit 0; touch $SSM_STATE/second; echo first; sleep 60 & wait';
    const step = aws.step(aws.workspace({}), { task: 'spotty-unseen', run });
    await step.printed('\nfirst\n');
    await fault({ kind: 'slow', operation: 'sagemaker:DescribeTrainingJob', seconds: 5, times: 1 });
    await fault({ kind: 'interrupt', job: '*spotty-unseen*' });
    const ended = await step.done;
    await lift();
    expect(ended.code, ended.stdout).toBe(0);
    expect(ended.stdout).toMatch(/\nfirst\n.*\nsecond\n/s);
  });
});
