/** Reports for the tests, built as a step builds them. */
import type { RunContext } from '../../src/core/run-context.ts';
import type { DescribedJob } from '../../src/core/training-job.ts';
import type { EarlierJob } from '../../src/history/decide.ts';
import { outcome } from '../../src/job/outcome.ts';
import { completeSeries, type MetricSeries, SECONDS } from '../../src/metrics/series.ts';
import { buildReport, type ReportFacts } from '../../src/report/build-report.ts';
import type { JobReport } from '../../src/report/job-report.ts';
import { CONTEXT, factsOf } from '../given.ts';

export const START = Date.UTC(2026, 10, 30, 12);
export const at = (seconds: number): Date => new Date(START + seconds * 1000);

const RUN: RunContext = {
  ...{ ...CONTEXT, sha: '0123456789abcdef0123456789abcdef01234567', attempt: 2 },
  url: 'https://github.com/org/repo/actions/runs/17',
};
export const JOB = 'repo-train-20261130-120000-0a1b';

const TRANSITIONS: readonly (readonly [status: string, seconds: number])[] = [
  ['Starting', 0.4],
  ['Pending', 3],
  ['Downloading', 142],
  ['Training', 237],
  ['Uploading', 2700],
  ['Completed', 2741],
];

export function stateOf(given: Partial<DescribedJob> = {}, transitions = TRANSITIONS): DescribedJob {
  return {
    ...{ name: JOB, status: 'Completed', secondaryStatus: 'Completed', failureReason: '' },
    transitions: transitions.map(([status, seconds]) => ({ status, message: '', at: at(seconds) })),
    ...{ trainingSeconds: 2504, billableSeconds: 751, created: at(0), ended: at(2741) },
    arn: `arn:aws:sagemaker:us-east-1:123456789012:training-job/${JOB}`,
    ...{ instanceTypes: ['ml.g5.xlarge'], chosen: true, instanceCount: 2, spot: true },
    imageUri: '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.8.0-gpu-py312',
    ...{ outputPath: 's3://sagemaker-us-east-1-123456789012/repo/train', kmsKey: undefined },
    stateUri: 's3://sagemaker-us-east-1-123456789012/repo/train/state/',
    codeUri: `s3://sagemaker-us-east-1-123456789012/repo/train/${JOB}/source/sourcedir.tar.gz`,
    metrics: new Map(),
    compression: 'gzip',
    announcesProgram: true,
    ...given,
  };
}

/** A metric with so many values, which falls from 1. */
export function seriesOf(name: string, count: number): MetricSeries {
  const points = Array.from({ length: count }, (_, index) => {
    return { at: index * 10, value: Number((1 / (1 + index / 10)).toFixed(6)) };
  });
  const values = points.map(({ value }) => value);
  const last = values.at(-1) ?? 0;
  return { name, last, min: Math.min(...values), max: Math.max(...values), count, axis: SECONDS, points };
}

export function earlierJob(name: string, metrics: Readonly<Record<string, number>>, prefix = ''): EarlierJob {
  const facts = factsOf({ hyperparameters: 'lr=0.1\nepochs=20' });
  return {
    ...{ name, place: { prefix, project: 'repo', task: 'train' }, ended: true, completed: true, archives: 'there' },
    record: {
      facts,
      by: { run: '', attempt: 0, sha: undefined, pullRequest: undefined },
      pending: [],
      end: { completed: true, left: [], metrics: new Map(Object.entries(metrics)) },
    },
    state: undefined,
  };
}

/** A job that completed, with everything that a report can have but a failure. */
export function factsFor(given: Partial<ReportFacts> = {}): ReportFacts {
  const state = given.state ?? stateOf();
  const series = completeSeries(
    new Map([
      ['accuracy', 0.9132],
      ['val_loss', 0],
      ['train_loss', 0],
    ]),
    [seriesOf('val_loss', 3), seriesOf('train_loss', 12)],
  );
  return {
    ...{ now: at(2760), region: 'us-east-1', run: RUN, place: { prefix: '', project: 'repo', task: 'train' } },
    inputs: new Map([
      ['task', 'train'],
      ['entrypoint', 'src/train.py'],
      ['hyperparameters', 'lr=0.01\nepochs=20'],
      ['environment', 'MODE=***'],
    ]),
    ...{
      skipped: false,
      why: 'the task has changed since repo-train-20261129-180300-1f2e: hyperparameters: lr 0.1 → 0.01',
    },
    ...{ state, outcome: outcome(state, []), cause: undefined, hint: '', errors: [], series, gate: [], notices: [] },
    cost: { usd: 0.5874, onDemandUsd: 1.9587, hourlyUsd: 1.408, pricesOf: 'price list of 2026-09-21' },
    facts: factsOf({ hyperparameters: 'lr=0.01\nepochs=20' }),
    previous: earlierJob('repo-train-20261129-180300-1f2e', { accuracy: 0.9012, val_loss: 0.9, f1: 0.5 }),
    base: undefined,
    pins: [{ archive: 'model', etag: 'e', size: 41_000_000, version: undefined }],
    results: [
      { result: 'logs', path: 'sagemaker-output/train/logs', files: 2, bytes: 18_200, artifact: undefined },
      {
        ...{ result: 'model', path: 'sagemaker-output/train/model', files: 3, bytes: 45_200_000 },
        artifact: { name: 'repo-train-model', bytes: 41_300_000, id: 4711 },
      },
    ],
    redact: (text) => text,
    ...given,
  };
}

export function reportOf(given: Partial<ReportFacts> = {}): JobReport {
  return buildReport(factsFor(given));
}

export const TRACEBACK = [
  'Traceback (most recent call last):',
  '  File "/opt/ml/code/src/train.py", line 41, in <module>',
  '    main()',
  '  File "/opt/ml/code/src/train.py", line 12, in main',
  "    column = rows['bill_dpeth_mm']",
  '             ~~~~^^^^^^^^^^^^^^^^^',
  "KeyError: 'bill_dpeth_mm'",
];

/** A job whose worker raised an exception on both instances. */
export function failedFacts(given: Partial<ReportFacts> = {}): ReportFacts {
  const failureReason = `AlgorithmError: ExecuteUserScriptError: exit code 1\n${TRACEBACK.join('\n')}`;
  const state = stateOf(
    {
      status: 'Failed',
      secondaryStatus: 'Failed',
      failureReason,
      billableSeconds: 60,
      trainingSeconds: 60,
      ended: at(300),
    },
    [...TRANSITIONS.slice(0, 4), ['Failed', 300]],
  );
  return factsFor({
    ...{ state, hint: 'The log of the step is complete. The results that the job left were downloaded.' },
    errors: [
      {
        ...{ type: 'KeyError', message: "'bill_dpeth_mm'", lines: TRACEBACK, hosts: ['algo-1', 'algo-2'], ranks: [] },
        place: { file: 'src/train.py', line: 12 },
      },
    ],
    ...{ series: [], pins: [], results: [], cost: undefined },
    ...given,
  });
}
