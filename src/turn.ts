/** Follows one job of the step: one that it has started, or one that exists already. */

import { resolve } from 'node:path';
import type { TaskSpec } from './config/spec.ts';
import { instances } from './core/format.ts';
import { logsUrl } from './core/names.ts';
import { isRerun, runAttempt } from './core/run-context.ts';
import type { Place } from './core/s3-layout.ts';
import { isEnded } from './core/training-job.ts';
import { claimOutput, type Output } from './files/output-folder.ts';
import { type FollowedJob, followJob, readEndedJob } from './follow/follow.ts';
import type { LogSpec } from './follow/kept-log.ts';
import type { Limits } from './follow/limits.ts';
import { info } from './github/log.ts';
import { saveJob, saveSettled, unsettledJob } from './github/state.ts';
import type { EarlierJob } from './history/decide.ts';
import type { Facts } from './history/fingerprint.ts';
import { type JobRecord, recordFingerprint } from './history/record.ts';
import { recordEnd } from './history/records.ts';
import { NO_SESSION, sessionHint } from './job/debug-session.ts';
import { newRecord, type Started } from './job/launch.ts';
import type { Obtained } from './job/reuse-or-start.ts';
import { type LeftJob, leaveJob, timeOver, WITHOUT_WAIT } from './report/leave.ts';
import { setJobOutputs, setOutputs } from './report/outputs.ts';
import type { Step } from './step.ts';

/** A job that the step follows, and what became of it. */
export interface Turn {
  readonly output: Output;
  readonly ended: FollowedJob;
  readonly place: Place;
  readonly record: JobRecord | undefined;
  /** Whether it completed the task. */
  readonly completed: boolean;
  /** Whether this step started the job, and the action manages its role. */
  readonly managedRole: boolean;
}

/** Follows what `reuseOrStart` found. Undefined if the step leaves the job in progress. */
export function followObtained(
  step: Step,
  spec: TaskSpec,
  obtained: Obtained,
  facts: Facts,
  limits: Limits,
): Promise<Turn | undefined> {
  return obtained.kind === 'started'
    ? followStarted(step, spec, obtained.job, facts, limits)
    : followEarlier(step, spec, obtained.job, obtained.kind === 'reused', limits);
}

async function followStarted(
  step: Step,
  spec: TaskSpec,
  { name, arn, attempt, managedRole }: Started,
  facts: Facts,
  limits: Limits,
): Promise<Turn | undefined> {
  const { place } = spec;
  const { remoteDebug, instanceCount } = spec.resources;
  setOutputs({ 'job-arn': arn, status: 'InProgress', skipped: 'false' });
  info(`Started ${name} on ${instances({ ...attempt, instanceCount })}: ${logsUrl(step.aws.region, name)}`);
  if (remoteDebug) info(sessionHint(step.aws.region, name, instanceCount));
  const record = { facts, ...newRecord(step.run, spec.follow) };
  if (!spec.follow.wait) return leave(step, spec, { job: name, place, record }, WITHOUT_WAIT);
  const output = await claim(step, spec);
  const ended = await followJob(step, logSpec(spec, output), name, instanceCount, limits);
  if (!isEnded(ended.state)) {
    if (Date.now() >= limits.until) return leave(step, spec, { job: name, place, record }, timeOver(spec.follow));
    return { output, ended, place, record: { ...record, end: undefined }, completed: false, managedRole };
  }
  saveSettled();
  const end = await recordEnd(step, place, record, ended.state, ended.metrics);
  return { output, ended, place, record: { ...record, end }, completed: end.completed, managedRole };
}

async function leave(step: Step, spec: TaskSpec, left: LeftJob, why: string): Promise<undefined> {
  await leaveJob(step, spec, left, why);
}

/** Follows the job if it is in progress, otherwise reads its log. Undefined if the step leaves it in progress. */
export async function followEarlier(
  step: Step,
  spec: TaskSpec,
  job: EarlierJob,
  skipped: boolean,
  limits: Limits,
): Promise<Turn | undefined> {
  const { record, place, state } = job;
  if (spec.resources.remoteDebug) info(NO_SESSION);
  if (state === undefined) throw new Error(`The job ${job.name} was not described before its results were downloaded.`);
  // A job that another client started has no record, so its fingerprint is unknown.
  setOutputs({ fingerprint: record === undefined ? '' : recordFingerprint(record), skipped: String(skipped) });
  setOutputs({ 'job-arn': state.arn, status: state.status });
  setJobOutputs(step.aws.region, state, spec.results.outputPath);
  // The step that started the job is over, so nobody else would stop it.
  const isOwn = record !== undefined && isRerun(runAttempt(step.run), record.by);
  if (!job.ended && isOwn && spec.mode.kind === 'run') save(step, spec, job.name);
  if (!job.ended && !spec.follow.wait) return leave(step, spec, { job: job.name, place, record }, WITHOUT_WAIT);
  const output = await claim(step, spec);
  info(`${job.ended ? 'The log of' : 'Following'} ${job.name}: ${logsUrl(step.aws.region, job.name)}`);
  const log = logSpec(spec, output);
  const ended = job.ended
    ? await readEndedJob(step, log, state, record?.end?.metrics)
    : await followJob(step, log, job.name, state.instanceCount, limits);
  if (!isEnded(ended.state)) {
    if (Date.now() >= limits.until) return leave(step, spec, { job: job.name, place, record }, timeOver(spec.follow));
    return { output, ended, place, record, completed: false, managedRole: false };
  }
  if (unsettledJob() === job.name) saveSettled();
  // The run that started the job was killed, or has not recorded the end yet.
  const isUnrecorded = place.prefix === spec.place.prefix && record !== undefined && record.end === undefined;
  const end = isUnrecorded ? await recordEnd(step, place, record, ended.state, ended.metrics) : record?.end;
  const completed = job.ended ? job.completed : (end?.completed ?? true);
  return { output, ended, place, record: record && { ...record, end }, completed, managedRole: false };
}

/** Tells the post step about a job that ends with this step, unless the user wants it to go on. */
export function save({ aws }: Step, { follow }: TaskSpec, job: string): void {
  saveJob({ job, region: aws.region, detach: follow.onCancel === 'detach' });
}

function claim({ run }: Step, { results }: TaskSpec): Promise<Output> {
  return claimOutput(resolve(run.workspace, results.outputPath), run.workspace);
}

function logSpec({ metrics, failIf, results }: TaskSpec, output: Output): LogSpec {
  return { metrics, needsMetrics: failIf.length > 0, output: results.download.has('logs') ? output : undefined };
}
