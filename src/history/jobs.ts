/** Reads a task's jobs from S3 and SageMaker, and writes their records. */

import type { Bucket } from '../aws/bucket.ts';
import type { Connection } from '../aws/connection.ts';
import { listFolder, listSubfolders } from '../aws/s3-list.ts';
import { findJob } from '../aws/sagemaker.ts';
import { together } from '../core/concurrency.ts';
import {
  isJobName,
  outputFolder,
  outputPath,
  type Place,
  placeOf,
  sourceFolder,
  taskFolder,
} from '../core/s3-layout.ts';
import { parseS3Uri } from '../core/s3-uri.ts';
import { isEnded } from '../core/training-job.ts';
import type { Step } from '../step.ts';
import { type EarlierJob, newestFirst } from './decide.ts';
import { isTaskCompleted } from './marks.ts';
import { ARCHIVES, type ArchivesNow, archiveIn, compareArchives, type JobRecord } from './record.ts';
import { readRecord } from './records.ts';

/** Of a job that says nothing of where its results are. */
const NO_RECORD = { record: undefined, completed: false, archives: 'there' } as const;
/** Older jobs are not looked at. */
const MOST_JOBS = 400;
/** How many jobs are read together. Few at first, because usually the newest job is sufficient. */
const FIRST_BATCH = 2;
const LARGEST_BATCH = 16;

/**
 * Yields the task's jobs in batches, newest first, so that the caller can stop early. If a record has the job's end,
 * reads the job's state only if `needsState` returns true.
 */
export async function* taskJobs(
  { aws, home: { bucket }, signal }: Step,
  place: Place,
  needsState: (record: JobRecord) => boolean,
): AsyncGenerator<EarlierJob[]> {
  const folders = await listSubfolders(aws, bucket, taskFolder(place), signal);
  const names = newestFirst(folders.filter(isJobName)).slice(0, MOST_JOBS);
  for (let at = 0, size = FIRST_BATCH; at < names.length; at += size, size = Math.min(size * 2, LARGEST_BATCH)) {
    const jobs = await together(signal, (signal) =>
      names.slice(at, at + size).map((name) => taskJob(aws, bucket, place, name, needsState, signal)),
    );
    yield jobs.filter((job) => job !== undefined);
  }
}

/** Finds a job of any task by its name. Undefined if it does not exist. */
export async function findNamedJob({ aws, home, signal }: Step, name: string): Promise<EarlierJob | undefined> {
  const state = await findJob(aws, name, signal);
  if (state === undefined) return undefined;
  if (state.outputPath === '') return { ...NO_RECORD, name, place: placeOf(''), state, ended: isEnded(state) };
  const { bucket, key } = parseS3Uri(state.outputPath);
  return taskJob(aws, { name: bucket, owner: home.bucket.owner }, placeOf(key), name, () => true, signal);
}

/** Reads one job of the task. Undefined if SageMaker does not have it: its run was killed before it started the job. */
async function taskJob(
  aws: Connection,
  bucket: Bucket,
  { prefix, project, task }: Place,
  name: string,
  needsState: (record: JobRecord) => boolean,
  signal: AbortSignal,
): Promise<EarlierJob | undefined> {
  const place = { prefix, project, task };
  const record = await readRecord(aws, bucket, place, name, signal);
  if (record?.end !== undefined && !needsState(record)) {
    return { name, place, record, state: undefined, ended: true, completed: record.end.completed, archives: 'there' };
  }
  const state = await findJob(aws, name, signal);
  // A job of that name which writes elsewhere is not of this task, whatever its folder here says.
  if (state === undefined || state.outputPath !== outputPath(bucket.name, place)) return undefined;
  const job = { name, place, record, state, ended: isEnded(state) };
  if (state.status !== 'Completed') return { ...job, completed: false, archives: 'there' };
  const [completed, archives] = await together(signal, (signal) => [
    record?.end?.completed ?? isTaskCompleted(aws, bucket, place, state, signal),
    archivesNow(aws, bucket, place, name, record, signal),
  ]);
  return { ...job, completed, archives };
}

/** Of a job whose run was killed before its end was recorded it is not known what it left: something, most likely. */
async function archivesNow(
  aws: Connection,
  bucket: Bucket,
  place: Place,
  job: string,
  record: JobRecord | undefined,
  signal: AbortSignal,
): Promise<ArchivesNow> {
  const [output, source] = await together(signal, (signal) => [
    listFolder(aws, bucket, outputFolder(place, job), signal),
    listFolder(aws, bucket, sourceFolder(place, job), signal),
  ]);
  if (output.length + source.length === 0) return 'gone';
  if (record === undefined) return 'there';
  if (record.end !== undefined) return compareArchives(record.end.left, output);
  return ARCHIVES.some((archive) => archiveIn(archive, output) !== undefined) ? 'there' : 'gone';
}
