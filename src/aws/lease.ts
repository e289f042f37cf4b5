/**
 * The task's lease: one run at a time starts a job of it. An object that S3 lets one writer create (`If-None-Match: *`),
 * written anew while its run is alive; one that did not change for a while is taken over. No clock but the waiter's own.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ActionError } from '../task/errors.ts';
import type { Bucket } from './bucket.ts';
import { isPassing, isServiceError } from './clients.ts';

const RENEW_MS = 10_000;
/** A lease that does not change for so long has no owner any more: its run was killed. */
const ABANDONED_MS = 45_000;
const RETRY_MS = 2_000;
/** A release waits so long for a renewal under way, and then for its own answer. */
const RELEASE_MS = 5_000;

export interface Lease {
  /** Aborted when the given signal is, or when the lease was lost: another run may be starting a job then. */
  readonly signal: AbortSignal;
  /** Never throws; answers why the lease is still there: the next run takes it over after `ABANDONED_MS`. */
  readonly release: () => Promise<unknown>;
}

interface Place {
  readonly Bucket: string;
  readonly Key: string;
  readonly ExpectedBucketOwner: string;
}

interface Holder {
  /** A run, for people to read. */
  readonly owner: string;
  /** One a lease, by which a run knows its own. */
  readonly token: string;
}

type Held = Holder & { readonly etag: string };

type Condition = { readonly IfNoneMatch: '*' } | { readonly IfMatch: string };

/** Waits for the lease; calls `waiting` once with its owner when another run has it. */
export async function takeLease(
  s3: S3Client,
  bucket: Bucket,
  key: string,
  owner: string,
  waiting: (owner: string) => void,
  signal: AbortSignal,
): Promise<Lease> {
  const place = { Bucket: bucket.name, Key: key, ExpectedBucketOwner: bucket.owner };
  const own = { owner, token: randomUUID() };
  let told = false;
  let seen = { etag: '', since: Date.now() };
  for (;;) {
    const abandoned = seen.etag !== '' && Date.now() - seen.since > ABANDONED_MS;
    const condition = abandoned ? { IfMatch: seen.etag } : ({ IfNoneMatch: '*' } as const);
    const held = await write(s3, place, own, condition, signal);
    if (held?.token === own.token) return hold(s3, place, held, signal);
    if (held?.etag !== seen.etag) seen = { etag: held?.etag ?? '', since: Date.now() };
    if (held === undefined) continue;
    if (!told) waiting(held.owner);
    told = true;
    await sleep(RETRY_MS, undefined, { signal });
  }
}

/** Renews it until it is released. */
function hold(s3: S3Client, place: Place, first: Held, outer: AbortSignal): Lease {
  const lost = new AbortController();
  const released = new AbortController();
  let { etag } = first;
  const renew = async (): Promise<void> => {
    for (;;) {
      await sleep(RENEW_MS, undefined, { signal: released.signal });
      try {
        const held = await write(s3, place, first, { IfMatch: etag }, outer);
        if (held?.token !== first.token) throw leaseLost(place);
        etag = held.etag;
      } catch (error) {
        // Somebody takes it over when this lasts.
        if (!isPassing(error)) throw error;
      }
    }
  };
  const renewing = renew().catch((error: unknown) => {
    if (!released.signal.aborted) lost.abort(error);
  });
  const release = async (): Promise<unknown> => {
    released.abort();
    // A renewal under way may change the ETag; one that is aborted could be carried out all the same.
    await Promise.race([renewing, sleep(RELEASE_MS, undefined, { ref: false })]);
    try {
      // Also when the step was cancelled: the next run need not wait.
      const request = new DeleteObjectCommand({ ...place, IfMatch: etag });
      await s3.send(request, { abortSignal: AbortSignal.timeout(RELEASE_MS) });
      return undefined;
    } catch (error) {
      // Gone by an attempt whose answer was lost, or another run's by now.
      return isServiceError(error, 'NoSuchKey', 'PreconditionFailed') ? undefined : error;
    }
  };
  return { signal: AbortSignal.any([outer, lost.signal]), release };
}

/**
 * Who holds the lease after the attempt; undefined: nobody. Where the condition does not hold, the object tells: a first
 * attempt whose answer was lost and that the SDK tried again has changed it. The content differs each time, and so the
 * ETag does.
 */
async function write(
  s3: S3Client,
  place: Place,
  { owner, token }: Holder,
  condition: Condition,
  signal: AbortSignal,
): Promise<Held | undefined> {
  try {
    const Body = JSON.stringify({ owner, token, version: randomUUID() });
    const request = new PutObjectCommand({ ...place, Body, ...condition });
    const { ETag = '' } = await s3.send(request, { abortSignal: signal });
    return { owner, token, etag: ETag };
  } catch (error) {
    if (!isServiceError(error, 'PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey')) throw error;
    return look(s3, place, signal);
  }
}

async function look(s3: S3Client, place: Place, signal: AbortSignal): Promise<Held | undefined> {
  try {
    const { ETag = '', Body } = await s3.send(new GetObjectCommand(place), { abortSignal: signal });
    const text = (await Body?.transformToString()) ?? '';
    const member = (name: string): string => new RegExp(`"${name}":"([^"\\\\]{1,200})"`).exec(text)?.[1] ?? 'unknown';
    return { etag: ETag, owner: member('owner'), token: member('token') };
  } catch (error) {
    if (isServiceError(error, 'NoSuchKey')) return undefined;
    throw error;
  }
}

function leaseLost({ Bucket, Key }: Place): ActionError {
  return new ActionError(
    `The task's lease s3://${Bucket}/${Key} was taken over by another run: this one did not renew it in time.`,
    'Run again; when it happens often, look at the network between runner and S3.',
  );
}
