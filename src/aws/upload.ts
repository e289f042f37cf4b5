/**
 * From the runner to S3: single objects, and a folder kept like a local one. A file that changed is sent, one that is gone
 * is removed; what was sent is written to a manifest so that an unchanged file is never sent again.
 */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import {
  formatManifest,
  type HashedFile,
  type Manifest,
  parseManifest,
  planSync,
  type RemoteFile,
} from '../task/sync.ts';
import type { Bucket } from './bucket.ts';
import { isServiceError } from './clients.ts';

/** Files up to this many bytes go in one request, from memory. */
const ONE_REQUEST = 8 * 1024 * 1024;
const SMALL_AT_ONCE = 32;
const LARGE_AT_ONCE = 2;

export interface SyncResult {
  readonly sent: number;
  /** Bytes. */
  readonly sentBytes: number;
  readonly removed: number;
  readonly unchanged: number;
}

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

/** Makes the folder (`s3://bucket/folder`, ending in a slash) hold just these files. */
export async function syncFolder(
  s3: S3Client,
  bucket: Bucket,
  place: { readonly folder: string; readonly manifestKey: string },
  files: readonly HashedFile[],
  signal: AbortSignal,
): Promise<SyncResult> {
  const [remote, manifest] = await Promise.all([
    listFolder(s3, bucket, place.folder, signal),
    readManifest(s3, bucket, place.manifestKey, signal),
  ]);
  const plan = planSync(files, remote, manifest);
  const sent = new Map(plan.keep);
  const send = async (file: HashedFile): Promise<void> => {
    const etag = await sendFile(s3, bucket, place.folder + file.path, file, signal);
    sent.set(file.path, { sha256: file.sha256, etag });
  };
  const small = plan.send.filter((file) => file.size <= ONE_REQUEST);
  const large = plan.send.filter((file) => file.size > ONE_REQUEST);
  try {
    await Promise.all([
      each(small, SMALL_AT_ONCE, send),
      each(large, LARGE_AT_ONCE, send),
      removeKeys(
        s3,
        bucket,
        plan.remove.map((path) => place.folder + path),
        signal,
      ),
    ]);
  } finally {
    // Also after a failure: what arrived need not be sent again.
    if (plan.send.length > 0 || sent.size !== manifest.size) {
      await putObject(s3, bucket, place.manifestKey, formatManifest(sent), AbortSignal.timeout(10_000));
    }
  }
  return {
    sent: plan.send.length,
    sentBytes: plan.send.reduce((sum, file) => sum + file.size, 0),
    removed: plan.remove.length,
    unchanged: plan.keep.size,
  };
}

/** Removes all below the folder; answers how many objects that were. */
export async function emptyFolder(s3: S3Client, bucket: Bucket, folder: string, signal: AbortSignal): Promise<number> {
  const files = await listFolder(s3, bucket, folder, signal);
  await removeKeys(
    s3,
    bucket,
    files.map(({ path }) => folder + path),
    signal,
  );
  return files.length;
}

/** All objects below the folder; its own marker object (`folder/`) left out. */
export async function listFolder(
  s3: S3Client,
  bucket: Bucket,
  folder: string,
  signal: AbortSignal,
): Promise<RemoteFile[]> {
  const files: RemoteFile[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({
        Bucket: bucket.name,
        Prefix: folder,
        ContinuationToken: token,
        ExpectedBucketOwner: bucket.owner,
      }),
      { abortSignal: signal },
    );
    for (const { Key = '', Size = 0, ETag = '' } of page.Contents ?? []) {
      if (Key !== folder) files.push({ path: Key.slice(folder.length), size: Size, etag: ETag });
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return files;
}

async function sendFile(
  s3: S3Client,
  bucket: Bucket,
  key: string,
  file: HashedFile,
  signal: AbortSignal,
): Promise<string> {
  if (file.size <= ONE_REQUEST) return putObject(s3, bucket, key, await readFile(file.absolute), signal);
  const params = {
    Bucket: bucket.name,
    Key: key,
    Body: createReadStream(file.absolute),
    ExpectedBucketOwner: bucket.owner,
  };
  const upload = new Upload({ client: s3, params, queueSize: 4, partSize: partSize(file.size) });
  const abort = (): void => void upload.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    const { ETag } = await upload.done();
    return ETag ?? '';
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** S3 takes 10,000 parts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
function partSize(size: number): number {
  return Math.max(ONE_REQUEST, Math.ceil(size / 10_000));
}

async function readManifest(s3: S3Client, bucket: Bucket, key: string, signal: AbortSignal): Promise<Manifest> {
  try {
    const request = { Bucket: bucket.name, Key: key, ExpectedBucketOwner: bucket.owner };
    const { Body } = await s3.send(new GetObjectCommand(request), { abortSignal: signal });
    return parseManifest((await Body?.transformToString()) ?? '');
  } catch (error) {
    if (isServiceError(error, 'NoSuchKey')) return new Map();
    throw error;
  }
}

async function removeKeys(s3: S3Client, bucket: Bucket, keys: readonly string[], signal: AbortSignal): Promise<void> {
  for (let at = 0; at < keys.length; at += 1000) {
    const Objects = keys.slice(at, at + 1000).map((Key) => ({ Key }));
    const request = { Bucket: bucket.name, Delete: { Objects, Quiet: true }, ExpectedBucketOwner: bucket.owner };
    const { Errors = [] } = await s3.send(new DeleteObjectsCommand(request), { abortSignal: signal });
    const [first] = Errors;
    if (first !== undefined)
      throw new Error(`S3 did not remove ${Errors.length} objects; ${first.Key}: ${first.Message}`);
  }
}

/** Runs `work` on each item, so many at once; after a failure nothing new is begun, and what was begun is waited for. */
async function each<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      if (failed) return;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
