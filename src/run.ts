/** The story of a run after the inputs are checked: resolve → reuse or start → follow → report. */

import { resolve } from 'node:path';
import { isExpired } from './aws/service-errors.ts';
import type { TaskFiles } from './config/check.ts';
import type { TaskSpec } from './config/spec.ts';
import { ActionError } from './core/errors.ts';
import { instances } from './core/format.ts';
import { logsUrl } from './core/names.ts';
import { isRerun, runAttempt } from './core/run-context.ts';
import { isEnded } from './core/training-job.ts';
import { type Explain, explainer, unexplained } from './explain.ts';
import { claimOutput, type Output } from './files/output-folder.ts';
import { followJob, readEndedJob } from './follow/follow.ts';
import type { LogSpec } from './follow/kept-log.ts';
import { followUntil } from './follow/spec.ts';
import { info } from './github/log.ts';
import { saveJob, saveSettled, unsettledJob } from './github/state.ts';
import type { EarlierJob } from './history/decide.ts';
import { findToCollect } from './history/find.ts';
import { fingerprintOf } from './history/fingerprint.ts';
import { recordFingerprint } from './history/record.ts';
import { recordEnd } from './history/records.ts';
import { NO_SESSION, sessionHint } from './job/debug-session.ts';
import { type NewJob, newRecord } from './job/launch.ts';
import { isWorthAnotherStart } from './job/next-attempt.ts';
import { reuseOrStart } from './job/reuse-or-start.ts';
import { stopCancelled } from './job/stop.ts';
import { noteUnfollowed } from './metrics/metric-reader.ts';
import { leaveJob, sayLeft, timeOver, WITHOUT_WAIT, whyLeft } from './report/leave.ts';
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
    setJobOutputs(aws.region, { ...job, instanceType: spec.resources.instanceType }, spec.results.outputPath);
    save(step, spec, job.name);
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
    if (requested === undefined) throw error;
    const why = whyLeft(spec.follow, signal, error);
    if (why !== undefined) sayLeft(step, spec, requested, why);
    else if (signal.aborted) await stopCancelled(aws, requested);
    throw isExpired(error) ? expired(error, spec) : error;
  }
}

function expired(cause: Error, { aws: { roleToAssume } }: TaskSpec): ActionError {
  return new ActionError(
    "The step's AWS credentials have expired, so it cannot follow the job to its end.",
    roleToAssume === undefined
      ? 'Set "role-to-assume": the action then renews its credentials for as long as the job runs.'
      : 'Run the same workflow again: it follows the job. If this happens again, somebody may have revoked the sessions of the role.',
    { cause },
  );
}

/** Tells the post step about a job that ends with this step, unless the user wants it to go on. */
function save({ aws }: Step, { follow }: TaskSpec, job: string): void {
  saveJob({ job, region: aws.region, detach: follow.onCancel === 'detach' });
}

/** Throws an ActionError if the run would fail. */
async function reportPlan(step: Step, spec: TaskSpec, { resolved, wanted }: ResolvedTask): Promise<void> {
  const [{ planRun }, { planReport }] = await Promise.all([import('./plan/plan-run.ts'), import('./plan/report.ts')]);
  const plan = await planRun(step, spec, resolved, wanted);
  setOutputs({ fingerprint: fingerprintOf(wanted.facts), skipped: String(plan.skipped) });
  await planReport(plan, spec.summary);
}

