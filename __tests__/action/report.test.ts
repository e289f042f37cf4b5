/** report.json and the summary of real jobs: the built action as a process. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobReport } from '../../src/report/job-report.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { schemaProblems } from '../report/report-schema.ts';
import { ArtifactServer } from '../workflows/artifact-server.ts';
import { StandIn, type StepResult } from './stand-in.ts';

const WORKER = `
import json, os, random, sys
from task_toolkit import algo_lib
args = algo_lib.parseArgs()
algo_lib.logMetrics(accuracy=float(args.hps["accuracy"]))
size = 3_000_000
open(os.path.join(args.model_dir, "weights"), "wb").write(random.Random(1).randbytes(size) if "random" in args.hps else bytes(size))
if "fails" in args.hps:
    raise ValueError("boom")
algo_lib.markCompleted(args)
`;

let aws: StandIn;
let server: ArtifactServer;
beforeAll(async () => {
  [aws, server] = await Promise.all([StandIn.start(['--time-scale', '0.05']), ArtifactServer.start()]);
});
afterAll(() => Promise.all([aws.stop(), server.stop()]));

const RUN = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_RUN_ATTEMPT: '1' };

interface Reported extends StepResult {
  readonly workspace: string;
  readonly report: JobReport;
}

async function run(inputs: Record<string, string>, env: Record<string, string> = {}): Promise<Reported> {
  const workspace = aws.workspace({ 'w.py': WORKER });
  const given = { entrypoint: 'w.py', 'upload-artifacts': 'none', download: 'none', ...inputs };
  const ended = await aws.run(workspace, given, { ...RUN, ...env });
  return { ...ended, workspace, report: reportIn(workspace, ended) };
}

function reportIn(workspace: string, { outputs }: StepResult): JobReport {
  const report = JSON.parse(readFileSync(join(workspace, outputs['report-path'] ?? ''), 'utf8')) as JobReport;
  expect(schemaProblems(report)).toEqual([]);
  return report;
}

describe('the report of a task', () => {
  it('has its phases, its results and what changed since the last run; the summary is made of it', async () => {
    const inputs = {
      ...{ task: 'report', download: 'logs, model', environment: 'A=not-for-the-report' },
      'upload-artifacts': 'model',
    };
    const first = await run({ ...inputs, hyperparameters: 'accuracy=0.5' }, server.environment);
    expect(first.code, first.stdout).toBe(0);
    expect(first.outputs['report-path']).toBe('sagemaker-output/report/report.json');
    expect(first.report.previous).toBeUndefined();
    expect(first.report.why).toBe('the task has not completed yet');

    const { code, stdout, report, outputs, summary } = await run(
      { ...inputs, hyperparameters: 'accuracy=0.75' },
      {
        ...server.environment,
        GITHUB_RUN_ID: '18',
      },
    );
    expect(code, stdout).toBe(0);
    expect(report).toMatchObject({
      ...{ version: 1, project: 'project', task: 'report', prefix: '', skipped: false },
      job: { name: outputs['job-name'], arn: outputs['job-arn'], status: 'Completed', instanceType: 'ml.m5.large' },
      previous: {
        job: first.outputs['job-name'],
        changes: ['hyperparameters: accuracy 0.5 → 0.75'],
        metrics: { accuracy: 0.5 },
      },
      inputs: { task: 'report', environment: 'A=***', hyperparameters: 'accuracy=0.75', 'upload-artifacts': 'model' },
      run: { repository: 'org/project', id: '18', attempt: 1 },
    });
    expect(report.failure).toBeUndefined();
    expect(report.base).toBeUndefined();
    expect(report.metrics).toMatchObject([{ name: 'accuracy', last: 0.75 }]);
    expect(JSON.stringify(report)).not.toContain('not-for-the-report');

    const { phases, job } = report;
    expect(phases.map(({ name }) => name)).toEqual(['waiting', 'downloading', 'training', 'uploading']);
    for (const [index, { start, seconds }] of phases.entries()) {
      const end = Date.parse(start) + Math.round(seconds * 1000);
      expect(end).toBe(Date.parse(phases[index + 1]?.start ?? job.ended ?? ''));
    }
    expect(phases[0]?.start).toBe(job.created);

    const [logs, model] = report.results;
    expect([logs?.result, logs?.path, logs?.files]).toEqual(['logs', 'sagemaker-output/report/logs', 1]);
    expect(model).toMatchObject({ result: 'model', uri: outputs['model-uri'], files: 1, bytes: 3_000_000 });
    expect(model?.archiveBytes).toBeGreaterThan(0);
    expect(model?.artifact).toMatchObject({
      name: 'project-report-model',
      url: expect.stringMatching(/^https:\/\/github\.com\/org\/project\/actions\/runs\/18\/artifacts\/\d+$/) as string,
    });
    expect(summary).toBe(renderSummary(report));
  });

  it('that is skipped is that of the job whose results it took', async () => {
    const inputs = { task: 'skipped', hyperparameters: 'accuracy=0.5' };
    const first = await run(inputs);
    const { report, outputs, summary } = await run({ ...inputs, download: 'logs' });
    expect(outputs['skipped']).toBe('true');
    expect(report.skipped).toBe(true);
    expect(report.job).toEqual(first.report.job);
    expect(report.phases).toEqual(first.report.phases);
    expect(report.why).toBe('it completed this task with the same code, inputs and settings');
    expect(report.previous).toBeUndefined();
    expect(summary).toContain('Skipped: took the results of');
  });

  it('is compared with the last job that completed, whatever failed since, and with the base', async () => {
    const inputs = { task: 'compared', 'skip-if': 'never' };
    const main = await run({ ...inputs, hyperparameters: 'accuracy=0.9' });
    const pull = { ...inputs, prefix: 'pr-7/', 'base-prefix': '/' };
    const first = await run({ ...pull, hyperparameters: 'accuracy=0.8' });
    expect(first.report.prefix).toBe('pr-7/');
    expect(first.report.previous).toBeUndefined();
    expect(first.report.base).toMatchObject({ job: main.outputs['job-name'], prefix: '', metrics: { accuracy: 0.9 } });
    // The decision looks at no more than the newest two.
    for (const accuracy of ['0.1', '0.2'])
      expect((await run({ ...pull, hyperparameters: `accuracy=${accuracy}\nfails` })).code).toBe(1);
    const { report } = await run({ ...pull, hyperparameters: 'accuracy=0.85' });
    expect(report.previous).toMatchObject({
      job: first.outputs['job-name'],
      prefix: 'pr-7/',
      metrics: { accuracy: 0.8 },
    });
    expect(report.base?.job).toBe(main.outputs['job-name']);
    const collected = await run({ task: 'compared', prefix: 'pr-7/', mode: 'collect', entrypoint: '' });
    expect(collected.report.previous?.job).toBe(first.outputs['job-name']);
    expect(collected.report.why).toBe('"mode" is collect');
  });

  it('is written for a job that failed, without a download too', async () => {
    const { code, stdout, report, summary } = await run({ task: 'fails', hyperparameters: 'accuracy=0.5\nfails' });
    expect(code).toBe(1);
    expect(stdout).toMatch(/::error::The job project-fails-\S+ failed: .*ValueError: boom/);
    expect(report.job.status).toBe('Failed');
    expect(report.failure?.reason).toContain('ValueError: boom');
    expect(summary).toMatch(/^<h3>❌ project \/ fails: Failed<\/h3>/);
  });
});

describe('a report that cannot be written', () => {
  /** Puts a folder in the place of report.json once the step has its output folder. */
  async function refused(task: string, hyperparameters: string): Promise<StepResult> {
    const workspace = aws.workspace({ 'w.py': WORKER });
    const inputs = { task, hyperparameters, entrypoint: 'w.py', 'upload-artifacts': 'none', download: 'logs' };
    const step = aws.step(workspace, inputs, RUN);
    await step.printed('Downloading: ');
    const taken = join(workspace, 'sagemaker-output', task, 'report.json');
    mkdirSync(taken);
    writeFileSync(join(taken, 'x'), '');
    return step.done;
  }

  it('fails the step after everything else', async () => {
    const { code, stdout, outputs, summary } = await refused('refused', 'accuracy=0.5');
    expect(code).toBe(1);
    expect(stdout).toMatch(/::error::The results cannot be written to \S+report\.json: a folder has its name already/);
    expect(outputs).toMatchObject({ status: 'Completed', metrics: '{"accuracy":0.5}' });
    expect(outputs).not.toHaveProperty('report-path');
    expect(summary).toContain('refused: Completed');
  });
  it('hides no failure of the job', async () => {
    const { code, stdout, summary } = await refused('both', 'accuracy=0.5\nfails');
    expect(code).toBe(1);
    expect(stdout).toMatch(/::warning::The results cannot be written to \S+report\.json/);
    expect(stdout).toMatch(/::error::The job project-both-\S+ failed: .*ValueError: boom/);
    expect(stdout.match(/^::error::/gm)).toHaveLength(1);
    expect(summary).toContain('both: Failed');
  });
});

