/** From S3 to the runner: streams of objects. */
import type { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Bucket } from './bucket.ts';
import { isServiceError } from './clients.ts';

/** The object's bytes, or undefined where there is none. */
export async function openObject(
  s3: S3Client,
  bucket: Bucket,
  key: string,
  signal: AbortSignal,
): Promise<Readable | undefined> {
  try {
    const request = { Bucket: bucket.name, Key: key, ExpectedBucketOwner: bucket.owner };
    const { Body } = await s3.send(new GetObjectCommand(request), { abortSignal: signal });
    return Body as Readable;
  } catch (error) {
    if (isServiceError(error, 'NoSuchKey')) return undefined;
    throw error;
  }
}

/** The object as text, or undefined where there is none. */
export async function readText(
  s3: S3Client,
  bucket: Bucket,
  key: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const body = await openObject(s3, bucket, key, signal);
  return body === undefined ? undefined : Buffer.concat(await body.toArray()).toString('utf8');
}
