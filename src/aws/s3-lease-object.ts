/**
 * The S3 object of a task's lease. It is written and deleted on conditions, so that no run changes another's lease:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Bucket } from './bucket.ts';
import type { Connection } from './connection.ts';
import { s3 } from './s3-client.ts';
import { readVersion } from './s3-objects.ts';
import { isServiceError } from './service-errors.ts';

export interface LeaseObject {
  readonly Bucket: string;
  readonly Key: string;
  readonly ExpectedBucketOwner: string;
}

/** The run that requests a lease. */
export interface LeaseRun {
  /** A readable name. */
  readonly owner: string;
  /** Identifies the workflow run. Empty if it is not known. */
  readonly run: string;
  readonly attempt: number;
}

export type Holder = LeaseRun & {
  /** Unique for each lease, so that a run recognises its own. */
  readonly token: string;
};

export type Held = Holder & { readonly etag: string };

export type Condition = { readonly IfNoneMatch: '*' } | { readonly IfMatch: string };

export function leaseObject(bucket: Bucket, key: string): LeaseObject {
  return { Bucket: bucket.name, Key: key, ExpectedBucketOwner: bucket.owner };
}

/** Deletes the lease if this holder still holds it. Its ETag may have changed by a write whose answer was lost. */
export async function remove(
  aws: Connection,
  object: LeaseObject,
  { token, etag }: Held,
  signal: AbortSignal,
): Promise<void> {
  for (let own: string | undefined = etag; own !== undefined; ) {
    try {
      const request: DeleteObjectCommand = new DeleteObjectCommand({ ...object, IfMatch: own });
      await s3(aws).send(request, { abortSignal: signal });
      return;
    } catch (error) {
      if (!isServiceError(error, 'NoSuchKey', 'PreconditionFailed', 'ConditionalRequestConflict')) throw error;
    }
    const held = await readHolder(aws, object, signal);
    own = held?.token === token ? held.etag : undefined;
  }
}

/**
 * Tries to write the lease and returns its holder, or undefined if nobody holds it. If the condition fails, reads the
 * object: the SDK may have retried a write whose answer was lost but which succeeded. The content differs in each
 * write, so that the ETag differs too.
 */
export async function write(
  aws: Connection,
  object: LeaseObject,
  { owner, run, attempt, token }: Holder,
  condition: Condition,
  signal: AbortSignal,
): Promise<Held | undefined> {
  try {
    const Body = JSON.stringify({ owner, run, attempt: String(attempt), token, version: randomUUID() });
    const request = new PutObjectCommand({ ...object, Body, ...condition });
    const { ETag = '' } = await s3(aws).send(request, { abortSignal: signal });
    return { owner, run, attempt, token, etag: ETag };
  } catch (error) {
    if (!isServiceError(error, 'PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey')) throw error;
    return readHolder(aws, object, signal);
  }
}

export async function readHolder(aws: Connection, object: LeaseObject, signal: AbortSignal): Promise<Held | undefined> {
  const { Bucket: name, Key, ExpectedBucketOwner: owned } = object;
  const found = await readVersion(aws, { name, owner: owned }, Key, signal);
  if (found === undefined) return undefined;
  const { text, etag } = found;
  const member = (name: string): string => new RegExp(`"${name}":"([^"\\\\]{1,200})"`).exec(text)?.[1] ?? 'unknown';
  const [owner, run, token] = [member('owner'), member('run'), member('token')];
  return { etag, owner, run, attempt: Number(member('attempt')), token };
}
