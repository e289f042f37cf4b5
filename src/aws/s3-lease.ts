/**
 * The task's lease: only the run that holds it may start a job of the task. The lease is an object that S3 lets only
 * one writer create (`If-None-Match: *`). Its run writes it again regularly. A waiting run takes it over if it has not
 * changed for a while. Only the waiting run's clock counts, so clocks may differ.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pause, untilAnswered } from '../core/concurrency.ts';
import { ActionError } from '../core/errors.ts';
import type { Bucket } from './bucket.ts';
import type { Connection } from './connection.ts';
import {
  type Held,
  type Holder,
  type LeaseObject,
  type LeaseRun,
  leaseObject,
  readHolder,
  remove,
  write,
} from './s3-lease-object.ts';
import { isRefusal, isTransient } from './service-errors.ts';

const RENEW_MS = 5_000;
/** A renewal without an answer is repeated after so long. */
const RENEWAL_MS = 8_000;
/** If a lease has not changed for so long, its run was killed. */
const ABANDONED_MS = 20_000;
const RETRY_MS = 2_000;
/** How long a release waits for a running renewal, and then for its own request. */
const RELEASE_MS = 5_000;

export interface Lease {
  /** Aborted with the caller's signal, or if the lease is lost: then another run may be starting a job. */
  readonly signal: AbortSignal;
  /** Aborted if another run takes the lease over. */
  readonly lost: AbortSignal;
  /**
   * Never throws. Returns the error if the lease could not be released; the next run takes it over after
   * `ABANDONED_MS`.
   */
  readonly release: () => Promise<unknown>;
}

/** What happens to a lease. */
export interface LeaseEvents {
  /** Called once, with the owner, if another run holds it. */
  readonly onWait: (owner: string) => void;
  /** Called before it is requested. Another process can continue as the holder with the token: `regainLease`. */
  readonly onRequest: (token: string) => void;
  readonly onTaken: (token: string) => void;
  /** Called when this run does not hold it, or no longer. */
  readonly onFree: () => void;
}

/** Waits for the lease. */
export async function takeLease(
  aws: Connection,
  bucket: Bucket,
  key: string,
  run: LeaseRun,
  { onWait, onRequest, onTaken, onFree }: LeaseEvents,
  signal: AbortSignal,
): Promise<Lease> {
  signal.throwIfAborted();
  const object = leaseObject(bucket, key);
  const own = { ...run, token: randomUUID() };
  // S3 could carry an aborted request out, and nobody would hold the lease.
  const answered = untilAnswered(signal);
  onRequest(own.token);
  try {
    const held = await acquire(aws, object, own, onWait, signal, answered);
    if (held === undefined) {
      onFree();
      throw signal.reason;
    }
    onTaken(own.token);
    return hold(aws, object, held, onFree, signal);
  } catch (error) {
    if (isRefusal(error)) onFree();
    throw error;
  }
}

/** Undefined if the signal is aborted while another run holds the lease. */
async function acquire(
  aws: Connection,
  object: LeaseObject,
  own: Holder,
  onWait: (owner: string) => void,
  signal: AbortSignal,
  answered: AbortSignal,
): Promise<Held | undefined> {
  let announced = false;
  let seen = { etag: '', over: false, since: Date.now() };
  for (;;) {
    const abandoned = seen.etag !== '' && (seen.over || Date.now() - seen.since > ABANDONED_MS);
    const condition = abandoned ? { IfMatch: seen.etag } : ({ IfNoneMatch: '*' } as const);
    const held = await write(aws, object, own, condition, answered);
    if (held?.token === own.token) return held;
    if (signal.aborted) return undefined;
    const isNew = held?.etag !== seen.etag;
    if (isNew) seen = { etag: held?.etag ?? '', over: isOver(held, own), since: Date.now() };
    if (held === undefined || (isNew && seen.over)) continue;
    if (!announced) onWait(held.owner);
    announced = true;
    await pause(RETRY_MS, signal);
  }
}

/**
 * Whether the holder is an earlier attempt of the same run: GitHub starts an attempt only when the one before has ended, and
 * else answers "The workflow run containing this job is already running". Whether another run, or another job of the same
 * attempt, has ended cannot be known without a token.
 */
function isOver(held: Held | undefined, own: Holder): boolean {
  return held !== undefined && own.run !== '' && held.run === own.run && held.attempt < own.attempt;
}

/**
 * Continues as the holder after the process that took the lease has ended. Undefined if nobody or another run holds it. If
 * that process did not know whether it was `taken`, looks for it as long as the next run would wait for it.
 */
export async function regainLease(
  aws: Connection,
  bucket: Bucket,
  key: string,
  token: string,
  taken: boolean,
  limit: () => AbortSignal,
): Promise<Lease | undefined> {
  const object = leaseObject(bucket, key);
  const until = Date.now() + (taken ? 0 : ABANDONED_MS);
  for (;;) {
    const held = await readHolder(aws, object, limit());
    if (held !== undefined && held.token !== token) return undefined;
    const own = held && (await write(aws, object, held, { IfMatch: held.etag }, limit()));
    if (own?.token === token) return hold(aws, object, own, () => undefined, new AbortController().signal);
    if (Date.now() >= until) return undefined;
    await sleep(RETRY_MS);
  }
}

/** Renews the lease until it is released. */
function hold(aws: Connection, object: LeaseObject, first: Held, onFree: () => void, outer: AbortSignal): Lease {
  const lost = new AbortController();
  const released = new AbortController();
  let { etag } = first;
  const renew = async (): Promise<void> => {
    for (;;) {
      await sleep(RENEW_MS, undefined, { signal: released.signal });
      const limit = AbortSignal.timeout(RENEWAL_MS);
      try {
        const held = await write(aws, object, first, { IfMatch: etag }, limit);
        if (held?.token !== first.token) throw leaseLost(object);
        etag = held.etag;
      } catch (error) {
        // If this lasts, another run takes the lease over, and the next write shows it.
        if (!limit.aborted && !isTransient(error)) throw error;
      }
    }
  };
  const renewing = renew().catch((error: unknown) => {
    if (!released.signal.aborted) lost.abort(error);
  });
  const release = async (): Promise<unknown> => {
    released.abort();
    // Wait for a running renewal: it changes the ETag.
    await Promise.race([renewing, sleep(RELEASE_MS, undefined, { ref: false })]);
    try {
      // Not with the step's signal: a cancelled step releases the lease too, so that the next run need not wait.
      await remove(aws, object, { ...first, etag }, AbortSignal.timeout(RELEASE_MS));
      onFree();
      return undefined;
    } catch (error) {
      return error;
    }
  };
  return { signal: AbortSignal.any([outer, lost.signal]), lost: lost.signal, release };
}

function leaseLost({ Bucket, Key }: LeaseObject): ActionError {
  return new ActionError(
    `Another run took over the task's lease s3://${Bucket}/${Key}, because this run did not renew it in time.`,
    'Run the step again. If it happens often, check the network between the runner and S3.',
  );
}
