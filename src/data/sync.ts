/** Synchronises the files of a local input to its folder in S3. */

import type { Bucket } from '../aws/bucket.ts';
import type { Connection } from '../aws/connection.ts';
import { listPieces } from '../aws/s3-list.ts';
import { putObject, readPieces, removeKeys } from '../aws/s3-objects.ts';
import { each, together } from '../core/concurrency.ts';
import { count, counted, size } from '../core/format.ts';
import type { HashedFile } from '../core/local-file.ts';
import { inputFolder, manifestKey, type Place } from '../core/s3-layout.ts';
import { isEtagOf, type RemoteFile } from '../core/s3-object.ts';
import { md5Of } from '../files/open-file.ts';
import { info } from '../github/log.ts';
import { printProgress } from '../github/progress.ts';
import type { Step } from '../step.ts';
import type { LocatedChannel } from './channels.ts';
import { isLarge, sendFiles } from './send.ts';
import { formatManifest, ManifestReader, type Sent } from './sync-manifest.ts';
import { Comparison, listCuts, type SyncPlan } from './sync-plan.ts';

const COMPARED_AT_ONCE = 4;
const MANIFEST_EVERY_MS = 10_000;
const MANIFEST_TIMEOUT_MS = 30_000;

/** The progress of a running sync. */
export class SyncProgress {
  filesToSend = 0;
  bytesToSend = 0;
  filesSent = 0;
  /** Includes parts of files that are not complete yet. */
  bytesSent = 0;
  removed = 0;
}

export interface SyncTarget {
  /** A key with a slash at its end. */
  readonly folder: string;
  readonly manifestKey: string;
}

/** Synchronises the files of a local channel to its folder. */
export async function syncChannel(step: Step, place: Place, { name, files = [] }: LocatedChannel): Promise<void> {
  const target = targetOf(place, name);
  const progress = new SyncProgress();
  await printProgress(
    () => `Input ${name}: ${progressText(progress)}`,
    syncFolder(step.aws, step.home.bucket, target, files, progress, step.signal),
  );
  const { filesSent, bytesSent, removed } = progress;
  const sent = `${count(filesSent)} sent (${size(bytesSent)})`;
  info(`Input ${name}: ${sent}, ${count(files.length - filesSent)} unchanged, ${count(removed)} removed`);
}

function progressText({ filesSent, filesToSend, bytesSent, bytesToSend }: SyncProgress): string {
  if (filesToSend === 0) return 'comparing with S3 …';
  return `${count(filesSent)} of ${counted(filesToSend, 'file')} sent, ${size(bytesSent)} of ${size(bytesToSend)}`;
}

/** What a sync would do. */
export interface SyncPreview {
  readonly send: number;
  readonly bytes: number;
  readonly unchanged: number;
  readonly remove: number;
}

/** Compares the files of a local channel with its folder. Sends nothing. */
export async function previewSync(
  step: Step,
  place: Place,
  { name, files = [] }: LocatedChannel,
): Promise<SyncPreview> {
  const target = targetOf(place, name);
  const { plan, send } = await compare(step.aws, step.home.bucket, target, files, step.signal);
  const bytes = send.reduce((sum, { size }) => sum + size, 0);
  return { send: send.length, bytes, unchanged: files.length - send.length, remove: plan.remove.length };
}

function targetOf(place: Place, channel: string): SyncTarget {
  return { folder: inputFolder(place, channel), manifestKey: manifestKey(place, channel) };
}

