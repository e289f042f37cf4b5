/** The story of a run after the inputs are checked: resolve → reuse or start → follow → report. */

import { isExpired } from './aws/service-errors.ts';
import type { TaskFiles } from './config/check.ts';
import type { TaskSpec } from './config/spec.ts';
import { ActionError } from './core/errors.ts';
import { type Explain, explainer, unexplained } from './explain.ts';
import { followUntil } from './follow/spec.ts';
import { unsettledJob } from './github/state.ts';
import type { EarlierJob } from './history/decide.ts';
import { findToCollect } from './history/find.ts';
import { fingerprintOf } from './history/fingerprint.ts';
import type { Seen } from './history/jobs.ts';
import { InstanceSearch } from './job/attempts.ts';
import { Launcher, type NewJob } from './job/launch.ts';
import { nextAttempt } from './job/next-attempt.ts';
import { type Obtained, reuseOrStart } from './job/reuse-or-start.ts';
import { stopCancelled } from './job/stop.ts';
import { noteUnfollowed } from './metrics/metric-reader.ts';
import { sayLeft, whyLeft } from './report/leave.ts';
import { setJobOutputs, setOutputs } from './report/outputs.ts';
import { report } from './report/report.ts';
import { type ResolvedTask, resolveTask } from './resolve.ts';
import type { Step } from './step.ts';
import { followEarlier, followObtained, save } from './turn.ts';

/**
 * Throws an InputError for a wrong source, before anything is created. Throws a JobError if the job does not complete.
 */
export async function run(step: Step, spec: TaskSpec, files: TaskFiles): Promise<void> {
  const { aws, signal } = step;
  await noteUnfollowed(spec.metrics);
  const onStart = (job: NewJob): void => {
    setJobOutputs(aws.region, job, spec.results.outputPath);
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
    else {
      const why = spec.mode.kind === 'job' ? '"job-name" names it' : '"mode" is collect';
      const job = await findToCollect(step, spec.place, spec.mode);
      await reportExistingJob(step, spec, job, { skipped: false, why, explain: unexplained });
    }
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

/** Throws an ActionError if the run would fail. */
async function reportPlan(step: Step, spec: TaskSpec, { resolved, wanted, seen }: ResolvedTask): Promise<void> {
  const [{ planRun }, { planReport }] = await Promise.all([import('./plan/plan-run.ts'), import('./plan/report.ts')]);
  const plan = await planRun(step, spec, resolved, wanted, seen);
  setOutputs({ fingerprint: fingerprintOf(wanted.facts), skipped: String(plan.skipped) });
  await planReport(plan, spec.summary);
}

/** Follows one job after the other, until one had its instances or nothing is left to be tried. */
async function runTask(
  step: Step,
  spec: TaskSpec,
  { resolved, wanted, seen }: ResolvedTask,
  explain: Explain,
  onStart: (job: NewJob) => void,
): Promise<void> {
  setOutputs({ fingerprint: fingerprintOf(wanted.facts) });
  const until = followUntil(spec.follow, step.run, Date.now());
  const search = new InstanceSearch(spec.resources, spec.resources.capacityWaitSeconds);
  const launcher = new Launcher(spec, resolved, wanted.facts, search, onStart);
  const first = await reuseOrStart(step, launcher, wanted, seen, busyUntil(spec, until));
  const compared = first.kind === 'started' ? first.compared : undefined;
  const notices: string[] = [];
  for (let obtained: Obtained = first; ; ) {
    if (obtained.kind === 'reused')
      return reportExistingJob(step, spec, obtained.job, { skipped: true, why: obtained.why, explain }, obtained.seen);
    const turn = await followObtained(step, spec, obtained, wanted.facts, { until, patience: search.patience });
    if (turn === undefined) return;
    notices.push(...turn.ended.notices);
    const before = await nextAttempt(step, spec.place, turn.ended.state, turn.managedRole, search);
    if (before?.kind === 'ended') notices.push(before.why);
    const next = before && (await reuseOrStart(step, launcher, wanted, undefined, until, before));
    if (next === undefined || next.kind === 'over') {
      const state = next === undefined ? turn.ended.state : next.state;
      return report(step, spec, turn.output, {
        ...{ ...turn, ended: { ...turn.ended, state, notices }, skipped: false, isOwn: true, tried: search.tried },
        ...{ why: first.why, compared, seen: undefined, explain },
      });
    }
    obtained = next;
  }
}

/** Why the step takes a job that exists already: see `JobEnd`. */
interface Taken {
  readonly skipped: boolean;
  readonly why: string;
  readonly explain: Explain;
}

/** Reports a job that exists already. Follows it first if it is in progress. `seen`: what was read a moment ago. */
async function reportExistingJob(
  step: Step,
  spec: TaskSpec,
  job: EarlierJob,
  taken: Taken,
  seen?: Seen,
): Promise<void> {
  const limits = { until: followUntil(spec.follow, step.run, Date.now()), patience: undefined };
  const turn = await followEarlier(step, spec, job, taken.skipped, limits);
  if (turn === undefined) return;
  const isOwn = spec.mode.kind === 'run';
  await report(step, spec, turn.output, { ...turn, ...taken, isOwn, tried: [], compared: undefined, seen });
}

/** Without "wait" the step does not follow its own job, but it waits until it may start one. */
function busyUntil({ follow }: TaskSpec, until: number): number {
  return follow.wait ? until : Number.POSITIVE_INFINITY;
}
