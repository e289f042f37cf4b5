/**
 * The bucket that holds everything: looked at, and made where absent, private and encrypted. Every call names the
 * account that must own it: a bucket of a guessable name can be a stranger's.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateBucketCommand,
  HeadBucketCommand,
  PutBucketEncryptionCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ActionError } from '../task/errors.ts';
import { isServiceError } from './clients.ts';

/** So long another run's change of the bucket is waited for. */
const CONFLICT_MS = 30_000;
const RETRY_MS = 1_000;

export interface Bucket {
  readonly name: string;
  /** Account id. */
  readonly owner: string;
}

/** The bucket of the task, in the job's region. */
export interface HomeBucket extends Bucket {
  readonly region: string;
}

/** Whether it is there; throws an ActionError when it is, but not ours to use. */
export async function hasBucket(s3: S3Client, bucket: HomeBucket, signal: AbortSignal): Promise<boolean> {
  try {
    const request = { Bucket: bucket.name, ExpectedBucketOwner: bucket.owner };
    await s3.send(new HeadBucketCommand(request), { abortSignal: signal });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status === 404) return false;
    throw bucketError(bucket, status, error);
  }
}

/** Makes it, private and encrypted. */
export async function createBucket(s3: S3Client, bucket: HomeBucket, signal: AbortSignal): Promise<void> {
  await makeBucket(s3, bucket, signal);
  const owned = { Bucket: bucket.name, ExpectedBucketOwner: bucket.owner };
  const BlockAll = {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  };
  const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' as const } }];
  const block = new PutPublicAccessBlockCommand({ ...owned, PublicAccessBlockConfiguration: BlockAll });
  const encrypt = new PutBucketEncryptionCommand({ ...owned, ServerSideEncryptionConfiguration: { Rules } });
  await Promise.all([
    afterConflicts(() => s3.send(block, { abortSignal: signal }), signal),
    afterConflicts(() => s3.send(encrypt, { abortSignal: signal }), signal),
  ]);
}

async function makeBucket(s3: S3Client, bucket: HomeBucket, signal: AbortSignal): Promise<void> {
  const place = { LocationConstraint: bucket.region as 'eu-west-1' };
  // us-east-1 is the one region that S3 does not take as a constraint.
  const where = bucket.region === 'us-east-1' ? {} : { CreateBucketConfiguration: place };
  try {
    const create = new CreateBucketCommand({ Bucket: bucket.name, ...where });
    await afterConflicts(() => s3.send(create, { abortSignal: signal }), signal);
  } catch (error) {
    // Another run made it a moment ago.
    if (isServiceError(error, 'BucketAlreadyOwnedByYou')) return;
    throw error;
  }
}

/**
 * Tries again while S3 is at another run's change of the same bucket:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList (OperationAborted)
 */
async function afterConflicts<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const deadline = Date.now() + CONFLICT_MS;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isServiceError(error, 'OperationAborted') || Date.now() > deadline) throw error;
      await sleep(RETRY_MS, undefined, { signal });
    }
  }
}

function bucketError(bucket: HomeBucket, status: number | undefined, cause: unknown): unknown {
  switch (status) {
    case 403:
      return new ActionError(
        `The bucket ${bucket.name} is not yours to use: it belongs to another account than ${bucket.owner}, or s3:ListBucket is denied.`,
        'Give another "bucket", or allow s3:ListBucket on it.',
      );
    case 301:
    case 400:
      return new ActionError(
        `The bucket ${bucket.name} lies in another region than ${bucket.region}.`,
        'Give a "bucket" of the job\'s region, or another "aws-region".',
      );
    default:
      // The answer to HEAD has no body, so the SDK's error has no text of its own.
      return new ActionError(
        `S3 did not answer for the bucket ${bucket.name}: ${status === undefined ? (cause as Error).message : `HTTP ${status}`}.`,
        'Run again; if it stays, look at the network between runner and S3 (AWS_ENDPOINT_URL, proxy).',
        { cause },
      );
  }
}
