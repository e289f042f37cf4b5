/** The story of a run after the inputs are checked: resolve → reuse or start → follow → report. */

import { resolve } from 'node:path';
import type { TaskFiles } from './config/check.ts';
import type { TaskSpec } from './config/spec.ts';
import { instances } from './core/format.ts';
import { logsUrl } from './core/names.ts';
import { isEnded } from './core/training-job.ts';
import { type Explain, explainer, unexplained } from './explain.ts';
import { claimOutput, type Output } from './files/output-folder.ts';
import { type FollowedJob, followJob, type LogSpec, readEndedJob } from './follow/follow.ts';
import { noteUnfollowed } from './follow/metric-reader.ts';
import { info } from './github/log.ts';
import { saveJob, saveSettled, unsettledJob } from './github/state.ts';
import type { EarlierJob } from './history/decide.ts';
import { findToCollect } from './history/find.ts';
import { type Facts, fingerprintOf } from './history/fingerprint.ts';
import { type Pin, recordFingerprint } from './history/record.ts';
import { recordEnd } from './history/records.ts';
import { InstanceSearch } from './job/attempts.ts';
import { NO_SESSION, sessionHint } from './job/debug-session.ts';
import { Launcher, type NewJob, type Started } from './job/launch.ts';
import { nextAttempt } from './job/next-attempt.ts';
import { reuseOrStart } from './job/reuse-or-start.ts';
import { stopCancelled } from './job/stop.ts';
import { setJobOutputs, setOutputs } from './report/outputs.ts';
import { report } from './report/report.ts';
import { type ResolvedTask, resolveTask } from './resolve.ts';
import type { Step } from './step.ts';

/**
 * Throws an InputError for a wrong source, before anything is created. Throws a JobError if the job does not complete.
 */
export async function run(step: Step, spec: TaskSpec, files: TaskFiles): Promise<void> {
  const { aws, signal } = step;
  await noteUnfollowed(spec.metrics);
  const onStart = (job: NewJob): void => {
    setJobOutputs(aws.region, job, spec.results.outputPath);
    saveJob({ job: job.name, region: aws.region });
  };
  try {
    if (spec.mode.kind === 'run')
      await runTask(
        step,
        spec,
        await resolveTask(step, spec, files),
        explainer(spec, files, step.run.workspace),
        onStart,
      );
    else if (spec.mode.kind === 'plan') await reportPlan(step, spec, await resolveTask(step, spec, files));
    else await reportExistingJob(step, spec, await findToCollect(step, spec.place, spec.mode), false, unexplained);
  } catch (error) {
    const requested = unsettledJob();
    if (signal.aborted && requested !== undefined) await stopCancelled(aws, requested);
    throw error;
  }
}

/** Throws an ActionError if the run would fail. */
async function reportPlan(step: Step, spec: TaskSpec, { resolved, wanted }: ResolvedTask): Promise<void> {
  const [{ planRun }, { planReport }] = await Promise.all([import('./plan/plan-run.ts'), import('./plan/report.ts')]);
  const plan = await planRun(step, spec, resolved, wanted);
  setOutputs({ fingerprint: fingerprintOf(wanted.facts), skipped: String(plan.skipped) });
  await planReport(plan, spec.summary);
}

/** A job that the step follows, and what became of it. */
interface Turn {
  readonly output: Output;
  readonly ended: FollowedJob;
  /** Whether it completed the task. */
  readonly completed: boolean;
  readonly pins: readonly Pin[];
}

