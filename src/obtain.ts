/**
 * The job whose results the step brings: a completed one, one that is in progress, or a new one. Looking is free; what
 * changes anything happens under the task's lease, after another look.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createBucket } from './aws/bucket.ts';
import { takeLease } from './aws/lease.ts';
import { describeJob, stopJob } from './aws/training.ts';
import { info, warning } from './github/log.ts';
import { builderOf, type Launch, launchJob, type Started } from './launch.ts';
import { decideByPast } from './past.ts';
import { findWay, type Way } from './provide.ts';
import { ActionError, describeError } from './task/errors.ts';
import type { PastJob } from './task/history.ts';
import { leaseKey, logsUrl } from './task/names.ts';
import { isEnded } from './task/status.ts';

export type Obtained =
  | { readonly kind: 'reused'; readonly job: PastJob }
  | { readonly kind: 'followed'; readonly job: PastJob }
  | { readonly kind: 'started'; readonly job: Started };

const BUSY_MS = 10_000;
const NEWS_MS = 60_000;

export async function obtainJob(launch: Launch): Promise<Obtained> {
  const { clients, spec, home, resolved, redact, signal } = launch;
  const look = () => decideByPast(clients, spec, home.bucket, resolved.wish, signal);
  let way: Way | undefined;
  if (!home.exists) {
    // There is nothing to take: an image that cannot be built is said before anything is made.
    way = await findWay(resolved.image, builderOf(launch));
    await createBucket(clients.s3, home.bucket, signal);
    info(`Bucket: ${home.bucket.name} (created)`);
  }
  for (;;) {
    const first = home.exists ? await look() : ({ kind: 'start', why: 'the bucket is new' } as const);
    const decision = first.kind === 'start' ? await startUnderLease(launch, look, way) : first;
    switch (decision.kind) {
      case 'reuse':
        info(`Skipped: ${decision.job.name} completed this task ${sameness(spec.skipIf)}.`);
        return { kind: 'reused', job: decision.job };
      case 'follow':
        info(`${decision.job.name}, in progress, runs just this: it is followed.`);
        return { kind: 'followed', job: decision.job };
      case 'busy':
        await awaitBusy(launch, decision.job);
        break;
      case 'started':
        info(redact(`Ran because ${decision.why}.`));
        return { kind: 'started', job: decision.job };
    }
  }
}

function sameness(skipIf: Launch['spec']['skipIf']): string {
  return skipIf === 'completed' ? 'before (skip-if: completed)' : 'with the same code, inputs and settings';
}

/** Looks again with the lease in hand: another run may have been faster. */
async function startUnderLease(launch: Launch, look: () => ReturnType<typeof decideByPast>, way: Way | undefined) {
  const { clients, spec, home, context, redact, signal } = launch;
  const owner = context.runId === '' ? 'a run' : `run ${context.runId}`;
  const waiting = (other: string): void => info(`Waiting: ${other} is starting a job of this task …`);
  const lease = await takeLease(clients.s3, home.bucket, leaseKey(spec), owner, waiting, signal);
  try {
    const decision = await look();
    if (decision.kind !== 'start') return decision;
    return {
      kind: 'started',
      why: decision.why,
      job: await launchJob({ ...launch, signal: lease.signal }, way),
    } as const;
  } catch (error) {
    throw lease.signal.aborted ? lease.signal.reason : error;
  } finally {
    const left = await lease.release();
    if (left !== undefined)
      warning(
        redact(`The task's lease could not be released; the next run waits for it a while. ${describeError(left)}`),
      );
  }
}

/** As `when-busy` says. */
async function awaitBusy({ clients, spec, signal }: Launch, { name }: PastJob): Promise<void> {
  const other = `${name}, a job of this task that runs something else, is in progress`;
  switch (spec.whenBusy) {
    case 'fail':
      throw new ActionError(
        `${other}: ${logsUrl(spec.region, name)}`,
        'Run again when it has ended, or set "when-busy" to wait or replace.',
      );
    case 'replace':
      info(`${other}; it is being stopped (when-busy: replace).`);
      await stopJob(clients.sagemaker, name, signal);
      break;
    case 'wait':
      info(`${other}; waiting for it (when-busy: wait): ${logsUrl(spec.region, name)}`);
  }
  const begun = Date.now();
  let spoken = begun;
  for (;;) {
    const state = await describeJob(clients.sagemaker, name, signal);
    if (isEnded(state)) return info(`${name}: ${state.status}.`);
    if (Date.now() - spoken >= NEWS_MS) {
      spoken = Date.now();
      info(`${name}: ${state.secondaryStatus}; waited ${Math.round((Date.now() - begun) / 60_000)} min`);
    }
    await sleep(BUSY_MS, undefined, { signal });
  }
}
