/**
 * Reports an ended job, failed or not: outputs, results, artifacts, summary. Throws the job's failure last, or else that of
 * its metrics, or else what is missing of the results.
 */

import { type ActionError, describeError, JobError } from '../core/errors.ts';
import { instances } from '../core/format.ts';
import { named } from '../core/named.ts';
import { logsUrl } from '../core/names.ts';
import type { Place } from '../core/s3-layout.ts';
import type { Metrics } from '../core/training-job.ts';
import { blamesWorker, failureText } from '../failure/error-text.ts';
import type { Locate } from '../failure/locate.ts';
import type { WorkerError } from '../failure/worker-error.ts';
import type { Output } from '../files/output-folder.ts';
import { shownPath } from '../files/paths.ts';
import type { FollowedJob } from '../follow/follow.ts';
import { info, inGroup, notice, redact, warning } from '../github/log.ts';
import { writeSummary } from '../github/summary-file.ts';
import type { Pin } from '../history/record.ts';
import { type Outcome, outcome, spotSavings } from '../job/outcome.ts';
import type { Condition } from '../metrics/condition.ts';
import { gateError, judge } from '../metrics/gate.ts';
import { type Downloaded, downloadResults } from '../results/download.ts';
import type { ResultsSpec } from '../results/spec.ts';
import { uploadArtifacts } from '../results/upload-artifacts.ts';
import type { Step } from '../step.ts';
import { setOutputs } from './outputs.ts';
import { placeErrors, showErrors } from './show-errors.ts';
import { renderSummary, type SummaryFacts } from './summary.ts';

export interface JobEnd {
  readonly ended: FollowedJob;
  /** Whether the job completed its task. */
  readonly completed: boolean;
  /** The archives as they were at the job's end, if they are recorded. */
  readonly pins: readonly Pin[];
  /** Whether the step took an earlier job's results instead of starting a job. */
  readonly skipped: boolean;
  readonly explain: {
    /** Says why the job did not find something that the repository has. Undefined if that is not why it failed. */
    readonly lacks: (reason: string, lines: readonly string[]) => Promise<string | undefined>;
    /** Finds the repository's line that an error is about. */
    readonly locate: Locate;
  };
}

/** The part of the task's spec that the report depends on. */
export interface ReportSpec {
  readonly place: Place;
  readonly results: ResultsSpec;
  readonly failIf: readonly Condition[];
  /** Whether to write a job summary. */
  readonly summary: boolean;
}

/**
 * Throws a JobError if the job did not complete, and another error if a condition of `fail-if` holds or not all of the
 * results could be downloaded.
 */
export async function report(step: Step, spec: ReportSpec, output: Output, end: JobEnd): Promise<void> {
  const { state, metrics, logProblem, lostLines } = end.ended;
  const result = outcome(state);
  const cause = result.kind === 'failed' ? await end.explain.lacks(result.reason, lostLines) : undefined;
  const errors = blamesWorker(state.failureReason) ? await placeErrors(end.ended.errors, end.explain.locate) : [];
  const failure =
    failureOf(state.name, result, errors[0], cause) ?? gateError(state.name, judge(spec.failIf, metrics), metrics);
  setOutputs({
    status: state.status,
    metrics: metricsOutput(withoutSecrets(metrics)),
    'training-seconds': state.trainingSeconds,
    'billable-seconds': state.billableSeconds,
    'spot-savings': state.spot ? spotSavings(state) : undefined,
    'failure-reason': result.kind === 'completed' ? undefined : redact(result.reason),
  });
  let downloaded: readonly Downloaded[] = [];
  const problems: Error[] = [];
  try {
    const download = await inGroup('Results', () =>
      downloadResults(step, spec.results.download, state, etagsOf(end.pins), { output, logProblem }),
    );
    downloaded = download.downloaded;
    problems.push(
      ...download.problems,
      ...(await uploadArtifacts(step, spec.results, { output, job: state }, downloaded)),
    );
  } catch (error) {
    if (failure === undefined) throw error;
    problems.push(error as Error);
  } finally {
    if (spec.summary) await writeSummary(renderSummary(facts(step, spec, end, downloaded, failure, errors[0])));
  }
  if (result.kind === 'completed' && !end.completed) {
    warning(
      `Only some of the instances of ${state.name} marked the task as completed, so the task is not completed. ` +
        'Its next run starts a job again, and other tasks cannot use these results.',
    );
  }
  if (failure !== undefined) {
    for (const problem of problems) warning(describeError(problem));
    showErrors(errors);
    throw failure;
  }
  const [problem, ...others] = problems;
  if (others.length > 0)
    throw new AggregateError(problems, `${state.name} completed, but not all of its results are here:`);
  if (problem !== undefined) throw problem;
  info(`${state.name} completed.`);
}

function facts(
  { aws, run }: Step,
  { place }: ReportSpec,
  { ended: { state, series }, skipped }: JobEnd,
  downloaded: readonly Downloaded[],
  failure: ActionError | undefined,
  error: WorkerError | undefined,
): SummaryFacts {
  return {
    task: place.task,
    project: place.project,
    job: state.name,
    status: state.status,
    skipped,
    reason: redact([...(failure === undefined ? [] : [failure.message]), ...(error?.lines ?? [])].join('\n')),
    instances: instances(state),
    image: state.imageUri,
    trainingSeconds: state.trainingSeconds,
    billableSeconds: state.billableSeconds,
    spotSavings: state.spot ? spotSavings(state) : undefined,
    logsUrl: logsUrl(aws.region, state.name),
    metrics: series.map((each) => ({ ...each, name: redact(each.name) })),
    results: downloaded
      .filter(({ files }) => files > 0)
      .map(({ result, folder, files }) => ({ result, files, path: shownPath(folder, run.workspace) })),
  };
}

/** JSON has neither NaN nor infinity. */
function metricsOutput(metrics: Metrics): string {
  const finite = [...metrics].filter(([, value]) => Number.isFinite(value));
  const others = [...metrics]
    .filter(([, value]) => !Number.isFinite(value))
    .map(([name, value]) => `${named(name)} ${value}`);
  if (others.length > 0)
    notice(`The output "metrics" leaves out metrics whose last value is not a finite number: ${others.join(', ')}.`);
  return JSON.stringify(Object.fromEntries(finite));
}

/** A worker chooses the names. They are redacted before they are escaped, which changes a secret's characters. */
function withoutSecrets(metrics: Metrics): Metrics {
  return new Map([...metrics].map(([name, value]) => [redact(name), value]));
}

/** Archive → its ETag. */
function etagsOf(pins: readonly Pin[]): ReadonlyMap<string, string> {
  return new Map(pins.map(({ archive, etag }) => [archive, etag]));
}

function failureOf(
  job: string,
  end: Outcome,
  error: WorkerError | undefined,
  cause: string | undefined,
): JobError | undefined {
  switch (end.kind) {
    case 'completed':
      return undefined;
    case 'failed':
      return new JobError(
        `The job ${job} failed: ${failureText(error, end.reason)}${cause === undefined ? '' : `\n${cause}`}`,
        'The log above is complete. The results that the job left were downloaded.',
      );
    case 'stopped':
      return new JobError(`The job ${job} was stopped: ${end.reason}`, end.hint);
  }
}
