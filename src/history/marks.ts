/** The marks by which instances say that they completed the task. */

import type { Bucket } from '../aws/bucket.ts';
import type { Connection } from '../aws/connection.ts';
import { readText } from '../aws/s3-objects.ts';
import { together } from '../core/concurrency.ts';
import { markKey, type Place } from '../core/s3-layout.ts';
import type { DescribedJob } from '../core/training-job.ts';
import { isCompletedByMarks } from './decide.ts';

/** Whether a `Completed` job completed its task, by its instances' marks. */
export async function isTaskCompleted(
  aws: Connection,
  bucket: Bucket,
  place: Place,
  { name, instanceCount }: DescribedJob,
  signal: AbortSignal,
): Promise<boolean> {
  const hosts = Array.from({ length: instanceCount }, (_, index) => `algo-${index + 1}`);
  const marks = await together(signal, (signal) =>
    hosts.map(async (host) => [host, await readText(aws, bucket, markKey(place, host), signal)] as const),
  );
  const there = marks.flatMap(([host, mark]) => (mark === undefined ? [] : [[host, mark.trim()] as const]));
  return isCompletedByMarks(name, instanceCount, new Map(there));
}
