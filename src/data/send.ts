/** Sends files to their folder in S3: small ones in one request, large ones in parts. */

import type { Bucket } from '../aws/bucket.ts';
import type { Connection } from '../aws/connection.ts';
import { abortUpload, listUnfinished, type UnfinishedUpload, uploadLarge } from '../aws/multipart-upload.ts';
import { SmallObjects } from '../aws/small-objects.ts';
import { Budget, each, together } from '../core/concurrency.ts';
import type { HashedFile } from '../core/local-file.ts';
import { SMALLEST_PART } from '../core/parts.ts';
import { openFile, readUnchanged } from '../files/open-file.ts';

const SMALL_AT_ONCE = 64;
const LARGE_AT_ONCE = 4;
const ABORTS_AT_ONCE = 16;
/** Bytes in memory. Shared by all syncs of the process. */
const MEMORY = new Budget(128 * 1024 * 1024);

/** What happens to the files. */
export interface SendEvents {
  readonly onSent: (file: HashedFile, etag: string) => void;
  /** Called with the size of each piece that S3 has. */
  readonly onBytes: (bytes: number) => void;
}

/** Whether the file is sent in parts. */
export function isLarge({ size }: HashedFile): boolean {
  return size > SMALLEST_PART;
}

/** `folder`: a key with a slash at its end. `resume`: whether interrupted uploads may be resumed. */
export async function sendFiles(
  aws: Connection,
  bucket: Bucket,
  folder: string,
  files: readonly HashedFile[],
  resume: boolean,
  events: SendEvents,
  signal: AbortSignal,
): Promise<void> {
  const large = files.filter(isLarge);
  const small = files.filter((file) => !isLarge(file));
  await together(signal, (signal) => [
    large.length > 0 && sendLargeFiles(aws, bucket, folder, large, resume, events, signal),
    sendSmallFiles(aws, bucket, folder, small, events, signal),
  ]);
}

async function sendSmallFiles(
  aws: Connection,
  bucket: Bucket,
  folder: string,
  files: readonly HashedFile[],
  { onSent, onBytes }: SendEvents,
  signal: AbortSignal,
): Promise<void> {
  const objects = new SmallObjects(aws, bucket);
  await each(signal, files, SMALL_AT_ONCE, async (file, signal) => {
    const { path, size, sha256 } = file;
    const send = (): Promise<string> => objects.put(folder + path, { bytes: readUnchanged(file), sha256 }, signal);
    onSent(file, await MEMORY.hold(size, send));
    onBytes(size);
  });
}

async function sendLargeFiles(
  aws: Connection,
  bucket: Bucket,
  folder: string,
  files: readonly HashedFile[],
  resume: boolean,
  { onSent, onBytes }: SendEvents,
  signal: AbortSignal,
): Promise<void> {
  const unfinished = await resumableUploads(aws, bucket, folder, resume ? files : [], signal);
  await each(signal, files, LARGE_AT_ONCE, async (file, signal) => {
    const key = folder + file.path;
    onSent(file, await sendLargeFile(aws, bucket, key, file, unfinished.get(key), onBytes, signal));
  });
}

async function sendLargeFile(
  aws: Connection,
  bucket: Bucket,
  key: string,
  file: HashedFile,
  unfinished: UnfinishedUpload | undefined,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const source = await openFile(file);
  try {
    await source.assertUnchanged();
    const beforeCompletion = (): Promise<void> => source.assertUnchanged();
    const options = { budget: MEMORY, onBytes, beforeCompletion };
    return await uploadLarge(aws, bucket, key, source, unfinished, options, signal);
  } finally {
    await source.close();
  }
}

/**
 * Key → the newest unfinished upload of the file, to resume. Aborts the others: this run has the lease, so no run uses
 * them.
 */
async function resumableUploads(
  aws: Connection,
  bucket: Bucket,
  folder: string,
  large: readonly HashedFile[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, UnfinishedUpload>> {
  const wanted = new Set(large.map(({ path }) => folder + path));
  const uploads = await listUnfinished(aws, bucket, folder, signal);
  const usable = new Map(
    uploads.filter(({ key, usable }) => usable && wanted.has(key)).map((each) => [each.key, each]),
  );
  const orphans = uploads.filter((each) => usable.get(each.key) !== each);
  await each(signal, orphans, ABORTS_AT_ONCE, (orphan, signal) => abortUpload(aws, bucket, orphan, signal));
  return usable;
}