/** Makes the folder contain exactly these files. */
export async function syncFolder(
  aws: Connection,
  bucket: Bucket,
  target: SyncTarget,
  files: readonly HashedFile[],
  progress: SyncProgress,
  signal: AbortSignal,
): Promise<void> {
  const { kmsKey } = aws;
  const { plan, manifest, send } = await compare(aws, bucket, target, files, signal);
  const sent = plan.keep;
  progress.filesToSend = send.length;
  progress.bytesToSend = send.reduce((sum, { size }) => sum + size, 0);
  let written = Promise.resolve();
  const timer = setInterval(() => {
    // If the run is killed, the next one goes on from here. The last write reports a failure that lasts.
    written = written.then(() => writeManifest(aws, bucket, target, sent)).catch(() => undefined);
  }, MANIFEST_EVERY_MS);
  try {
    // Remove first: a removed file may have had the name of a new folder.
    await removeKeys(aws, bucket, keysOf(target, plan.remove), signal);
    progress.removed = plan.remove.length;
    // An interrupted upload is resumed only if the manifest has the key of that upload.
    const isNewKey = kmsKey !== undefined && kmsKey !== manifest.kmsKey;
    if (isNewKey && send.some(isLarge)) await writeManifest(aws, bucket, target, sent);
    const onSent = ({ path, sha256 }: HashedFile, etag: string): void => {
      sent.set(path, { sha256, etag });
      progress.filesSent += 1;
    };
    const onBytes = (bytes: number): void => {
      progress.bytesSent += bytes;
    };
    await sendFiles(aws, bucket, target.folder, send, !isNewKey, { onSent, onBytes }, signal);
  } catch (error) {
    // Record what was sent, so that the next sync skips it. If this fails too, only the first error matters.
    await writeManifest(aws, bucket, target, sent).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(timer);
    await written;
  }
  const isUpToDate = send.length + plan.compare.length === 0 && sent.size === manifest.files;
  if (!isUpToDate) await writeManifest(aws, bucket, target, sent);
}

/** What a manifest says of all of its files. */
type ManifestFacts = ReturnType<ManifestReader['end']>;

/** `send`: all files to send. The plan's `keep` has all others. */
async function compare(
  aws: Connection,
  bucket: Bucket,
  target: SyncTarget,
  files: readonly HashedFile[],
  signal: AbortSignal,
): Promise<{ readonly plan: SyncPlan; readonly manifest: ManifestFacts; readonly send: readonly HashedFile[] }> {
  const comparison = new Comparison(files);
  const reader = new ManifestReader((path, sent) => comparison.takeSent(path, sent));
  const takeObjects = (objects: readonly RemoteFile[]): void => {
    for (const object of objects) comparison.takeObject(object);
  };
  await together(signal, (signal) => [
    listPieces(aws, bucket, target.folder, listCuts(files), takeObjects, signal),
    readPieces(aws, bucket, target.manifestKey, (text) => reader.push(text), signal),
  ]);
  const manifest = reader.end();
  const plan = comparison.plan(aws.kmsKey, manifest.kmsKey);
  return { plan, manifest, send: [...plan.send, ...(await findDifferent(plan.compare, plan.keep, signal))] };
}

function keysOf({ folder }: SyncTarget, paths: readonly string[]): string[] {
  return paths.map((path) => folder + path);
}

/** Adds the files that S3 has already to `sent`. Returns the files to send. */
async function findDifferent(
  candidates: SyncPlan['compare'],
  sent: Map<string, Sent>,
  signal: AbortSignal,
): Promise<HashedFile[]> {
  const different: HashedFile[] = [];
  await each(signal, candidates, COMPARED_AT_ONCE, async ({ file, etag }, signal) => {
    if (isEtagOf(etag, await md5Of(file, signal))) sent.set(file.path, { sha256: file.sha256, etag });
    else different.push(file);
  });
  return different;
}

async function writeManifest(
  aws: Connection,
  bucket: Bucket,
  { manifestKey }: SyncTarget,
  files: ReadonlyMap<string, Sent>,
): Promise<void> {
  const pieces = [...formatManifest(files, aws.kmsKey)].map((piece) => Buffer.from(piece));
  await putObject(aws, bucket, manifestKey, Buffer.concat(pieces), AbortSignal.timeout(MANIFEST_TIMEOUT_MS));
}
