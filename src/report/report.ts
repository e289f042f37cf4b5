/**
 * Reports an ended job, failed or not: outputs, results, artifacts, report and summary, and what GitHub is told. Throws the
 * job's failure last, or else that of its metrics, or else what is missing of the results.
 */

import { type ActionError, describeError } from '../core/errors.ts';
import type { Place, TaskPlace } from '../core/s3-layout.ts';
import { hadInstances } from '../core/training-job.ts';
import { blamesWorker } from '../failure/error-text.ts';
import type { Locate } from '../failure/locate.ts';
import type { WorkerError } from '../failure/worker-error.ts';
import { type Output, REPORT, writeReport } from '../files/output-folder.ts';
import { shownPath } from '../files/paths.ts';
import type { FollowedJob } from '../follow/follow.ts';
import type { UploadedArtifact } from '../github/artifacts.ts';
import { info, inGroup, notice, redact, warning } from '../github/log.ts';
import { writeSummary } from '../github/summary-file.ts';
import type { EarlierJob } from '../history/decide.ts';
import { type Compared, findCompared } from '../history/find.ts';
import type { Seen } from '../history/jobs.ts';
import type { JobRecord, Pin } from '../history/record.ts';
import { attemptText, type Tried, triedLines } from '../job/attempts.ts';
import { outcome, spotSavings } from '../job/outcome.ts';
import type { Condition } from '../metrics/condition.ts';
import { gateError, judge } from '../metrics/gate.ts';
import { findPrice } from '../money/find-price.ts';
import { jobCost } from '../money/job-cost.ts';
import { tablePrice } from '../money/prices.ts';
import { type Downloaded, downloadResults } from '../results/download.ts';
import type { Result, ResultsSpec } from '../results/spec.ts';
import { uploadArtifacts } from '../results/upload-artifacts.ts';
import type { Step } from '../step.ts';
import { buildReport } from './build-report.ts';
import { renderComment } from './comment.ts';
import { failureOf, hintOf, statusOf, unmarked } from './conclusion.ts';
import type { CostEstimate, JobReport } from './job-report.ts';
import { metricsOutput, withoutSecrets } from './metrics-output.ts';
import { knownType, setOutputs } from './outputs.ts';
import { placeErrors, showErrors } from './show-errors.ts';
import type { GitHubSpec } from './spec.ts';
import { renderSummary } from './summary.ts';
import { tellGitHub } from './tell-github.ts';

export interface JobEnd {
  readonly ended: FollowedJob;
  /** Where the job writes. */
  readonly place: Place;
  /** What the action keeps of the job, with its end and what it left then. Undefined for a job that another client started. */
  readonly record: JobRecord | undefined;
  /** Whether the job completed its task. */
  readonly completed: boolean;
  /** Whether the step took an earlier job's results instead of starting a job. */
  readonly skipped: boolean;
  /** What got no instances before, and, if this job got none either, the job. */
  readonly tried: readonly Tried[];
  /** Whether the results are for this step's own run. Otherwise it collects them for the run that started the job. */
  readonly isOwn: boolean;
  /** Why the step took the job, or started it. */
  readonly why: string;
  /** The job that completed the task before, if it is known by now. */
  readonly compared: EarlierJob | undefined;
  /** What was read of the task's jobs a moment ago. */
  readonly seen: Seen | undefined;
  readonly explain: {
    /** Says why the job did not find something that the repository has. Undefined if that is not why it failed. */
    readonly lacks: (reason: string, lines: readonly string[]) => Promise<string | undefined>;
    /** Finds the repository's line that an error is about. */
    readonly locate: Locate;
  };
}

/** The part of the task's spec that the report depends on. */
export interface ReportSpec {
  readonly place: TaskPlace;
  readonly results: ResultsSpec;
  readonly failIf: readonly Condition[];
  /** Whether to write a job summary. */
  readonly summary: boolean;
  readonly github: GitHubSpec;
  /** The inputs that the workflow sets. */
  readonly given: ReadonlyMap<string, string>;
}

/**
 * Throws a JobError if the job did not complete, and another error if a condition of `fail-if` holds or not all of the
 * results could be downloaded.
 */
