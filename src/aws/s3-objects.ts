/** Reads, writes and removes S3 objects. */
import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandInput,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { each } from '../core/concurrency.ts';
import { ActionError } from '../core/errors.ts';
import { CONTROL } from '../core/s3-layout.ts';
import type { Bucket } from './bucket.ts';
import type { Connection } from './connection.ts';
import { encryptedWith, s3 } from './s3-client.ts';
import { listFolder } from './s3-list.ts';
import { isServiceError, statusOf } from './service-errors.ts';
import { wholeObject } from './whole-object.ts';

/** Bytes. The action keeps no longer text, so a longer one is not the action's. */
const LONGEST_TEXT = 512 * 1024 * 1024;

/** What identifies an object's content. `size` in bytes; `version` is undefined if the bucket keeps no versions. */
export interface ObjectHead {
  readonly etag: string;
  readonly size: number;
  readonly version: string | undefined;
}

/** Undefined if the object does not exist. */
export async function headObject(
  aws: Connection,
  bucket: Bucket,
  key: string,
  signal: AbortSignal,
): Promise<ObjectHead | undefined> {
  const request = { Bucket: bucket.name, Key: key, ExpectedBucketOwner: bucket.owner };
  try {
    const { ETag = '', ContentLength = 0, VersionId } = await head(aws, request, signal);
    return { etag: ETag, size: ContentLength, version: VersionId };
  } catch (error) {
    if (isServiceError(error, 'NotFound')) return undefined;
    throw error;
  }
}

/**
 * S3's answer to HEAD has no text. So if it is HTTP 400, lists the bucket, whose refusal says why: that the credentials have
 * expired, or that the bucket is in another region. https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
 */
async function head(
  aws: Connection,
  request: HeadObjectCommandInput,
  signal: AbortSignal,
): Promise<HeadObjectCommandOutput> {
  const send = (): Promise<HeadObjectCommandOutput> =>
    s3(aws).send(new HeadObjectCommand(request), { abortSignal: signal });
  try {
    return await send();
  } catch (error) {
    if (statusOf(error) !== 400) throw error;
    const { Bucket, ExpectedBucketOwner } = request;
    const list = new ListObjectsV2Command({ Bucket, ExpectedBucketOwner, MaxKeys: 1 });
    await s3(aws).send(list, { abortSignal: signal });
    // The credentials are others by now.
    return send();
  }
}

/** The object as a stream. Undefined if it does not exist. Throws an ActionError if its ETag is not `etag`. */
export async function openObject(
  aws: Connection,
  bucket: Bucket,
  key: string,
  signal: AbortSignal,
  etag?: string,
): Promise<Readable | undefined> {
  try {
    return (await getObject(aws, bucket, key, signal, etag)).body;
  } catch (error) {
    if (isServiceError(error, 'NoSuchKey')) return undefined;
    if (!isServiceError(error, 'PreconditionFailed')) throw error;
    throw changedSince(`s3://${bucket.name}/${key}`, error);
  }
}

/** For results that are not what the job left. */
export function changedSince(uri: string, cause?: unknown): ActionError {
  const remedy = 'Run the task again. CloudTrail shows who wrote to the bucket.';
  return new ActionError(`${uri} was changed after its job ended.`, remedy, { cause });
}

/** The object as text. Undefined if it does not exist, or is longer than any text that the action keeps. */
export async function readText(
  aws: Connection,
  bucket: Bucket,
  key: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  return (await readVersion(aws, bucket, key, signal))?.text;
}

/** The same, with the ETag of what was read. */
export async function readVersion(
  aws: Connection,
  bucket: Bucket,
  key: string,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly etag: string } | undefined> {
  try {
    const { body, size, etag } = await getObject(aws, bucket, key, signal);
    if (size <= LONGEST_TEXT) return { text: Buffer.concat(await body.toArray()).toString('utf8'), etag };
    body.destroy();
    return undefined;
  } catch (error) {
    if (isServiceError(error, 'NoSuchKey')) return undefined;
    throw error;
  }
}

