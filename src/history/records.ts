/** Keeps the records of jobs in the bucket. */

import type { Bucket } from '../aws/bucket.ts';
import type { Connection } from '../aws/connection.ts';
import { listFolder } from '../aws/s3-list.ts';
import { headObject, putObject, readText } from '../aws/s3-objects.ts';
import { together } from '../core/concurrency.ts';
import { archiveName, outputFolder, type Place, recordKey } from '../core/s3-layout.ts';
import type { DescribedJob, Metrics } from '../core/training-job.ts';
import type { Step } from '../step.ts';
import { isTaskCompleted } from './marks.ts';
import { ARCHIVES, archiveIn, formatRecord, type JobEnd, type JobRecord, type Pin, parseRecord } from './record.ts';

/** Undefined if the record does not exist or cannot be parsed. */
export async function readRecord(
  aws: Connection,
  bucket: Bucket,
  place: Place,
  job: string,
  signal: AbortSignal,
): Promise<JobRecord | undefined> {
  const text = await readText(aws, bucket, recordKey(place, job), signal);
  return text === undefined ? undefined : parseRecord(text);
}

/** Keeps what a job computes from, before the job is asked for. `kmsKey`: another key than the step's. */
export async function writeRecord(
  { aws, home, signal }: Step,
  place: Place,
  job: string,
  record: JobRecord,
  kmsKey?: string,
): Promise<void> {
  await putObject(aws, home.bucket, recordKey(place, job), formatRecord(record), signal, kmsKey);
}

/**
 * Keeps what became of the job, so that nobody need look again. A step that starts no job has no "kms-key": the record is then
 * encrypted with the job's own key.
 */
export async function recordEnd(
  step: Step,
  place: Place,
  record: Omit<JobRecord, 'end'>,
  job: DescribedJob,
  metrics: Metrics,
): Promise<JobEnd> {
  const { aws, home } = step;
  const [completed, left] = await together(step.signal, (signal) => [
    job.status === 'Completed' && isTaskCompleted(aws, home.bucket, place, job, signal),
    (job.compression === 'none' ? pinFiles : pinArchives)(aws, home.bucket, place, job.name, signal),
  ]);
  const end = { completed, left, metrics };
  await writeRecord(step, place, job.name, { ...record, end }, aws.kmsKey ?? job.kmsKey);
  return end;
}

/** Of a job that left files instead of archives. */
async function pinFiles(
  aws: Connection,
  bucket: Bucket,
  place: Place,
  job: string,
  signal: AbortSignal,
): Promise<Pin[]> {
  const listing = await listFolder(aws, bucket, outputFolder(place, job), signal);
  return ARCHIVES.flatMap((archive) => {
    const pin = archiveIn(archive, listing);
    return pin === undefined ? [] : [{ archive, version: undefined, ...pin }];
  });
}

async function pinArchives(
  aws: Connection,
  bucket: Bucket,
  place: Place,
  job: string,
  signal: AbortSignal,
): Promise<Pin[]> {
  const pins = await together(signal, (signal) =>
    ARCHIVES.map(async (archive) => {
      const object = await headObject(aws, bucket, outputFolder(place, job) + archiveName(archive), signal);
      return object && { archive, ...object };
    }),
  );
  return pins.filter((pin) => pin !== undefined);
}
