/** Metrics of real jobs, and the conditions on them: what the step says, sets and leaves, failed or not. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readText, StandIn, type StepResult } from './stand-in.ts';

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start(['--time-scale', '0.05']);
});
afterAll(() => aws.stop());

const metricsOf = ({ outputs }: StepResult): unknown => JSON.parse(outputs['metrics'] ?? '');
const errorOf = ({ stdout }: StepResult): string =>
  decodeURIComponent(/^::error::(.*)$/m.exec(stdout)?.[1] ?? 'no error');

describe('metrics without any definition', () => {
  it('are lines of JSON, what logMetrics prints, dicts of Python, and what comes behind a progress bar', async () => {
    const worker = `
import json, sys
from task_toolkit import algo_lib
for epoch in (1, 2, 3):
    for step in range(100):
        sys.stderr.write("\\r%3d%%|%-20s| loss=%.2f" % (step, "#" * (step // 5), 1 / (1 + step)))
    sys.stderr.flush()
    print("\\r" + json.dumps({"epoch": epoch, "val_acc": 0.5 + epoch / 10}), flush=True)
    algo_lib.logMetrics(epoch=epoch, **{"eval/f1": 0.25 * epoch})
    print({"loss": 0.5 / epoch, "learning_rate": 5e-05, "epoch": float(epoch)})
    print({"grad_norm": str(2.5), "epoch": str(epoch)})
print(json.dumps({"epoch": 3, "phase": "test", "seen": 1}))
algo_lib.logMetrics(gap=float("nan"))
`;
    const ended = await aws.run(aws.workspace({ 'w.py': worker }), {
      ...{ task: 'undefined', entrypoint: 'w.py', metrics: 'bar=loss=([0-9.]+)' },
    });
    expect(ended.code, ended.stdout).toBe(0);
    expect(metricsOf(ended)).toEqual({
      ...{ bar: 0.01, epoch: 3, 'eval/f1': 0.75, grad_norm: 2.5, learning_rate: 5e-5, loss: 0.5 / 3, val_acc: 0.8 },
    });
    expect(ended.stdout).toContain('::notice::The output "metrics" leaves out metrics');
    expect(ended.stdout).toContain('not a finite number: gap NaN.');
    expect(ended.summary).toContain('eval/f1');
  });

  it('are those of the first instance that prints them', async () => {
    const worker = `
import time
from task_toolkit import algo_lib
args = algo_lib.parseArgs()
first = args.current_host == "algo-1"
time.sleep(0 if first else 1)
algo_lib.logMetrics(loss=1 if first else 2, **({} if first else {"only": 3}))
`;
    const ended = await aws.run(aws.workspace({ 'w.py': worker }), {
      ...{ task: 'two', entrypoint: 'w.py', 'instance-count': '2' },
    });
    expect(ended.code, ended.stdout).toBe(0);
    expect(metricsOf(ended)).toEqual({ loss: 1, only: 3 });
  });
});

describe('fail-if', () => {
  const run = `echo x > $SM_MODEL_DIR/m; echo '{"acc": 0.85, "val_loss": 0.5, "gap": NaN}'`;

  it('lets the step pass where no condition holds', async () => {
    const ended = await aws.run(aws.workspace({}), { task: 'passes', run, 'fail-if': 'acc < 0.8\nval_loss > 1' });
    expect(ended.code, ended.stdout).toBe(0);
    expect(ended.stdout).toContain('completed.');
  });

  it('fails it where one does: with its results, outputs and summary, now and when the job is taken again', async () => {
    const inputs = { task: 'fails', run, 'upload-artifacts': 'none', download: 'logs, model' };
    const failIf = { ...inputs, 'fail-if': 'acc < 0.9\ngap > 0\nval_loss > 1\nval_los > 1' };
    const workspace = aws.workspace({});
    const first = await aws.run(workspace, failIf);
    const job = first.outputs['job-name'] ?? '';
    expect(first.code).toBe(1);
    const told = [
      `The job ${job} completed, but the step fails by "fail-if":`,
      '- acc < 0.9: acc is 0.85.',
      '- gap > 0: the last value of gap is NaN.',
      "- val_los > 1: the metric val_los never appeared. The job's metrics are val_loss, acc, gap.",
      'The results of the job are published all the same.',
    ].join('\n');
    expect(errorOf(first)).toBe(told);
    expect(first.outputs).toMatchObject({
      status: 'Completed',
      skipped: 'false',
      metrics: '{"acc":0.85,"val_loss":0.5}',
    });
    expect(first.outputs['failure-reason']).toBeUndefined();
    expect(first.stdout.indexOf('::error::')).toBeGreaterThan(first.stdout.indexOf('model: 1 file in'));
    expect(readText(workspace, 'sagemaker-output', 'fails', 'model', 'm')).toBe('x\n');
    expect(first.summary).toContain('<code>acc</code> is <code>0.85</code>');
    expect(first.summary).toContain('❌');

    const again = await aws.run(aws.workspace({}), failIf);
    expect(again.code).toBe(1);
    expect(errorOf(again)).toBe(told);
    expect(again.outputs).toMatchObject({ skipped: 'true', status: 'Completed', 'job-name': job });

    // Its record has the values too, where nothing of it is downloaded.
    const nothing = { download: 'none', 'upload-artifacts': 'none' };
    const recorded = await aws.run(aws.workspace({}), { ...failIf, ...nothing });
    expect(errorOf(recorded)).toBe(told);
    const collected = await aws.run(aws.workspace({}), {
      ...{ task: 'fails', mode: 'collect', 'fail-if': failIf['fail-if'], ...nothing },
    });
    expect(errorOf(collected)).toBe(told);
    const passes = await aws.run(aws.workspace({}), { ...inputs, 'fail-if': 'acc < 0.8' });
    expect(passes.code, passes.stdout).toBe(0);
    expect(passes.outputs).toMatchObject({ skipped: 'true', 'job-name': job });
  });

  it('reads the log for its metrics where the job has no record and nothing is downloaded', async () => {
    const inputs = { task: 'unrecorded', run, download: 'none', 'upload-artifacts': 'none' };
    const first = await aws.run(aws.workspace({}), inputs);
    await aws.removeObjects('project/unrecorded/', 'record.json');
    const job = first.outputs['job-name'] ?? '';
    const taken = await aws.run(aws.workspace({}), {
      ...{ task: 'unrecorded', 'job-name': job, download: 'none', 'upload-artifacts': 'none', 'fail-if': 'acc < 0.9' },
    });
    expect(errorOf(taken)).toContain('- acc < 0.9: acc is 0.85.');
  });

  it('is silent where the job failed, which is the failure', async () => {
    const ended = await aws.run(aws.workspace({}), { task: 'broken', run: 'exit 3', 'fail-if': 'acc < 0.9' });
    expect(ended.code).toBe(1);
    expect(errorOf(ended)).toContain('failed: ');
    expect(ended.stdout).not.toContain('fail-if');
  });

  it('is checked before anything is created, by mode: plan too', async () => {
    for (const mode of ['run', 'plan']) {
      const workspace = aws.workspace({});
      const before = (await aws.calls())['CreateTrainingJob'] ?? 0;
      const ended = await aws.run(workspace, { task: 'wrong', run, mode, 'fail-if': 'acc = 0.9\nacc' });
      expect(ended.code).toBe(1);
      expect(errorOf(ended)).toContain('- fail-if: "acc = 0.9" compares by =: write acc == 0.9.');
      expect(errorOf(ended)).toContain('- fail-if: "acc" has no comparison: write METRIC OPERATOR NUMBER');
      expect((await aws.calls())['CreateTrainingJob'] ?? 0).toBe(before);
      expect(existsSync(join(workspace, 'sagemaker-output'))).toBe(false);
    }
    const planned = await aws.run(aws.workspace({}), { task: 'planned', run, mode: 'plan', 'fail-if': 'acc < 0.9' });
    expect(planned.code, planned.stdout).toBe(0);
  });
});