/** Follows one job after the other, until one had its instances or nothing is left to be tried. */
async function runTask(
  step: Step,
  spec: TaskSpec,
  { resolved, wanted }: ResolvedTask,
  explain: Explain,
  onStart: (job: NewJob) => void,
): Promise<void> {
  setOutputs({ fingerprint: fingerprintOf(wanted.facts) });
  const search = new InstanceSearch(spec.resources, spec.resources.capacityWaitSeconds);
  const launcher = new Launcher(spec, resolved, wanted.facts, search, onStart);
  for (let obtained = await reuseOrStart(step, launcher, wanted); ; ) {
    if (obtained.kind !== 'started' && spec.resources.remoteDebug) info(NO_SESSION);
    if (obtained.kind === 'reused') return reportExistingJob(step, spec, obtained.job, true, explain);
    const turn =
      obtained.kind === 'started'
        ? await followStarted(step, spec, obtained.job, wanted.facts, search.patience)
        : await followEarlier(step, spec, obtained.job, false, search.patience);
    const managedRole = obtained.kind === 'started' && obtained.job.managedRole;
    const before = await nextAttempt(step, spec.place, turn.ended.state, managedRole, search);
    const next = before && (await reuseOrStart(step, launcher, wanted, before));
    if (next === undefined || next.kind === 'over') {
      const state = next === undefined ? turn.ended.state : next.state;
      const end = { ...turn, ended: { ...turn.ended, state }, skipped: false, tried: search.tried, explain };
      return report(step, spec, turn.output, end);
    }
    obtained = next;
  }
}

async function followStarted(
  step: Step,
  spec: TaskSpec,
  { name, arn, attempt }: Started,
  facts: Facts,
  patience: number | undefined,
): Promise<Turn> {
  const { remoteDebug, instanceCount } = spec.resources;
  setOutputs({ 'job-arn': arn, status: 'InProgress', skipped: 'false' });
  info(`Started ${name} on ${instances({ ...attempt, instanceCount })}: ${logsUrl(step.aws.region, name)}`);
  if (remoteDebug) info(sessionHint(step.aws.region, name, instanceCount));
  const output = await claim(step, spec);
  const ended = await followJob(step, logSpec(spec, output), name, instanceCount, patience);
  if (!isEnded(ended.state)) return { output, ended, completed: false, pins: [] };
  saveSettled();
  const { completed, left } = await recordEnd(step, spec.place, facts, ended.state, ended.metrics);
  return { output, ended, completed, pins: left };
}

/** Reports a job that exists already. Follows it first if it is in progress. */
async function reportExistingJob(
  step: Step,
  spec: TaskSpec,
  job: EarlierJob,
  skipped: boolean,
  explain: Explain,
): Promise<void> {
  const turn = await followEarlier(step, spec, job, skipped, undefined);
  await report(step, spec, turn.output, { ...turn, skipped, tried: [], explain });
}

/** Follows the job if it is in progress, otherwise reads its log. */
async function followEarlier(
  step: Step,
  spec: TaskSpec,
  job: EarlierJob,
  skipped: boolean,
  patience: number | undefined,
): Promise<Turn> {
  const { record, place, state } = job;
  if (state === undefined) throw new Error(`The job ${job.name} was not described before its results were downloaded.`);
  // A job that another client started has no record, so its fingerprint is unknown.
  setOutputs({ fingerprint: record === undefined ? '' : recordFingerprint(record), skipped: String(skipped) });
  setOutputs({ 'job-arn': state.arn, status: state.status });
  setJobOutputs(step.aws.region, state, spec.results.outputPath);
  const output = await claim(step, spec);
  if (!job.ended) info(`Following ${job.name}: ${logsUrl(step.aws.region, job.name)}`);
  const log = logSpec(spec, output);
  const ended = job.ended
    ? await readEndedJob(step, log, state, record?.end?.metrics)
    : await followJob(step, log, job.name, state.instanceCount, patience);
  if (!isEnded(ended.state)) return { output, ended, completed: false, pins: [] };
  if (unsettledJob() === job.name) saveSettled();
  // The run that started the job was killed, or has not recorded the end yet.
  const isUnrecorded = place.prefix === spec.place.prefix && record !== undefined && record.end === undefined;
  const end = isUnrecorded ? await recordEnd(step, place, record.facts, ended.state, ended.metrics) : record?.end;
  const completed = job.ended ? job.completed : (end?.completed ?? true);
  return { output, ended, completed, pins: end?.left ?? [] };
}

function claim({ run }: Step, { results }: TaskSpec): Promise<Output> {
  return claimOutput(resolve(run.workspace, results.outputPath), run.workspace);
}

function logSpec({ metrics, results }: TaskSpec, output: Output): LogSpec {
  return { metrics, output: results.download.has('logs') ? output : undefined };
}