describe('the artifacts', () => {
  const stored = async (task: string, inputs: Record<string, string>): Promise<[Reported, number]> => {
    const given = { task, 'upload-artifacts': 'model', ...inputs };
    const ended = await run(given, server.environment);
    expect(ended.code, ended.stdout).toBe(0);
    return [ended, server.artifacts.get(`project-${task}-model`)?.length ?? 0];
  };

  it('are compressed if that makes them smaller, and stored otherwise', async () => {
    const [zeros, small] = await stored('zeros', { hyperparameters: 'accuracy=1' });
    expect(small).toBeLessThan(10_000);
    expect(zeros.stdout).toContain('Artifact project-zeros-model: 2.9 MiB to send, compressed by level 6');
    const [random, whole] = await stored('random', { hyperparameters: 'accuracy=1\nrandom' });
    expect(random.stdout).toContain('compressed by level 0');
    // Stored, not deflated: deflated random bytes have a header each few thousand.
    expect(whole - 3_000_000).toBeLessThan(300);
    const [, asTold] = await stored('told', { hyperparameters: 'accuracy=1', 'compression-level': '0' });
    expect(asTold).toBeGreaterThan(3_000_000);
  });

  it('are kept as long as the workflow says', async () => {
    await stored('kept', { hyperparameters: 'accuracy=1', 'retention-days': '3' });
    const days = (Date.parse(server.expirations.get('project-kept-model') ?? '') - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(3);
    await stored('default', { hyperparameters: 'accuracy=1' });
    expect(server.expirations.get('project-default-model')).toBeUndefined();
  });

  it('of empty results are left out with a word, and sizes are told', async () => {
    const { stdout, report } = await run(
      { task: 'empty', hyperparameters: 'accuracy=1', 'upload-artifacts': 'model, output' },
      server.environment,
    );
    expect(stdout).toContain('Artifact project-empty-output: left out, because output is empty');
    expect(stdout).toMatch(/^Artifact project-empty-model: \d+(\.\d)? (B|KiB), number \d+$/m);
    expect(report.results.map(({ result, artifact }) => [result, artifact?.name])).toEqual(
      [
        ['model', 'project-empty-model'],
        ['output', undefined],
      ].slice(0, report.results.length),
    );
  });

  it('of another job of the same attempt are left alone; an own earlier one is replaced', async () => {
    const inputs = { task: 'again', 'upload-artifacts': 'model', 'skip-if': 'never', hyperparameters: 'accuracy=1' };
    expect((await run(inputs, server.environment)).code).toBe(0);
    expect((await run(inputs, server.environment)).code).toBe(0);
    const other = { ...server.environmentOf('job-2'), GITHUB_RUN_ATTEMPT: '1' };
    const refused = await run(inputs, other);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('Another job of this workflow run has created the artifact project-again-model');
    expect(refused.summary).toContain('again: Completed');
    const attempt = { ...other, GITHUB_RUN_ATTEMPT: '2' };
    const replaced = await run(inputs, attempt);
    expect(replaced.code, replaced.stdout).toBe(0);
    expect(replaced.stdout).toContain('::notice::The artifact project-again-model exists already and is replaced');
  });

  it('that another job makes while a later attempt runs are left alone', async () => {
    const inputs = {
      task: 'meanwhile',
      'upload-artifacts': 'model',
      hyperparameters: 'accuracy=1',
      entrypoint: 'w.py',
    };
    const workspace = aws.workspace({ 'w.py': WORKER });
    const env = { ...RUN, ...server.environmentOf('job-2'), GITHUB_RUN_ATTEMPT: '2' };
    const step = aws.step(workspace, { ...inputs, download: 'none' }, env);
    await step.printed('Started ');
    server.add('project-meanwhile-model', 'job-3');
    const { code, stdout } = await step.done;
    expect(code).toBe(1);
    expect(stdout).toContain('Another job of this workflow run has created the artifact project-meanwhile-model');
  });
});
