/**
 * Finds the job whose results the step returns: one that completed earlier, one in progress, or a new one. Checks first
 * without the task's lease. Before anything is created, takes the lease and checks again.
 */

import { createBucket } from '../aws/bucket.ts';
import { abortUnfinished } from '../aws/multipart-upload.ts';
import { type Lease, takeLease } from '../aws/s3-lease.ts';
import { together } from '../core/concurrency.ts';
import { describeError } from '../core/errors.ts';
import { runKey } from '../core/run-context.ts';
import { inputsFolder, leaseKey, type Place, type TaskPlace } from '../core/s3-layout.ts';
import type { DescribedJob } from '../core/training-job.ts';
import { info, warning } from '../github/log.ts';
import { saveLease } from '../github/state.ts';
import { type Decision, type EarlierJob, type StartDecision, startOf, type Wanted } from '../history/decide.ts';
import { decideFromHistory } from '../history/find.ts';
import type { Seen } from '../history/jobs.ts';
import type { JobRecord } from '../history/record.ts';
import { recordEnd } from '../history/records.ts';
import type { ReuseSpec, SkipIf } from '../history/spec.ts';
import type { Step } from '../step.ts';
import { turnText } from './attempts.ts';
import { checkCost } from './check-cost.ts';
import { type Launcher, newRecord, type Started } from './launch.ts';
import { makeWay } from './make-way.ts';
import type { Before } from './next-attempt.ts';
import { whenBusy, whenEnding } from './when-busy.ts';

/** `why`: completes `because …`. `compared`: see `Decision`. */
export type Obtained =
  | {
      readonly kind: 'reused';
      readonly why: string;
      readonly job: EarlierJob;
      /** What was read of the task's jobs a moment ago, if nothing was waited for since. */
      readonly seen: Seen | undefined;
    }
  | { readonly kind: 'followed'; readonly why: string; readonly job: EarlierJob }
  | {
      readonly kind: 'started';
      readonly why: string;
      readonly compared: EarlierJob | undefined;
      readonly job: Started;
    };

/** The job before was the last one. */
interface Over {
  readonly kind: 'over';
  /** As it has ended. */
  readonly state: DescribedJob;
}

/** A cancelled step has only a few seconds. */
const ABORT_MS = 2_000;

type Decide = (signal: AbortSignal, seen?: Seen) => Promise<Decision>;

/**
 * `seen`: what was read of the task's jobs. It serves the first decision only: the task's lease, or a job that is waited for, makes
 * it old. `until`: when the step gives up waiting for another job, in milliseconds since 1970. `before`: the step's job so far,
 * if it had one.
 */
export async function reuseOrStart(
  step: Step,
  launcher: Launcher,
  wanted: Wanted,
  seen: Seen,
  until: number,
): Promise<Obtained>;
export async function reuseOrStart(
  step: Step,
  launcher: Launcher,
  wanted: Wanted,
  seen: undefined,
  until: number,
  before: Before,
): Promise<Obtained | Over>;
export async function reuseOrStart(
  step: Step,
  launcher: Launcher,
  wanted: Wanted,
  seen: Seen | undefined,
  until: number,
  before?: Before,
): Promise<Obtained | Over> {
  const { aws, home, signal } = step;
  const { place, reuse } = launcher.spec;
  const decide: Decide = (signal, seen) => decideFromHistory({ ...step, signal }, place, wanted, seen);
  let checked: Promise<void> | undefined;
  const affordable = (): Promise<void> => {
    checked ??= checkCost(step, launcher.preview(step), launcher.spec.resources);
    return checked;
  };
  if (!home.exists && before === undefined) {
    await affordable();
    // There is nothing to reuse. Ask first for what the job needs: if it cannot start, the bucket is not created.
    await launcher.ready(step);
    await createBucket(aws, home.bucket, signal);
    info(`Bucket: ${home.bucket.name} (created)`);
  }
  for (let [after, known] = [before, seen]; ; after = known = undefined) {
    const first: Decision =
      home.exists && after === undefined
        ? await decide(signal, known)
        : { kind: 'start', why: 'the bucket is new', compared: undefined };
    if (leadsToStart(first, reuse)) await affordable();
    const decision = first.kind === 'start' ? await startUnderLease(step, launcher, wanted, decide, after) : first;
    switch (decision.kind) {
      case 'reuse': {
        const why = `completed this task ${howItMatches(reuse.skipIf)}`;
        info(`Skipped: ${decision.job.name} ${why}.`);
        return {
          kind: 'reused',
          why: `it ${why}`,
          job: decision.job,
          seen: first.kind === 'reuse' ? known : undefined,
        };
      }
      case 'follow':
        info(`${decision.job.name} is in progress and runs exactly the same, so this step follows it.`);
        return { kind: 'followed', why: 'it was in progress and runs exactly the same', job: decision.job };
      case 'busy':
        await whenBusy(step, reuse.whenBusy, decision.job.name, until);
        break;
      case 'ending':
        await whenEnding(step, decision.job.name, until);
        break;
      case 'started':
        if (before === undefined) info(`Ran because ${decision.why}.`);
        return decision;
      case 'over':
        return decision;
    }
  }
}