async function runTask(
  step: Step,
  spec: TaskSpec,
  { resolved, wanted }: ResolvedTask,
  explain: Explain,
  onStart: (job: NewJob) => void,
): Promise<void> {
  setOutputs({ fingerprint: fingerprintOf(wanted.facts) });
  const { instanceCount } = spec.resources;
  for (;;) {
    const until = followUntil(spec.follow, step.run, Date.now());
    const obtained = await reuseOrStart(step, spec, resolved, wanted, busyUntil(spec, until), onStart);
    if (obtained.kind !== 'started' && spec.resources.remoteDebug) info(NO_SESSION);
    if (obtained.kind !== 'started')
      return reportExistingJob(step, spec, obtained.job, obtained.kind === 'reused', explain);
    const { name, arn } = obtained.job;
    setOutputs({ 'job-arn': arn, status: 'InProgress', skipped: 'false' });
    info(`Started ${name} on ${instances(spec.resources)}: ${logsUrl(step.aws.region, name)}`);
    if (spec.resources.remoteDebug) info(sessionHint(step.aws.region, name, instanceCount));
    const record = { facts: wanted.facts, ...newRecord(step.run, spec.follow) };
    if (!spec.follow.wait) return leaveJob(step, spec, { job: name, place: spec.place, record }, WITHOUT_WAIT);
    const output = await claim(step, spec);
    const ended = await followJob(step, logSpec(spec, output), name, instanceCount, until);
    if (!isEnded(ended.state))
      return leaveJob(step, spec, { job: name, place: spec.place, record }, timeOver(spec.follow));
    saveSettled();
    const end = await recordEnd(step, spec.place, record, ended.state, ended.metrics);
    if (await isWorthAnotherStart(step, spec.place, obtained.job, ended.state)) continue;
    return report(step, spec, output, { ended, completed: end.completed, pins: end.left, skipped: false, explain });
  }
}

/** Reports a job that exists already. Follows it first if it is in progress. */
async function reportExistingJob(
  step: Step,
  spec: TaskSpec,
  job: EarlierJob,
  skipped: boolean,
  explain: Explain,
): Promise<void> {
  const { state, record, place } = job;
  if (state === undefined) throw new Error(`The job ${job.name} was not described before its results were downloaded.`);
  // A job that another client started has no record, so its fingerprint is unknown.
  setOutputs({ fingerprint: record === undefined ? '' : recordFingerprint(record), skipped: String(skipped) });
  setOutputs({ 'job-arn': state.arn, status: state.status });
  setJobOutputs(step.aws.region, state, spec.results.outputPath);
  // The step that started the job is over, so nobody else would stop it.
  const isOwn = record !== undefined && isRerun(runAttempt(step.run), record.by);
  if (!job.ended && isOwn && spec.mode.kind === 'run') save(step, spec, job.name);
  if (!job.ended && !spec.follow.wait) return leaveJob(step, spec, { job: job.name, place, record }, WITHOUT_WAIT);
  const until = followUntil(spec.follow, step.run, Date.now());
  const output = await claim(step, spec);
  if (!job.ended) info(`Following ${job.name}: ${logsUrl(step.aws.region, job.name)}`);
  const log = logSpec(spec, output);
  const ended = job.ended
    ? await readEndedJob(step, log, state, record?.end?.metrics)
    : await followJob(step, log, job.name, state.instanceCount, until);
  if (!isEnded(ended.state)) return leaveJob(step, spec, { job: job.name, place, record }, timeOver(spec.follow));
  saveSettled();
  // The run that started the job was killed, or has not recorded the end yet.
  const isUnrecorded = place.prefix === spec.place.prefix && record !== undefined && record.end === undefined;
  const end = isUnrecorded ? await recordEnd(step, place, record, ended.state, ended.metrics) : record?.end;
  const completed = job.ended ? job.completed : (end?.completed ?? true);
  await report(step, spec, output, { ended, completed, pins: end?.left ?? [], skipped, explain });
}

/** Without "wait" the step does not follow its own job, but it waits until it may start one. */
function busyUntil({ follow }: TaskSpec, until: number): number {
  return follow.wait ? until : Number.POSITIVE_INFINITY;
}

function claim({ run }: Step, { results }: TaskSpec): Promise<Output> {
  return claimOutput(resolve(run.workspace, results.outputPath), run.workspace);
}

function logSpec({ metrics, results }: TaskSpec, output: Output): LogSpec {
  return { metrics, output: results.download.has('logs') ? output : undefined };
}
