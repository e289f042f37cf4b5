/**
 * Finds or creates the bucket that holds everything. A new bucket is private and encrypted. Every call names the
 * account that must own the bucket, because somebody else can own a bucket with a guessable name.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutPublicAccessBlockCommand,
  type ServerSideEncryptionRule,
} from '@aws-sdk/client-s3';
import { together } from '../core/concurrency.ts';
import { ActionError } from '../core/errors.ts';
import { defaultBucket } from '../core/names.ts';
import type { Connection } from './connection.ts';
import { accountId } from './credentials.ts';
import { encryptedWith, s3 } from './s3-client.ts';
import { listSubfolders } from './s3-list.ts';
import { isExpired, isServiceError, statusOf } from './service-errors.ts';

/** S3's errors for a bucket of another region: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList */
const ELSEWHERE = ['PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException'];
/** How long to wait for another run's change of the bucket. */
const CONFLICT_MS = 30_000;
const RETRY_MS = 1_000;

/**
 * S3 bills the parts of unfinished uploads, and no list of objects shows them:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html
 */
const ABORT_OLD_UPLOADS = {
  ID: 'abort-unfinished-uploads-after-7-days',
  Status: 'Enabled',
  Filter: { Prefix: '' },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
} as const;

export interface Bucket {
  readonly name: string;
  /** Account ID. */
  readonly owner: string;
}

/** The bucket of the task, in the job's region. */
export interface HomeBucket extends Bucket {
  readonly region: string;
}

/** The task's bucket, and whether it exists. */
export interface Home {
  readonly bucket: HomeBucket;
  readonly exists: boolean;
  /** The names of the folders that were in the task's folder when the step began. */
  readonly folders: readonly string[];
}

/**
 * Lists the task's folder instead of asking for the bucket alone, because the step needs the list too. `name`: undefined for
 * the account's default bucket. Throws an ActionError if the bucket cannot be used.
 */
export async function findHome(
  aws: Connection,
  name: string | undefined,
  taskFolder: string,
  signal: AbortSignal,
): Promise<Home> {
  const account = await accountId(aws, signal);
  const bucket = { name: name ?? defaultBucket(aws.region, account), region: aws.region, owner: account };
  const folders = await foldersIn(aws, bucket, taskFolder, signal);
  return { bucket, exists: folders !== undefined, folders: folders ?? [] };
}

/** Undefined if the bucket does not exist. Throws an ActionError if it exists but cannot be used. */
async function foldersIn(
  aws: Connection,
  bucket: HomeBucket,
  folder: string,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  try {
    return await listSubfolders(aws, bucket, folder, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (isServiceError(error, 'NoSuchBucket')) return undefined;
    if (error instanceof ActionError || isExpired(error)) throw error;
    throw bucketError(bucket, error);
  }
}

/** Creates the bucket, private and encrypted, with a rule that aborts old uploads. */
export async function createBucket(aws: Connection, bucket: HomeBucket, signal: AbortSignal): Promise<void> {
  await createIfMissing(aws, bucket, signal);
  const owned = { Bucket: bucket.name, ExpectedBucketOwner: bucket.owner };
  const BlockAll = {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  };
  const Rules = [defaultEncryption(aws.kmsKey)];
  const block = new PutPublicAccessBlockCommand({ ...owned, PublicAccessBlockConfiguration: BlockAll });
  const encrypt = new PutBucketEncryptionCommand({ ...owned, ServerSideEncryptionConfiguration: { Rules } });
  const abort = new PutBucketLifecycleConfigurationCommand({
    ...owned,
    LifecycleConfiguration: { Rules: [ABORT_OLD_UPLOADS] },
  });
  await together(signal, (signal) => [
    retryConflicts(() => s3(aws).send(block, { abortSignal: signal }), signal),
    retryConflicts(() => s3(aws).send(encrypt, { abortSignal: signal }), signal),
    retryConflicts(() => s3(aws).send(abort, { abortSignal: signal }), signal),
  ]);
}

/** With a key of the bucket's own, S3 does not ask KMS for each object. */
function defaultEncryption(kmsKey: string | undefined): ServerSideEncryptionRule {
  if (kmsKey === undefined) return { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } };
  const { ServerSideEncryption: SSEAlgorithm, SSEKMSKeyId: KMSMasterKeyID } = encryptedWith(kmsKey);
  return { ApplyServerSideEncryptionByDefault: { SSEAlgorithm, KMSMasterKeyID }, BucketKeyEnabled: true };
}

async function createIfMissing(aws: Connection, bucket: HomeBucket, signal: AbortSignal): Promise<void> {
  const configuration = { LocationConstraint: bucket.region as 'eu-west-1' };
  // S3 refuses us-east-1 as a LocationConstraint.
  const location = bucket.region === 'us-east-1' ? {} : { CreateBucketConfiguration: configuration };
  try {
    const create = new CreateBucketCommand({ Bucket: bucket.name, ...location });
    await retryConflicts(() => s3(aws).send(create, { abortSignal: signal }), signal);
  } catch (error) {
    // Another run created it a moment ago.
    if (isServiceError(error, 'BucketAlreadyOwnedByYou')) return;
    throw error;
  }
}

/**
 * Retries while S3 processes another run's change of the same bucket:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList (OperationAborted)
 */
async function retryConflicts<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
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

function bucketError(bucket: HomeBucket, cause: unknown): ActionError {
  const status = statusOf(cause);
  if (status === 301 || isServiceError(cause, ...ELSEWHERE))
    return new ActionError(
      `The bucket ${bucket.name} is in another region than ${bucket.region}.`,
      'Set "bucket" to a bucket in the job\'s region, or set "aws-region" to the region of this bucket.',
    );
  if (status === 403)
    return new ActionError(
      `S3 denies access to the bucket ${bucket.name}: it belongs to another account than ${bucket.owner}, the ` +
        'credentials lack s3:ListBucket on it, or its policy denies it.',
      'Set "bucket" to another name, or allow s3:ListBucket on this bucket.',
    );
  return new ActionError(
    `S3 did not list the bucket ${bucket.name}: ${(cause as Error).message || `HTTP ${status}`}`,
    'Run the step again. If that fails too, check the network between the runner and S3 (AWS_ENDPOINT_URL, proxy).',
    { cause },
  );
}