/** Whether a job will be started: now, or after the one that is in the way. */
function leadsToStart({ kind }: Decision, { whenBusy, skipIf }: ReuseSpec): boolean {
  if (kind !== 'busy') return kind === 'start' || kind === 'ending';
  // The job that is waited for may complete the task.
  return whenBusy === 'replace' || (whenBusy === 'wait' && skipIf !== 'completed');
}

function howItMatches(skipIf: SkipIf): string {
  return skipIf === 'completed' ? 'before (skip-if: completed)' : 'with the same code, inputs and settings';
}

/** Takes the lease and decides again, because another run may have started a job meanwhile. */
async function startUnderLease(
  step: Step,
  launcher: Launcher,
  wanted: Wanted,
  decide: Decide,
  before: Before | undefined,
): Promise<Exclude<Decision, StartDecision> | Extract<Obtained, { readonly kind: 'started' }> | Over> {
  const { place } = launcher.spec;
  const lease = await taskLease(step, place);
  try {
    const held = { ...step, signal: lease.signal };
    if (before?.kind === 'waits') {
      const way = await makeWay(held, before.state.name);
      if (way.kind === 'goes on')
        return { kind: 'follow', job: inProgress(place, recordOf(held, launcher, wanted), before.state) };
      const { state } = way;
      await recordEnd(held, place, recordOf(held, launcher, wanted), state, state.metrics);
      if (way.kind === 'stopped') return await takeOver(held, place, wanted, state);
      if (!launcher.search.failAfterWaiting(state)) return { kind: 'over', state };
      info(turnText(launcher.search));
    }
    if (before?.kind === 'stopped') return await takeOver(held, place, wanted, before.state);
    const [decision] = await together(lease.signal, (signal) => [decide(signal), launcher.ready({ ...held, signal })]);
    if (decision.kind !== 'start') return decision;
    const { why, compared } = decision;
    return { kind: 'started', why, compared, job: await launcher.launch(held) };
  } catch (error) {
    throw lease.signal.aborted ? lease.signal.reason : error;
  } finally {
    await release(step, place, lease);
  }
}

/**
 * Somebody else stopped the step's job. If it was another run that made way, the task goes on in that run's job, or has
 * completed there.
 */
async function takeOver(
  step: Step,
  place: TaskPlace,
  wanted: Wanted,
  state: DescribedJob,
): Promise<Extract<Decision, { readonly kind: 'follow' | 'reuse' }> | Over> {
  const decision = await decideFromHistory(step, place, { ...wanted, skipIf: 'unchanged', cleanState: false });
  const isLater = 'job' in decision && startOf(decision.job.name) >= startOf(state.name);
  return isLater && decision.kind !== 'busy' && decision.kind !== 'ending' ? decision : { kind: 'over', state };
}

function recordOf({ run }: Step, { spec }: Launcher, { facts }: Wanted): JobRecord {
  return { facts, ...newRecord(run, spec.follow), end: undefined };
}

/** The step's job so far, which got its instances at the last moment. */
function inProgress(place: Place, record: JobRecord, state: DescribedJob): EarlierJob {
  return { name: state.name, place, record, state, ended: false, completed: false, archives: 'there' };
}

function taskLease({ aws, home, run, signal }: Step, place: Place): Promise<Lease> {
  const key = leaseKey(place);
  const { runId, attempt } = run;
  const holder = { owner: runId === '' ? 'a run' : `run ${runId}`, run: runKey(run), attempt };
  const { name: bucket, owner: account, region } = home.bucket;
  const save = (token: string, taken: boolean): void =>
    saveLease({ region, bucket, account, key, token, uploads: inputsFolder(place), taken, kmsKey: aws.kmsKey });
  const events = {
    onWait: (holder: string): void => info(`Waiting: ${holder} is starting a job of this task …`),
    onRequest: (token: string): void => save(token, false),
    onTaken: (token: string): void => save(token, true),
    onFree: (): void => saveLease(undefined),
  };
  return takeLease(aws, home.bucket, key, holder, events, signal);
}

/**
 * Releases the lease. Before, aborts the unfinished uploads of a cancelled step; those of a failed step stay, because the
 * next run resumes them. Never throws.
 */
async function release({ aws, home, signal }: Step, place: Place, lease: Lease): Promise<void> {
  const limit = AbortSignal.any([lease.lost, AbortSignal.timeout(ABORT_MS)]);
  try {
    if (signal.aborted) await abortUnfinished(aws, home.bucket, inputsFolder(place), limit);
  } catch (error) {
    warning(
      `Unfinished uploads could not be aborted, so their parts stay in the bucket. The next run resumes them. ${describeError(error)}`,
    );
  }
  const failure = await lease.release();
  if (failure !== undefined)
    warning(`The task's lease could not be released. The post step tries again. ${describeError(failure)}`);
}
