/**
 * Finds the job whose results the step returns: one that completed earlier, one in progress, or a new one. Checks first
 * without the task's lease. Before anything is created, takes the lease and checks again.
 */

import { createBucket } from '../aws/bucket.ts';
import { abortUnfinished } from '../aws/multipart-upload.ts';
import { type Lease, takeLease } from '../aws/s3-lease.ts';
import { describeError } from '../core/errors.ts';
import { runKey } from '../core/run-context.ts';
import { inputsFolder, leaseKey, type Place } from '../core/s3-layout.ts';
import { info, warning } from '../github/log.ts';
import { saveLease } from '../github/state.ts';
import type { Decision, EarlierJob, Wanted } from '../history/decide.ts';
import { decideFromHistory } from '../history/find.ts';
import type { ReuseSpec, SkipIf } from '../history/spec.ts';
import { findImageSource, type ImageSource } from '../image/ensure.ts';
import type { Step } from '../step.ts';
import { checkCost } from './check-cost.ts';
import { launchJob, type NewJob, type Resolved, type Started } from './launch.ts';
import type { JobSpec } from './spec.ts';
import { whenBusy, whenEnding } from './when-busy.ts';

export type Obtained =
  | { readonly kind: 'reused'; readonly job: EarlierJob }
  | { readonly kind: 'followed'; readonly job: EarlierJob }
  | { readonly kind: 'started'; readonly job: Started };

/** A cancelled step has only a few seconds. */
const ABORT_MS = 2_000;

/** Starts the job. It runs while the lease is held; `signal` is the lease's. */
type Start = (signal: AbortSignal) => Promise<Started>;

/** `until`: when the step gives up waiting for another job, in milliseconds since 1970. `onStart`: see `launchJob`. */
export async function reuseOrStart(
  step: Step,
  spec: JobSpec,
  resolved: Resolved,
  wanted: Wanted,
  until: number,
  onStart: (job: NewJob) => void,
): Promise<Obtained> {
  const { aws, home, signal } = step;
  const decide = (): Promise<Decision> => decideFromHistory(step, spec.place, wanted);
  let checked: Promise<void> | undefined;
  const affordable = (): Promise<void> => {
    checked ??= checkCost(step, spec, resolved, wanted.facts);
    return checked;
  };
  let source: ImageSource | undefined;
  if (!home.exists) {
    await affordable();
    // There is nothing to reuse. Check the image first: if it cannot be built, the bucket is not created.
    source = await findImageSource(resolved.image, step);
    await createBucket(aws, home.bucket, signal);
    info(`Bucket: ${home.bucket.name} (created)`);
  }
  const start: Start = (signal) => launchJob({ ...step, signal }, spec, resolved, wanted.facts, source, onStart);
  for (;;) {
    const first: Decision = home.exists ? await decide() : { kind: 'start', why: 'the bucket is new' };
    if (leadsToStart(first, spec.reuse)) await affordable();
    const decision = first.kind === 'start' ? await startUnderLease(step, spec.place, decide, start) : first;
    switch (decision.kind) {
      case 'reuse':
        info(`Skipped: ${decision.job.name} completed this task ${howItMatches(spec.reuse.skipIf)}.`);
        return { kind: 'reused', job: decision.job };
      case 'follow':
        info(`${decision.job.name} is in progress and runs exactly the same, so this step follows it.`);
        return { kind: 'followed', job: decision.job };
      case 'busy':
        await whenBusy(step, spec.reuse.whenBusy, decision.job.name, until);
        break;
      case 'ending':
        await whenEnding(step, decision.job.name, until);
        break;
      case 'started':
        info(`Ran because ${decision.why}.`);
        return { kind: 'started', job: decision.job };
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
  place: Place,
  decide: () => Promise<Decision>,
  start: Start,
): Promise<
  | Exclude<Decision, { readonly kind: 'start' }>
  | { readonly kind: 'started'; readonly why: string; readonly job: Started }
> {
  const lease = await taskLease(step, place);
  try {
    const decision = await decide();
    if (decision.kind !== 'start') return decision;
    return { kind: 'started', why: decision.why, job: await start(lease.signal) };
  } catch (error) {
    throw lease.signal.aborted ? lease.signal.reason : error;
  } finally {
    await release(step, place, lease);
  }
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
