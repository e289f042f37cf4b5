/**
 * A task's jobs: the folders of the task in S3, which lists consistently, each with SageMaker's description and the
 * action's record.
 */
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { isCompletedByMarks, newestFirst, type PastJob } from '../task/history.ts';
import { markKey, outputFolder, type Place, recordKey, sourceFolder, TASK_FOLDERS, taskFolder } from '../task/names.ts';
import { type Archive, formatRecord, type JobRecord, parseRecord } from '../task/record.ts';
import { type DescribedJob, isEnded } from '../task/status.ts';
import type { Bucket } from './bucket.ts';
import type { Clients } from './clients.ts';
import { readText } from './download.ts';
import { listFolder } from './listing.ts';
import { findJob } from './training.ts';
import { putObject } from './upload.ts';

/** Older jobs are not looked at. */
const MOST_JOBS = 400;
/** Jobs looked at together: few at first, for the newest is mostly the one. */
const FIRST_BATCH = 2;
const LARGEST_BATCH = 16;

/**
 * The task's jobs, newest first, batch by batch: who has seen enough stops. Of a job whose record tells its end, all else
 * is looked at only if `look` says so.
 */
export async function* taskJobs(
  clients: Clients,
  bucket: Bucket,
  place: Place,
  look: (record: JobRecord) => boolean,
  signal: AbortSignal,
): AsyncGenerator<PastJob[]> {
  const folders = await listSubfolders(clients.s3, bucket, taskFolder(place), signal);
  const names = newestFirst(folders.filter((name) => !TASK_FOLDERS.includes(name))).slice(0, MOST_JOBS);
  for (let at = 0, size = FIRST_BATCH; at < names.length; at += size, size = Math.min(size * 2, LARGEST_BATCH)) {
    const jobs = names.slice(at, at + size).map((name) => taskJob(clients, bucket, place, name, look, signal));
    yield (await Promise.all(jobs)).filter((job) => job !== undefined);
  }
}

/** A job by its name, whatever task it is of; undefined where there is none. `placeOf` reads its S3OutputPath. */
export async function jobAt(
  clients: Clients,
  owner: string,
  name: string,
  placeOf: (outputPath: string) => { readonly bucket: string; readonly place: Place },
  signal: AbortSignal,
): Promise<PastJob | undefined> {
  const state = await findJob(clients.sagemaker, name, signal);
  if (state === undefined) return undefined;
  const { bucket, place } = placeOf(state.outputPath);
  return taskJob(clients, { name: bucket, owner }, place, name, () => true, signal);
}

/** One job of the task; undefined when SageMaker has none of that name: its run was killed before it started it. */
async function taskJob(
  clients: Clients,
  bucket: Bucket,
  { prefix, project, task }: Place,
  name: string,
  look: (record: JobRecord) => boolean,
  signal: AbortSignal,
): Promise<PastJob | undefined> {
  const place = { prefix, project, task };
  const record = await readRecord(clients.s3, bucket, place, name, signal);
  if (record?.end !== undefined && !look(record)) {
    return { name, place, record, state: undefined, ended: true, completed: record.end.completed, intact: true };
  }
  const state = await findJob(clients.sagemaker, name, signal);
  if (state === undefined) return undefined;
  const job = { name, place, record, state, ended: isEnded(state) };
  if (state.status !== 'Completed') return { ...job, completed: false, intact: true };
  const [completed, left] = await Promise.all([
    record?.end?.completed ?? isTaskCompleted(clients.s3, bucket, place, state, signal),
    archivesLeft(clients.s3, bucket, place, name, signal),
  ]);
  return { ...job, completed, intact: left !== undefined && isAllLeft(record, left) };
}

/** Of a job whose run was killed before its end was noted it is not known what it left: something, most likely. */
function isAllLeft(record: JobRecord | undefined, left: readonly Archive[]): boolean {
  if (record === undefined) return true;
  return record.end === undefined ? left.length > 0 : record.end.left.every((archive) => left.includes(archive));
}

/** Whether a `Completed` job completed its task, by its instances' marks. */
export async function isTaskCompleted(
  s3: S3Client,
  bucket: Bucket,
  place: Place,
  { name, instanceCount }: DescribedJob,
  signal: AbortSignal,
): Promise<boolean> {
  const hosts = Array.from({ length: instanceCount }, (_, index) => `algo-${index + 1}`);
  const marks = await Promise.all(
    hosts.map(async (host) => [host, await readText(s3, bucket, markKey(place, host), signal)] as const),
  );
  const there = marks.flatMap(([host, mark]) => (mark === undefined ? [] : [[host, mark.trim()] as const]));
  return isCompletedByMarks(name, instanceCount, new Map(there));
}

/** The archives in the job's folder; undefined when even its code is gone. */
export async function archivesLeft(
  s3: S3Client,
  bucket: Bucket,
  place: Place,
  job: string,
  signal: AbortSignal,
): Promise<Archive[] | undefined> {
  const [output, source] = await Promise.all([
    listFolder(s3, bucket, outputFolder(place, job), signal),
    listFolder(s3, bucket, sourceFolder(place, job), signal),
  ]);
  if (output.length + source.length === 0) return undefined;
  const paths = new Set(output.map(({ path }) => path));
  return (['model', 'output'] as const).filter((name) => paths.has(`${name}.tar.gz`));
}

export async function writeRecord(
  s3: S3Client,
  bucket: Bucket,
  place: Place,
  job: string,
  record: JobRecord,
  signal: AbortSignal,
): Promise<void> {
  await putObject(s3, bucket, recordKey(place, job), formatRecord(record), signal);
}

async function readRecord(
  s3: S3Client,
  bucket: Bucket,
  place: Place,
  job: string,
  signal: AbortSignal,
): Promise<JobRecord | undefined> {
  const text = await readText(s3, bucket, recordKey(place, job), signal);
  return text === undefined ? undefined : parseRecord(text);
}

/** The names of the folders right below a folder. */
export async function listSubfolders(
  s3: S3Client,
  bucket: Bucket,
  folder: string,
  signal: AbortSignal,
): Promise<string[]> {
  const names: string[] = [];
  let token: string | undefined;
  do {
    const request = {
      Bucket: bucket.name,
      Prefix: folder,
      Delimiter: '/',
      ContinuationToken: token,
      ExpectedBucketOwner: bucket.owner,
    };
    const page = await s3.send(new ListObjectsV2Command(request), { abortSignal: signal });
    for (const { Prefix = '' } of page.CommonPrefixes ?? []) names.push(Prefix.slice(folder.length, -1));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return names;
}