export async function report(step: Step, spec: ReportSpec, output: Output, end: JobEnd): Promise<void> {
  const { state, metrics, series, lostLines, notices } = end.ended;
  const result = outcome(state, end.tried);
  const turns =
    hadInstances(state) && end.tried.length > 0
      ? [`${triedLines(end.tried).join(' → ')} → ${attemptText(state)}: started`]
      : [];
  turns.forEach(notice);
  const cause = result.kind === 'failed' ? await end.explain.lacks(result.reason, lostLines) : undefined;
  const errors = blamesWorker(state.failureReason) ? await placeErrors(end.ended.errors, end.explain.locate) : [];
  const gate = result.kind === 'completed' ? judge(spec.failIf, metrics) : [];
  const failure = failureOf(state.name, result, errors[0], cause) ?? gateError(state.name, gate, metrics);
  setOutputs({
    status: state.status,
    'instance-type': knownType(state.instanceTypes),
    metrics: metricsOutput(withoutSecrets(metrics)),
    'training-seconds': state.trainingSeconds,
    'billable-seconds': state.billableSeconds,
    'spot-savings': state.spot ? spotSavings(state) : undefined,
    'failure-reason': result.kind === 'completed' ? undefined : redact(result.reason),
  });
  // Neither of them throws, so the others go on whatever happens to one.
  const [gathered, compared, cost] = await Promise.all([
    gather(step, spec, output, end),
    compare(step, spec, end),
    costOf(step, end),
  ]);
  const isUnmarked = result.kind === 'completed' && !end.completed;
  const made = buildReport({
    ...{ now: new Date(), region: step.aws.region, run: step.run, place: placeOf(spec, end), inputs: spec.given },
    ...{ skipped: end.skipped, why: end.why, state, outcome: result, cause, hint: hintOf(result), series },
    ...{
      facts: end.record?.facts,
      ...compared,
      pins: leftBy(end) ?? [],
      results: localResults(step, gathered),
      redact,
    },
    ...{ notices: [...turns, ...notices, ...(isUnmarked ? [unmarked(state.name)] : [])], errors, gate, cost },
  });
  const told = tellGitHub(step, spec.github, {
    ...{ job: state.name, place: placeOf(spec, end), record: end.record, isOwn: end.isOwn },
    status: statusOf(result, failure, made),
    comment: (commit) => renderComment(made, commit),
  });
  const problems = [...gathered.problems, ...(await publish(spec, output, made)), ...(await told)];
  conclude(end, failure, errors, problems);
}

/** A job of another client is in no task's folder: then what the workflow names counts. */
function placeOf(spec: ReportSpec, { place }: JobEnd): Place {
  return place.task === '' ? spec.place : place;
}

interface Gathered {
  readonly downloaded: readonly Downloaded[];
  readonly artifacts: ReadonlyMap<Result, UploadedArtifact>;
  /** What is missing of the results, and why. */
  readonly problems: readonly Error[];
}

/** Downloads results and uploads artifacts. Never throws. */
async function gather(step: Step, { results }: ReportSpec, output: Output, end: JobEnd): Promise<Gathered> {
  const { state, logProblem } = end.ended;
  let downloaded: readonly Downloaded[] = [];
  const problems: Error[] = [];
  try {
    const download = await inGroup('Results', () =>
      downloadResults(step, results.download, state, leftBy(end), { output, logProblem }),
    );
    downloaded = download.downloaded;
    problems.push(...download.problems);
    const uploads = await uploadArtifacts(step, results, { output, job: state }, downloaded);
    return { downloaded, artifacts: uploads.artifacts, problems: [...problems, ...uploads.problems] };
  } catch (error) {
    return { downloaded, artifacts: new Map(), problems: [...problems, error as Error] };
  }
}

/** The jobs to compare with. Without them the step is as good, so what keeps it from them is a warning. Never throws. */
async function compare(step: Step, spec: ReportSpec, { ended, place, compared, seen }: JobEnd): Promise<Compared> {
  try {
    const { name, outputPath } = ended.state;
    return await findCompared(step, spec.place, { name, outputPath, place }, compared, seen);
  } catch (error) {
    if (!step.signal.aborted) warning(`The job is compared with no earlier one: ${describeError(error)}`);
    return { previous: undefined, base: undefined };
  }
}

/** Undefined if it is not known. Of an earlier job the action's own table is enough: it costs no question. Never throws. */
async function costOf(step: Step, { ended: { state }, skipped }: JobEnd): Promise<CostEstimate | undefined> {
  const [instanceType, ...others] = state.instanceTypes;
  if (instanceType === undefined || others.length > 0) return undefined;
  try {
    const price = skipped ? tablePrice(step.aws.region, instanceType) : await findPrice(step, instanceType);
    const cost = jobCost({ ...state, instanceType }, price);
    return 'why' in cost ? undefined : cost;
  } catch (error) {
    if (!step.signal.aborted) warning(`What the job cost is not known: ${describeError(error)}`);
    return undefined;
  }
}

function localResults({ run }: Step, { downloaded, artifacts }: Gathered) {
  return downloaded.map(({ result, folder, files, bytes }) => {
    return { result, files, bytes, path: shownPath(folder, run.workspace), artifact: artifacts.get(result) };
  });
}

/** Writes the report and the summary. Returns what could not be written. */
async function publish(spec: ReportSpec, output: Output, made: JobReport): Promise<readonly Error[]> {
  const problems: Error[] = [];
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    await work().catch((error: Error) => problems.push(error));
  };
  await attempt(async () => {
    await writeReport(output, `${JSON.stringify(made, null, 2)}\n`);
    setOutputs({ 'report-path': `${spec.results.outputPath}/${REPORT}` });
  });
  if (spec.summary) await attempt(() => writeSummary(renderSummary(made)));
  return problems;
}

function conclude(
  { ended: { state }, completed }: JobEnd,
  failure: ActionError | undefined,
  errors: readonly WorkerError[],
  problems: readonly Error[],
): void {
  if (state.status === 'Completed' && !completed) warning(unmarked(state.name));
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

/** The archives that the job left, as they were at its end. Undefined if that is not recorded. */
function leftBy({ record }: JobEnd): readonly Pin[] | undefined {
  return record?.end?.left;
}
