/** What is written to S3 and removed from it, in single requests. */
import { DeleteObjectCommand, DeleteObjectsCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { CONTROL } from '../task/sync.ts';
import type { Bucket } from './bucket.ts';
import { each } from './concurrency.ts';
import { listFolder } from './listing.ts';

/** S3's most: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const KEYS_A_REQUEST = 1000;
const REQUESTS_AT_ONCE = 4;

/** The new object's ETag. */
export async function putObject(
  s3: S3Client,
  bucket: Bucket,
  key: string,
  body: Uint8Array | string,
  signal: AbortSignal,
): Promise<string> {
  const request = { Bucket: bucket.name, Key: key, Body: body, ExpectedBucketOwner: bucket.owner };
  const { ETag } = await s3.send(new PutObjectCommand(request), { abortSignal: signal });
  return ETag ?? '';
}

/** Removes all below the folder; answers how many objects that were. */
export async function emptyFolder(s3: S3Client, bucket: Bucket, folder: string, signal: AbortSignal): Promise<number> {
  const keys = (await listFolder(s3, bucket, folder, signal)).map(({ path }) => folder + path);
  await removeKeys(s3, bucket, keys, signal);
  return keys.length;
}

export async function removeKeys(
  s3: S3Client,
  bucket: Bucket,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const owned = { Bucket: bucket.name, ExpectedBucketOwner: bucket.owner };
  // XML cannot hold these, so they cannot be among others.
  const [single, plain] = [keys.filter((key) => CONTROL.test(key)), keys.filter((key) => !CONTROL.test(key))];
  const batches = Array.from({ length: Math.ceil(plain.length / KEYS_A_REQUEST) }, (_, at) =>
    plain.slice(at * KEYS_A_REQUEST, (at + 1) * KEYS_A_REQUEST),
  );
  await each(batches, REQUESTS_AT_ONCE, async (batch) => {
    const request = { ...owned, Delete: { Objects: batch.map((Key) => ({ Key })), Quiet: true } };
    const { Errors = [] } = await s3.send(new DeleteObjectsCommand(request), { abortSignal: signal });
    const [first] = Errors;
    if (first !== undefined)
      throw new Error(`S3 did not remove ${Errors.length} objects; ${first.Key}: ${first.Message}`);
  });
  await each(single, REQUESTS_AT_ONCE, async (Key) => {
    await s3.send(new DeleteObjectCommand({ ...owned, Key }), { abortSignal: signal });
  });
}
