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

export interface Lease {
  /** Aborted when the given signal is, or when the lease was lost: another run may be starting a job then. */
  readonly signal: AbortSignal;
  readonly release: () => Promise<void>;
}

interface Place {
  readonly Bucket: string;
  readonly Key: string;
  readonly ExpectedBucketOwner: string;
}

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
  let seen = { etag: '', since: Date.now() };
  for (;;) {
    const abandoned = seen.etag !== '' && Date.now() - seen.since > ABANDONED_MS;
    const condition = abandoned ? { IfMatch: seen.etag } : ({ IfNoneMatch: '*' } as const);
    const etag = await write(s3, place, owner, condition, signal);
    if (etag !== undefined) return hold(s3, place, owner, etag, signal);
    const other = await look(s3, place, signal);
    if (other !== undefined && other.etag !== seen.etag) {
      if (seen.etag === '') waiting(other.owner);
      seen = { etag: other.etag, since: Date.now() };
    }
    if (other !== undefined) await sleep(RETRY_MS, undefined, { signal });
  }
}

/** Renews it until it is released. */
function hold(s3: S3Client, place: Place, owner: string, first: string, outer: AbortSignal): Lease {
  const lost = new AbortController();
  const released = new AbortController();
  let etag = first;
  const renew = async (): Promise<void> => {
    for (;;) {
      await sleep(RENEW_MS, undefined, { signal: released.signal });
      try {
        const next = await write(s3, place, owner, { IfMatch: etag }, released.signal);
        if (next === undefined) throw leaseLost(place);
        etag = next;
      } catch (error) {
        // Somebody takes it over when this lasts.
        if (!isPassing(error)) throw error;
      }
    }
  };
  const renewing = renew().catch((error: unknown) => {
    if (!released.signal.aborted) lost.abort(error);
  });
  const release = async (): Promise<void> => {
    released.abort();
    await renewing;
    // Also when the step was cancelled: the next run need not wait.
    await s3.send(new DeleteObjectCommand({ ...place, IfMatch: etag }), { abortSignal: AbortSignal.timeout(5_000) });
  };
  return { signal: AbortSignal.any([outer, lost.signal]), release };
}

/** The new ETag, or undefined when the condition does not hold. The content differs each time, and so the ETag does. */
async function write(
  s3: S3Client,
  place: Place,
  owner: string,
  condition: Condition,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const Body = JSON.stringify({ owner, token: randomUUID() });
    const request = new PutObjectCommand({ ...place, Body, ...condition });
    return (await s3.send(request, { abortSignal: signal })).ETag ?? '';
  } catch (error) {
    if (isServiceError(error, 'PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey')) return undefined;
    throw error;
  }
}

async function look(
  s3: S3Client,
  place: Place,
  signal: AbortSignal,
): Promise<{ etag: string; owner: string } | undefined> {
  try {
    const { ETag = '', Body } = await s3.send(new GetObjectCommand(place), { abortSignal: signal });
    const text = (await Body?.transformToString()) ?? '';
    return { etag: ETag, owner: /"owner":"([^"\\]{1,200})"/.exec(text)?.[1] ?? 'unknown' };
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
