/** Brings code and local inputs to the bucket, all at once. */
import { join } from 'node:path';
import type { Bucket } from './aws/bucket.ts';
import type { Clients } from './aws/clients.ts';
import { SyncProgress, syncFolder } from './aws/sync.ts';
import { putObject } from './aws/upload.ts';
import { packArchive } from './files/archive.ts';
import { listData } from './files/tree.ts';
import { info } from './github/log.ts';
import { count, size, tellProgress } from './github/progress.ts';
import type { Resolved } from './resolve.ts';
import { archivedEntrypoint, jobFiles } from './task/arguments.ts';
import { CODE_ARCHIVE, inputFolder, manifestKey, sourceFolder } from './task/names.ts';
import type { TaskSpec } from './task/spec.ts';
import type { HashedFile, LocalFile } from './task/sync.ts';
import { together } from './together.ts';

/** Beside dist/, where the bundle is. */
const TOOLKIT = join(import.meta.dirname, '..', 'toolkit', 'task_toolkit');

export async function stageFiles(
  clients: Clients,
  spec: TaskSpec,
  { code, data }: Pick<Resolved, 'code' | 'data'>,
  bucket: Bucket,
  job: string,
  signal: AbortSignal,
): Promise<void> {
  await together(signal, (signal) => [
    stageCode(clients, spec, code, bucket, job, signal),
    ...[...data].map(([channel, files]) => stageInput(clients, spec, channel, files, bucket, signal)),
  ]);
}

async function stageCode(
  clients: Clients,
  spec: TaskSpec,
  code: readonly LocalFile[],
  bucket: Bucket,
  job: string,
  signal: AbortSignal,
): Promise<void> {
  const { start } = spec;
  if (start.kind === 'image') return;
  const archived = start.kind === 'entrypoint' ? { ...start, path: archivedEntrypoint(spec, start.path) } : start;
  const archive = await packArchive(
    [...code, ...(await toolkitFiles())],
    jobFiles(archived, spec.hyperparameters, spec.arguments, spec.distribution),
  );
  await putObject(clients.s3, bucket, sourceFolder(spec, job) + CODE_ARCHIVE, archive, signal);
  info(`Code: ${code.length} files, ${size(archive.length)} packed`);
}

/** The worker's side of the action, without what running its tests leaves behind. */
async function toolkitFiles(): Promise<LocalFile[]> {
  const files = await listData(TOOLKIT);
  return files
    .filter(({ path }) => /^[^/]+\.(py|sh)$/.test(path))
    .map((file) => ({ ...file, path: `task_toolkit/${file.path}` }));
}

async function stageInput(
  clients: Clients,
  spec: TaskSpec,
  channel: string,
  files: readonly HashedFile[],
  bucket: Bucket,
  signal: AbortSignal,
): Promise<void> {
  const place = { folder: inputFolder(spec, channel), manifestKey: manifestKey(spec, channel) };
  const progress = new SyncProgress();
  await tellProgress(
    () => `Input ${channel}: ${sentOf(progress)}`,
    syncFolder(clients.s3, bucket, place, files, progress, signal),
  );
  const { filesSent, bytesSent, removed } = progress;
  const sent = `${count(filesSent)} sent (${size(bytesSent)})`;
  info(`Input ${channel}: ${sent}, ${count(files.length - filesSent)} unchanged, ${count(removed)} removed`);
}

function sentOf({ filesSent, filesToSend, bytesSent, bytesToSend }: SyncProgress): string {
  if (filesToSend === 0) return 'looking at what S3 has …';
  return `${count(filesSent)} of ${count(filesToSend)} files sent, ${size(bytesSent)} of ${size(bytesToSend)}`;
}
