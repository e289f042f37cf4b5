/**
 * A folder in S3 kept like one on the runner. A file that changed is sent, one that is gone is removed; what was sent is
 * written to a manifest, also on the way, so that nothing is sent twice, however the run before ended.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import {
  formatManifest,
  type HashedFile,
  isEtagOf,
  listCuts,
  type Manifest,
  parseManifest,
  planSync,
  type Sent,
  SMALLEST_PART,
  type SyncPlan,
} from '../task/sync.ts';
import type { Bucket } from './bucket.ts';
import { Budget, each } from './concurrency.ts';
import { readText } from './download.ts';
import { listFolder } from './listing.ts';
import { abortBegun, type Begun, changed, listBegun, sendLarge } from './multipart.ts';
import { putObject, removeKeys } from './upload.ts';

const MIB = 1024 * 1024;
/** Files up to this many bytes go in one request. */
const ONE_REQUEST = SMALLEST_PART;
const SMALL_AT_ONCE = 64;
const LARGE_AT_ONCE = 4;
const COMPARED_AT_ONCE = 4;
/** Of all syncs of the process together. */
const MEMORY = new Budget(128 * MIB);
/** The list is cut into so many pieces, none smaller than two of S3's pages. */
const MOST_PIECES = 8;
const LEAST_PIECE = 2_000;
const NOTE_EVERY_MS = 10_000;
const LAST_NOTE_MS = 30_000;

/** How far a sync is, while it runs. */
export class SyncProgress {
  filesToSend = 0;
  bytesToSend = 0;
  filesSent = 0;
  /** With the parts of files that are on their way. */
  bytesSent = 0;
  removed = 0;
}

export interface Place {
  /** A key that ends in a slash. */
  readonly folder: string;
  readonly manifestKey: string;
}

/** Makes the folder hold just these files. */
export async function syncFolder(
  s3: S3Client,
  bucket: Bucket,
  place: Place,
  files: readonly HashedFile[],
  progress: SyncProgress,
  signal: AbortSignal,
): Promise<void> {
  const cuts = listCuts(files, MOST_PIECES, LEAST_PIECE);
  const [remote, manifest] = await Promise.all([
    listFolder(s3, bucket, place.folder, signal, cuts),
    readManifest(s3, bucket, place.manifestKey, signal),
  ]);
  const plan = planSync(files, remote, manifest);
  const there = new Map(plan.keep);
  const send = [...plan.send, ...(await compare(plan.compare, there, signal))];
  progress.filesToSend = send.length;
  progress.bytesToSend = send.reduce((sum, { size }) => sum + size, 0);
  let noted = Promise.resolve();
  const noting = setInterval(() => {
    // For a run that is killed. A failure that lasts is the last note's to tell.
    noted = noted.then(() => note(s3, bucket, place, there)).catch(() => undefined);
  }, NOTE_EVERY_MS);
  try {
    // First what is gone: a file's name may be that of a folder now.
    await removeKeys(s3, bucket, keysOf(place, plan.remove), signal);
    progress.removed = plan.remove.length;
    await sendAll(s3, bucket, place, send, there, progress, signal);
  } catch (error) {
    // What arrived need not be sent again. Where this fails too, the first error is the one to tell.
    await note(s3, bucket, place, there).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(noting);
    await noted;
  }
  const isNoted = send.length + plan.compare.length === 0 && there.size === manifest.size;
  if (!isNoted) await note(s3, bucket, place, there);
}

function keysOf({ folder }: Place, paths: readonly string[]): string[] {
  return paths.map((path) => folder + path);
}

/** Adds to `there` what S3 has already; answers what it has not. */
async function compare(
  candidates: SyncPlan['compare'],
  there: Map<string, Sent>,
  signal: AbortSignal,
): Promise<HashedFile[]> {
  const other: HashedFile[] = [];
  await each(candidates, COMPARED_AT_ONCE, async ({ file, etag }) => {
    const hash = createHash('md5');
    const bytes = createReadStream(file.absolute, { highWaterMark: MIB, signal });
    for await (const chunk of bytes) hash.update(chunk as Buffer);
    if (isEtagOf(etag, hash.digest('hex'))) there.set(file.path, { sha256: file.sha256, etag });
    else other.push(file);
  });
  return other;
}

async function sendAll(
  s3: S3Client,
  bucket: Bucket,
  { folder }: Place,
  files: readonly HashedFile[],
  there: Map<string, Sent>,
  progress: SyncProgress,
  signal: AbortSignal,
): Promise<void> {
  const small = files.filter(({ size }) => size <= ONE_REQUEST);
  const large = files.filter(({ size }) => size > ONE_REQUEST);
  const arrived = (file: HashedFile, etag: string): void => {
    there.set(file.path, { sha256: file.sha256, etag });
    progress.filesSent += 1;
  };
  const onBytes = (bytes: number): void => {
    progress.bytesSent += bytes;
  };
  const sendLargeOnes = async (): Promise<void> => {
    if (large.length === 0) return;
    const begun = await sortBegun(s3, bucket, folder, large, signal);
    await each(large, LARGE_AT_ONCE, async (file) => {
      const key = folder + file.path;
      arrived(file, await sendLarge(s3, bucket, key, file, begun.get(key), { budget: MEMORY, onBytes }, signal));
    });
  };
  await settled([
    sendLargeOnes(),
    each(small, SMALL_AT_ONCE, async (file) => {
      arrived(file, await MEMORY.hold(file.size, () => sendSmall(s3, bucket, folder + file.path, file, signal)));
      onBytes(file.size);
    }),
  ]);
}

/** Waits for all, so that nothing is under way any more when the first failure is thrown. */
async function settled(work: readonly Promise<void>[]): Promise<void> {
  for (const end of await Promise.allSettled(work)) if (end.status === 'rejected') throw end.reason;
}

async function sendSmall(
  s3: S3Client,
  bucket: Bucket,
  key: string,
  file: HashedFile,
  signal: AbortSignal,
): Promise<string> {
  const bytes = await readFile(file.absolute);
  if (createHash('sha256').update(bytes).digest('hex') !== file.sha256) throw changed(file);
  return putObject(s3, bucket, key, bytes, signal);
}

/** key → the upload to go on with: the newest of the file's. The others are nobody's: who syncs has the task's lease. */
async function sortBegun(
  s3: S3Client,
  bucket: Bucket,
  folder: string,
  large: readonly HashedFile[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Begun>> {
  const wanted = new Set(large.map(({ path }) => folder + path));
  const found = await listBegun(s3, bucket, folder, signal);
  const usable = new Map(found.filter(({ key, usable }) => usable && wanted.has(key)).map((each) => [each.key, each]));
  const orphans = found.filter((each) => usable.get(each.key) !== each);
  await each(orphans, SMALL_AT_ONCE, (orphan) => abortBegun(s3, bucket, orphan, signal));
  return usable;
}

async function readManifest(s3: S3Client, bucket: Bucket, key: string, signal: AbortSignal): Promise<Manifest> {
  return parseManifest((await readText(s3, bucket, key, signal)) ?? '');
}

async function note(s3: S3Client, bucket: Bucket, { manifestKey }: Place, there: Manifest): Promise<void> {
  await putObject(s3, bucket, manifestKey, formatManifest(there), AbortSignal.timeout(LAST_NOTE_MS));
}