/**
 * Calls `take` with the object's text, piece by piece; not at all if the object does not exist, or is longer than any text that
 * the action keeps.
 */
export async function readPieces(
  aws: Connection,
  bucket: Bucket,
  key: string,
  take: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { body, size } = await getObject(aws, bucket, key, signal);
    if (size > LONGEST_TEXT) return void body.destroy();
    for await (const text of body.setEncoding('utf8')) take(text as string);
  } catch (error) {
    if (!isServiceError(error, 'NoSuchKey')) throw error;
  }
}

/** The object as a stream that outlives its connections, and its size in bytes. */
async function getObject(
  aws: Connection,
  bucket: Bucket,
  key: string,
  signal: AbortSignal,
  etag?: string,
): Promise<{ body: Readable; size: number; etag: string }> {
  const object = { Bucket: bucket.name, Key: key, ExpectedBucketOwner: bucket.owner };
  const get = (more: { IfMatch: string | undefined; Range?: string }): Promise<GetObjectCommandOutput> =>
    s3(aws).send(new GetObjectCommand({ ...object, ...more }), { abortSignal: signal });
  const { Body, ContentLength: size = 0, ETag = '' } = await get({ IfMatch: etag });
  const from = async (byte: number): Promise<Readable> =>
    (await get({ IfMatch: ETag, Range: `bytes=${byte}-` })).Body as Readable;
  const onBreak = (): void => aws.tell('S3 ends an answer before its end; reading the rest …');
  return { body: wholeObject({ body: Body as Readable, size, from, onBreak }, signal), size, etag: ETag };
}

/** S3's limit: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const KEYS_A_REQUEST = 1000;
const REQUESTS_AT_ONCE = 4;

/** Writes an object and returns its ETag. `kmsKey`: another key to encrypt it with than the connection's. */
export async function putObject(
  aws: Connection,
  bucket: Bucket,
  key: string,
  body: Uint8Array | string,
  signal: AbortSignal,
  kmsKey?: string,
): Promise<string> {
  const object = { Bucket: bucket.name, Key: key, Body: body, ExpectedBucketOwner: bucket.owner };
  const request = { ...object, ...encryptedWith(kmsKey) };
  const { ETag } = await s3(aws).send(new PutObjectCommand(request), { abortSignal: signal });
  return ETag ?? '';
}

/** Removes all objects below the folder and returns their number. */
export async function removeFolder(
  aws: Connection,
  bucket: Bucket,
  folder: string,
  signal: AbortSignal,
): Promise<number> {
  const keys = (await listFolder(aws, bucket, folder, signal)).map(({ path }) => folder + path);
  await removeKeys(aws, bucket, keys, signal);
  return keys.length;
}

export async function removeKeys(
  aws: Connection,
  bucket: Bucket,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const owned = { Bucket: bucket.name, ExpectedBucketOwner: bucket.owner };
  // XML cannot contain control characters, so each of these keys needs a request of its own.
  const [single, plain] = [keys.filter((key) => CONTROL.test(key)), keys.filter((key) => !CONTROL.test(key))];
  const batches = Array.from({ length: Math.ceil(plain.length / KEYS_A_REQUEST) }, (_, at) =>
    plain.slice(at * KEYS_A_REQUEST, (at + 1) * KEYS_A_REQUEST),
  );
  await each(signal, batches, REQUESTS_AT_ONCE, async (batch, signal) => {
    const request = { ...owned, Delete: { Objects: batch.map((Key) => ({ Key })), Quiet: true } };
    const { Errors = [] } = await s3(aws).send(new DeleteObjectsCommand(request), { abortSignal: signal });
    const [first] = Errors;
    if (first !== undefined)
      throw new Error(`S3 could not remove ${Errors.length} objects. The first error: ${first.Key}: ${first.Message}`);
  });
  await each(signal, single, REQUESTS_AT_ONCE, async (Key, signal) => {
    await s3(aws).send(new DeleteObjectCommand({ ...owned, Key }), { abortSignal: signal });
  });
}
