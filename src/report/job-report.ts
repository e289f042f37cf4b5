/**
 * The report of a job: everything that the summary and the comment show, as one value, which is also written as
 * `report.json`. docs/report.md documents it. Text from outside is redacted before it gets in here, and escaped by whoever
 * renders it. Times are ISO 8601 in UTC, lengths of time are seconds, sizes are bytes. What is undefined is not in the file,
 * and what is not finite is null there.
 */

import type { WorkerError } from '../failure/worker-error.ts';
import type { GateResult } from '../metrics/gate.ts';
import type { MetricSeries } from '../metrics/series.ts';
import type { Result } from '../results/spec.ts';

/** Raised when a member changes its meaning or goes away. New members do not raise it. */
export const REPORT_VERSION = 1;

export interface JobReport {
  readonly version: typeof REPORT_VERSION;
  /** When the report was made. */
  readonly made: string;
  readonly project: string;
  readonly task: string;
  /** The S3 prefix, with a slash at its end; empty for none. */
  readonly prefix: string;
  readonly job: ReportedJob;
  /** Whether the step took an earlier job's results. */
  readonly skipped: boolean;
  /** Why the step started a job, took an earlier one's results, or followed one. A part of a sentence: `because …`. */
  readonly why: string;
  /** In order of time, without gaps. */
  readonly phases: readonly Phase[];
  readonly failure: Failure | undefined;
  /** Sorted by name. */
  readonly metrics: readonly MetricSeries[];
  readonly gate: readonly GateResult[];
  readonly trainingSeconds: number | undefined;
  readonly billableSeconds: number | undefined;
  /** Percent. Undefined for on-demand instances. */
  readonly spotSavings: number | undefined;
  readonly cost: CostEstimate | undefined;
  /** The job that completed the task before this one, under the same prefix. */
  readonly previous: PreviousJob | undefined;
  /** The job that completed the task last under the base prefix. */
  readonly base: PreviousJob | undefined;
  readonly results: readonly ReportedResult[];
  readonly links: Links;
  readonly run: ReportedRun;
  /** The inputs that the workflow sets, as given, but for values that may be secret. */
  readonly inputs: Readonly<Record<string, string>>;
  /** What happened on the way, one sentence each: interruptions, retries, fallbacks. */
  readonly notices: readonly string[];
}

export interface ReportedJob {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  /** `Completed`, `Failed`, `Stopped` or `InProgress`. */
  readonly status: string;
  readonly created: string | undefined;
  readonly ended: string | undefined;
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly spot: boolean;
  readonly image: string;
}

export const PHASE_NAMES = ['waiting', 'downloading', 'training', 'interrupted', 'stopping', 'uploading'] as const;
export type PhaseName = (typeof PHASE_NAMES)[number];

export interface Phase {
  readonly name: PhaseName;
  readonly start: string;
  readonly seconds: number;
}

export interface Failure {
  /** How the job ended, and SageMaker's reason. */
  readonly reason: string;
  /** What the job lacked of the repository, if that is why. */
  readonly cause: string | undefined;
  /** What to do. */
  readonly hint: string;
  /** The worker's errors, the one that most likely caused the failure first. */
  readonly errors: readonly WorkerError[];
}

export interface CostEstimate {
  /** What the job cost, for its billable seconds. */
  readonly usd: number;
  /** What it would have cost on demand, for its training seconds. */
  readonly onDemandUsd: number;
  /** One instance's price. */
  readonly hourlyUsd: number;
  /** Where the price is from, with its date. */
  readonly pricesOf: string;
}

export interface PreviousJob {
  readonly job: string;
  /** Its prefix, as in `JobReport`. */
  readonly prefix: string;
  /** By its name. Undefined if the name does not say when the job was created. */
  readonly created: string | undefined;
  /** What this job does differently, a text each: `hyperparameters: lr 0.1 → 0.01`. Undefined if that is not recorded. */
  readonly changes: readonly string[] | undefined;
  /** Metric → last value. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface ReportedResult {
  readonly result: Result;
  /** The S3 URI; empty for logs. */
  readonly uri: string;
  /** Its page in S3's console; empty for logs. */
  readonly url: string;
  /** The folder on the runner, relative to the workspace; empty if it was not downloaded. */
  readonly path: string;
  /** What is in the folder. */
  readonly files: number;
  readonly bytes: number;
  /** The size of the archive in S3. Undefined for other results, and if the step did not see the job's end. */
  readonly archiveBytes: number | undefined;
  readonly artifact: ReportedArtifact | undefined;
}

export interface ReportedArtifact {
  readonly name: string;
  readonly bytes: number;
  /** Its page; empty if it is unknown. */
  readonly url: string;
}

/** URLs. An empty one is unknown. */
export interface Links {
  /** The job in SageMaker's console. */
  readonly job: string;
  /** Its log streams in CloudWatch's console. */
  readonly logs: string;
  /** The job's folder in S3's console. */
  readonly s3: string;
  /** The workflow run. */
  readonly run: string;
  /** The repository's files at the run's commit: a file's path follows. */
  readonly files: string;
}

/** The workflow run that made the report. An empty member is unknown. */
export interface ReportedRun {
  /** `owner/name`. */
  readonly repository: string;
  readonly ref: string;
  readonly sha: string;
  readonly id: string;
  readonly attempt: number;
}
