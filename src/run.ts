/** The story of a run after the inputs are checked: resolve → reuse or start → follow → report. */

import { resolve } from 'node:path';
import type { TaskFiles } from './config/check.ts';
import type { TaskSpec } from './config/spec.ts';
import { instances } from './core/format.ts';
import { logsUrl } from './core/names.ts';
import { type Explain, explainer, unexplained } from './explain.ts';
import { claimOutput, type Output } from './files/output-folder.ts';
import { followJob, readEndedJob } from './follow/follow.ts';
import type { LogSpec } from './follow/kept-log.ts';
import { info } from './github/log.ts';
import { saveJob, saveSettled, unsettledJob } from './github/state.ts';
import type { EarlierJob } from './history/decide.ts';
import { findToCollect } from './history/find.ts';
import { fingerprintOf } from './history/fingerprint.ts';
import { recordFingerprint } from './history/record.ts';
import { recordEnd } from './history/records.ts';
import { NO_SESSION, sessionHint } from './job/debug-session.ts';
import type { NewJob } from './job/launch.ts';
import { isWorthAnotherStart } from './job/next-attempt.ts';
import { reuseOrStart } from './job/reuse-or-start.ts';
import { stopCancelled } from './job/stop.ts';
import { noteUnfollowed } from './metrics/metric-reader.ts';
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
    else {
      const why = spec.mode.kind === 'job' ? '"job-name" names it' : '"mode" is collect';
      const job = await findToCollect(step, spec.place, spec.mode);
      await reportExistingJob(step, spec, job, { skipped: false, why, explain: unexplained });
    }
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
    const obtained = await reuseOrStart(step, spec, resolved, wanted, onStart);
    if (obtained.kind !== 'started' && spec.resources.remoteDebug) info(NO_SESSION);
    if (obtained.kind !== 'started') {
      const { kind, why, job } = obtained;
      return reportExistingJob(step, spec, job, { skipped: kind === 'reused', why, explain });
    }
    const { name, arn } = obtained.job;
    setOutputs({ 'job-arn': arn, status: 'InProgress', skipped: 'false' });
    info(`Started ${name} on ${instances(spec.resources)}: ${logsUrl(step.aws.region, name)}`);
    if (spec.resources.remoteDebug) info(sessionHint(step.aws.region, name, instanceCount));
    const output = await claim(step, spec);
    const ended = await followJob(step, logSpec(spec, output), name, instanceCount);
    saveSettled();
    const end = await recordEnd(step, spec.place, wanted.facts, ended.state, ended.metrics);
    if (await isWorthAnotherStart(step, spec.place, obtained.job, ended.state)) continue;
    return report(step, spec, output, {
      ...{ ended, place: spec.place, facts: wanted.facts, completed: end.completed, pins: end.left },
      ...{ skipped: false, why: obtained.why, compared: obtained.compared, explain },
    });
  }
}

/** Why the step takes a job that exists already: see `JobEnd`. */
interface Taken {
  readonly skipped: boolean;
  readonly why: string;
  readonly explain: Explain;
}

/** Reports a job that exists already. Follows it first if it is in progress. */
async function reportExistingJob(step: Step, spec: TaskSpec, job: EarlierJob, taken: Taken): Promise<void> {
  const { state, record, place } = job;
  if (state === undefined) throw new Error(`The job ${job.name} was not described before its results were downloaded.`);
  // A job that another client started has no record, so its fingerprint is unknown.
  setOutputs({ fingerprint: record === undefined ? '' : recordFingerprint(record), skipped: String(taken.skipped) });
  setOutputs({ 'job-arn': state.arn, status: state.status });
  setJobOutputs(step.aws.region, state, spec.results.outputPath);
  const output = await claim(step, spec);
  if (!job.ended) info(`Following ${job.name}: ${logsUrl(step.aws.region, job.name)}`);
  const log = logSpec(spec, output);
  const ended = job.ended
    ? await readEndedJob(step, log, state, record?.end?.metrics)
    : await followJob(step, log, job.name, state.instanceCount);
  // The run that started the job was killed, or has not recorded the end yet.
  const isUnrecorded = place.prefix === spec.place.prefix && record !== undefined && record.end === undefined;
  const end = isUnrecorded ? await recordEnd(step, place, record.facts, ended.state, ended.metrics) : record?.end;
  const completed = job.ended ? job.completed : (end?.completed ?? true);
  await report(step, spec, output, {
    ...{ ended, place, facts: record?.facts, completed, pins: end?.left ?? [], compared: undefined },
    ...taken,
  });
}

function claim({ run }: Step, { results }: TaskSpec): Promise<Output> {
  return claimOutput(resolve(run.workspace, results.outputPath), run.workspace);
}

function logSpec({ metrics, results }: TaskSpec, output: Output): LogSpec {
  return { metrics, output: results.download.has('logs') ? output : undefined };
}
