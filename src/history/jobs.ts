/** Reads a task's jobs from S3 and SageMaker. */

import type { Bucket, Home } from '../aws/bucket.ts';
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
  recordKey,
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
 * The lists and records that the step has read, so that it reads each once. Only for a decision that starts no job: before a
 * job is started, everything is read again under the task's lease.
 */
export class Seen {
  readonly #folders = new Map<string, Promise<readonly string[]>>();
  readonly #records = new Map<string, Promise<JobRecord | undefined>>();

  /** With what was listed when the step began. */
  static of(home: Home, place: Place): Seen {
    const seen = new Seen();
    if (home.exists) seen.#folders.set(taskFolder(place), Promise.resolve(home.folders));
    return seen;
  }

  /** The names of the task's jobs, newest first. */
  async names({ aws, home, signal }: Step, place: Place): Promise<readonly string[]> {
    const folder = taskFolder(place);
    const folders = await remembered(this.#folders, folder, () => listSubfolders(aws, home.bucket, folder, signal));
    return newestFirst(folders.filter(isJobName)).slice(0, MOST_JOBS);
  }

  record(aws: Connection, bucket: Bucket, place: Place, job: string, signal: AbortSignal) {
    const key = recordKey(place, job);
    return remembered(this.#records, key, () => readRecord(aws, bucket, place, job, signal));
  }

  /** Reads the records with which `taskJobs` begins. */
  async readFirst(step: Step, place: Place): Promise<void> {
    if (!step.home.exists) return;
    const names = (await this.names(step, place)).slice(0, FIRST_BATCH);
    await together(step.signal, (signal) =>
      names.map((name) => this.record(step.aws, step.home.bucket, place, name, signal)),
    );
  }
}

function remembered<T>(known: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const value = known.get(key) ?? read();
  known.set(key, value);
  return value;
}

/**
 * Yields the task's jobs in batches, newest first, so that the caller can stop early. If a record has the job's end,
 * reads the job's state only if `needsState` returns true. `seen`: what need not be read again.
 */
export async function* taskJobs(
  step: Step,
  place: Place,
  needsState: (record: JobRecord) => boolean,
  seen = new Seen(),
): AsyncGenerator<EarlierJob[]> {
  const names = await seen.names(step, place);
  for (let at = 0, size = FIRST_BATCH; at < names.length; at += size, size = Math.min(size * 2, LARGEST_BATCH)) {
    const jobs = await together(step.signal, (signal) =>
      names.slice(at, at + size).map((name) => taskJob({ ...step, signal }, place, name, needsState, seen)),
    );
    yield jobs.filter((job) => job !== undefined);
  }
}

/** Finds a job of any task by its name. Undefined if it does not exist. */
export async function findNamedJob(step: Step, name: string): Promise<EarlierJob | undefined> {
  const state = await findJob(step.aws, name, step.signal);
  if (state === undefined) return undefined;
  if (state.outputPath === '') return { ...NO_RECORD, name, place: placeOf(''), state, ended: isEnded(state) };
  const { bucket, key } = parseS3Uri(state.outputPath);
  const home = { ...step.home, bucket: { ...step.home.bucket, name: bucket } };
  return taskJob({ ...step, home }, placeOf(key), name, () => true, new Seen());
}

/** Reads one job of the task. Undefined if SageMaker does not have it: its run was killed before it started the job. */
async function taskJob(
  { aws, home: { bucket }, signal }: Step,
  { prefix, project, task }: Place,
  name: string,
  needsState: (record: JobRecord) => boolean,
  seen: Seen,
): Promise<EarlierJob | undefined> {
  const place = { prefix, project, task };
  const record = await seen.record(aws, bucket, place, name, signal);
  if (record?.end !== undefined && !needsState(record)) {
    return { name, place, record, state: undefined, ended: true, completed: record.end.completed, archives: 'there' };
  }
  const [state, left] = await together(signal, (signal) => [
    findJob(aws, name, signal),
    // Most likely needed: the record says that the job completed.
    record?.end?.completed === true ? archivesNow(aws, bucket, place, name, record, signal) : undefined,
  ]);
  // A job of that name which writes elsewhere is not of this task, whatever its folder here says.
  if (state === undefined || state.outputPath !== outputPath(bucket.name, place)) return undefined;
  const job = { name, place, record, state, ended: isEnded(state) };
  if (state.status !== 'Completed') return { ...job, completed: false, archives: 'there' };
  const [completed, archives] = await together(signal, (signal) => [
    record?.end?.completed ?? isTaskCompleted(aws, bucket, place, state, signal),
    left ?? archivesNow(aws, bucket, place, name, record, signal),
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
  const output = await listFolder(aws, bucket, outputFolder(place, job), signal);
  if (output.length === 0 && (await listFolder(aws, bucket, sourceFolder(place, job), signal)).length === 0)
    return 'gone';
  if (record === undefined) return 'there';
  if (record.end !== undefined) return compareArchives(record.end.left, output);
  return ARCHIVES.some((archive) => archiveIn(archive, output) !== undefined) ? 'there' : 'gone';
}
