/** Builds the report of a job from what the stages of the step know. */

import type { RunContext } from '../core/run-context.ts';
import type { Place } from '../core/s3-layout.ts';
import type { DescribedJob } from '../core/training-job.ts';
import type { WorkerError } from '../failure/worker-error.ts';
import { changedAspects } from '../history/changes.ts';
import { type EarlierJob, startOf } from '../history/decide.ts';
import type { Facts } from '../history/fingerprint.ts';
import type { Pin } from '../history/record.ts';
import { type Outcome, spotSavings } from '../job/outcome.ts';
import type { GateResult } from '../metrics/gate.ts';
import type { MetricSeries } from '../metrics/series.ts';
import { resultUri } from '../results/locations.ts';
import { RESULTS, type Result } from '../results/spec.ts';
import { cleaned } from './cleaned.ts';
import {
  type CostEstimate,
  type Failure,
  type JobReport,
  type PreviousJob,
  REPORT_VERSION,
  type ReportedResult,
} from './job-report.ts';
import { artifactUrl, linksOf, s3Page } from './links.ts';
import { phasesOf } from './phases.ts';

/** A result on the runner, and the artifact that was made of it. */
export interface LocalResult {
  readonly result: Result;
  /** Relative to the workspace. */
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
  /** `id`: GitHub's number of it. */
  readonly artifact: { readonly name: string; readonly bytes: number; readonly id: number | undefined } | undefined;
}

/** What the stages of the step know of a job. */
export interface ReportFacts {
  readonly now: Date;
  readonly region: string;
  readonly run: Omit<RunContext, 'payload'>;
  readonly place: Place;
  readonly inputs: ReadonlyMap<string, string>;
  readonly skipped: boolean;
  readonly why: string;
  readonly state: DescribedJob;
  readonly outcome: Outcome;
  /** Why a failed job lacked something of the repository. */
  readonly cause: string | undefined;
  /** What to do about a job that did not complete. */
  readonly hint: string;
  readonly errors: readonly WorkerError[];
  /** Sorted by name. */
  readonly series: readonly MetricSeries[];
  readonly gate: readonly GateResult[];
  readonly cost: CostEstimate | undefined;
  readonly notices: readonly string[];
  /** The facts of the job's fingerprint. Undefined if there is no record of them. */
  readonly facts: Facts | undefined;
  readonly previous: EarlierJob | undefined;
  readonly base: EarlierJob | undefined;
  /** The archives at the job's end. */
  readonly pins: readonly Pin[];
  readonly results: readonly LocalResult[];
  /** Replaces secrets. */
  readonly redact: (text: string) => string;
}

export function buildReport(given: ReportFacts): JobReport {
  const { place, region, run, state } = given;
  const { repository, ref, sha, runId, attempt } = run;
  const report: JobReport = {
    version: REPORT_VERSION,
    made: given.now.toISOString(),
    ...{ project: place.project, task: place.task, prefix: place.prefix },
    job: {
      ...{ name: state.name, arn: state.arn, region, status: state.status },
      created: state.created?.toISOString(),
      ended: state.ended?.toISOString(),
      ...{ instanceType: state.instanceTypes.join(', '), instanceCount: state.instanceCount, spot: state.spot },
      image: state.imageUri,
    },
    skipped: given.skipped,
    why: given.why,
    phases: phasesOf(state, given.now),
    failure: failureOf(given),
    metrics: given.series,
    gate: given.gate,
    trainingSeconds: state.trainingSeconds,
    billableSeconds: state.billableSeconds,
    spotSavings: state.spot ? spotSavings(state) : undefined,
    cost: given.cost,
    previous: comparedJob(given.previous, given.facts),
    base: comparedJob(given.base, given.facts),
    results: resultsOf(given),
    links: linksOf(region, state, run),
    run: { repository, ref, sha, id: runId, attempt },
    inputs: Object.fromEntries(given.inputs),
    notices: given.notices,
  };
  return cleaned(report, given.redact);
}

function failureOf({ outcome, cause, hint, errors }: ReportFacts): Failure | undefined {
  if (outcome.kind === 'completed') return undefined;
  const reason = outcome.kind === 'no instances' ? `There were ${outcome.reason}` : outcome.reason;
  return { reason, cause, hint, errors };
}

function comparedJob(job: EarlierJob | undefined, now: Facts | undefined): PreviousJob | undefined {
  if (job === undefined) return undefined;
  const { record, state } = job;
  const metrics = record?.end?.metrics ?? state?.metrics ?? new Map<string, number>();
  return {
    job: job.name,
    prefix: job.place.prefix,
    created: createdOf(job.name),
    changes: record === undefined || now === undefined ? undefined : changedAspects(record.facts, now),
    metrics: Object.fromEntries([...metrics].filter(([, value]) => Number.isFinite(value))),
  };
}

function createdOf(job: string): string | undefined {
  const stamp = startOf(job).replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6.000Z');
  return Number.isNaN(Date.parse(stamp)) ? undefined : stamp;
}

/** The results that are on the runner, and the archives that the job left in S3. */
function resultsOf({ region, run, state, pins, results }: ReportFacts): ReportedResult[] {
  return RESULTS.flatMap((result) => {
    const local = results.find((one) => one.result === result);
    const pin = pins.find(({ archive }) => archive === result);
    if ((local?.files ?? 0) === 0 && pin === undefined) return [];
    const uri = result === 'logs' ? '' : resultUri(state, result);
    const artifact = local?.artifact;
    return [
      {
        ...{ result, uri, url: s3Page(region, uri) },
        ...{ path: local?.path ?? '', files: local?.files ?? 0, bytes: local?.bytes ?? 0, archiveBytes: pin?.size },
        artifact: artifact && { name: artifact.name, bytes: artifact.bytes, url: artifactUrl(run, artifact.id) },
      },
    ];
  });
}
