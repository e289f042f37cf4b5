/**
 * Reports an ended job, failed or not: outputs, results, artifacts, summary. Throws the job's failure last, or else what is
 * missing of the results.
 */

import { describeError, JobError } from '../core/errors.ts';
import { instances } from '../core/format.ts';
import { logsUrl } from '../core/names.ts';
import type { Place } from '../core/s3-layout.ts';
import { hadInstances, type Metrics } from '../core/training-job.ts';
import type { Output } from '../files/output-folder.ts';
import { shownPath } from '../files/paths.ts';
import type { FollowedJob } from '../follow/follow.ts';
import { info, inGroup, notice, redact, warning } from '../github/log.ts';
import { writeSummary } from '../github/summary-file.ts';
import type { Pin } from '../history/record.ts';
import { attemptText, type Tried, triedLines } from '../job/attempts.ts';
import { type Outcome, outcome, spotSavings } from '../job/outcome.ts';
import { type Downloaded, downloadResults } from '../results/download.ts';
import type { ResultsSpec } from '../results/spec.ts';
import { uploadArtifacts } from '../results/upload-artifacts.ts';
import type { Step } from '../step.ts';
import { knownType, setOutputs } from './outputs.ts';
import { renderSummary, type SummaryFacts } from './summary.ts';

export interface JobEnd {
  readonly ended: FollowedJob;
  /** Whether the job completed its task. */
  readonly completed: boolean;
  /** The archives as they were at the job's end, if they are recorded. */
  readonly pins: readonly Pin[];
  /** Whether the step took an earlier job's results instead of starting a job. */
  readonly skipped: boolean;
  /** What got no instances before, and, if this job got none either, the job. */
  readonly tried: readonly Tried[];
  /** Says why the job did not find something that the repository has. Undefined if that is not why it failed. */
  readonly explain: (reason: string, lines: readonly string[]) => Promise<string | undefined>;
}

/** The part of the task's spec that the report depends on. */
export interface ReportSpec {
  readonly place: Place;
  readonly results: ResultsSpec;
  /** Whether to write a job summary. */
  readonly summary: boolean;
}

/** Throws a JobError if the job did not complete, and another error if not all of its results could be downloaded. */
export async function report(step: Step, spec: ReportSpec, output: Output, end: JobEnd): Promise<void> {
  const { state, metrics, logProblem, lostLines } = end.ended;
  const result = outcome(state, end.tried);
  const cause = result.kind === 'failed' ? await end.explain(result.reason, lostLines) : undefined;
  const failure = failureOf(state.name, result, cause);
  if (hadInstances(state) && end.tried.length > 0)
    notice(`${triedLines(end.tried).join(' → ')} → ${attemptText(state)}: started`);
  setOutputs({
    status: state.status,
    'instance-type': knownType(state.instanceTypes),
    metrics: JSON.stringify(Object.fromEntries(withoutSecrets(metrics))),
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
    if (spec.summary) await writeSummary(renderSummary(facts(step, spec, end, downloaded, failure)));
  }
  if (failure !== undefined) {
    for (const problem of problems) warning(describeError(problem));
    throw failure;
  }
  if (!end.completed) {
    warning(
      `Only some of the instances of ${state.name} marked the task as completed, so the task is not completed. ` +
        'Its next run starts a job again, and other tasks cannot use these results.',
    );
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
  { ended: { state, metrics }, skipped, tried }: JobEnd,
  downloaded: readonly Downloaded[],
  failure: JobError | undefined,
): SummaryFacts {
  return {
    task: place.task,
    project: place.project,
    job: state.name,
    status: state.status,
    skipped,
    reason: redact(failure?.message ?? ''),
    instances: instances(state),
    tried: hadInstances(state) ? triedLines(tried) : [],
    image: state.imageUri,
    trainingSeconds: state.trainingSeconds,
    billableSeconds: state.billableSeconds,
    spotSavings: state.spot ? spotSavings(state) : undefined,
    logsUrl: logsUrl(aws.region, state.name),
    metrics: withoutSecrets(metrics),
    results: downloaded
      .filter(({ files }) => files > 0)
      .map(({ result, folder, files }) => ({ result, files, path: shownPath(folder, run.workspace) })),
  };
}

/** A worker chooses the names. They are redacted before they are escaped, which changes a secret's characters. */
function withoutSecrets(metrics: Metrics): Metrics {
  return new Map([...metrics].map(([name, value]) => [redact(name), value]));
}

/** Archive → its ETag. */
function etagsOf(pins: readonly Pin[]): ReadonlyMap<string, string> {
  return new Map(pins.map(({ archive, etag }) => [archive, etag]));
}

function failureOf(job: string, end: Outcome, cause: string | undefined): JobError | undefined {
  switch (end.kind) {
    case 'completed':
      return undefined;
    case 'failed':
      return new JobError(
        `The job ${job} failed: ${end.reason}${cause === undefined ? '' : `\n${cause}`}`,
        'The log above is complete. The results that the job left were downloaded.',
      );
    case 'stopped':
      return new JobError(`The job ${job} was stopped: ${end.reason}`, end.hint);
    case 'no instances':
      return new JobError(`There were ${end.reason}`, end.hint);
  }
}
