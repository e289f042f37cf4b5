/** Brings a job's results to the runner, whatever its end: what is there is fetched, all at once. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bucket } from './aws/bucket.ts';
import type { Clients } from './aws/clients.ts';
import { openObject } from './aws/download.ts';
import { listFolder } from './aws/listing.ts';
import { emptyFolder, unpack, writeBelow } from './files/extract.ts';
import { info, warning } from './github/log.ts';
import { parseS3Uri } from './task/channels.ts';
import { resultUri } from './task/results.ts';
import type { Result } from './task/spec.ts';
import type { DescribedJob } from './task/status.ts';

/** A result as it lies on the runner: a folder with so many files, perhaps none. */
export interface Collected {
  readonly result: Result;
  readonly folder: string;
  /** Absolute paths. */
  readonly files: readonly string[];
}

/** `folder`: what the results' folders are made in. Logs are there already, written while the job was followed. */
export async function collectResults(
  clients: Clients,
  results: ReadonlySet<Result>,
  job: DescribedJob,
  owner: string,
  folder: string,
  signal: AbortSignal,
): Promise<Collected[]> {
  return Promise.all(
    [...results].map(async (result) => {
      const target = join(folder, result);
      if (result !== 'logs') await fetchResult(clients, job, owner, result, target, signal);
      const files = await filesBelow(target);
      info(files.length === 0 ? `No ${result}: the job left none.` : `${result}: ${files.length} files in ${target}`);
      return { result, folder: target, files };
    }),
  );
}

async function fetchResult(
  clients: Clients,
  job: DescribedJob,
  owner: string,
  result: Exclude<Result, 'logs'>,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const uri = resultUri(job, result);
  if (uri === '') return emptyFolder(target);
  const { bucket: name, key } = parseS3Uri(uri);
  const bucket = { name, owner };
  if (result === 'state') return fetchState(clients, bucket, key, target, signal);
  return fetchArchive(clients, bucket, key, target, signal);
}

/** An empty folder of the worker's gives no object: then there is nothing to unpack. */
async function fetchArchive(
  clients: Clients,
  bucket: Bucket,
  key: string,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const archive = await openObject(clients.s3, bucket, key, signal);
  if (archive === undefined) return emptyFolder(target);
  for (const member of (await unpack(archive, target)).refused) warning(`Not unpacked from ${key}: ${member}`);
}

async function fetchState(
  clients: Clients,
  bucket: Bucket,
  folder: string,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  await emptyFolder(target);
  const objects = await listFolder(clients.s3, bucket, folder, signal);
  // A name that ends in a slash is a folder's marker; SageMaker marks what it is still sending.
  const files = objects.filter(({ path }) => !path.endsWith('/') && !path.endsWith('.sagemaker-uploading')).values();
  const worker = async (): Promise<void> => {
    for (const { path } of files) {
      const body = await openObject(clients.s3, bucket, folder + path, signal);
      if (body !== undefined) await writeBelow(target, path, body);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
