/** Stops a job that waits for instances, so that the task can get others. */

import { describeJob, stopJob } from '../aws/sagemaker.ts';
import { type DescribedJob, hadInstances } from '../core/training-job.ts';
import { info } from '../github/log.ts';
import { saveSettled, unsettledJob } from '../github/state.ts';
import type { Step } from '../step.ts';
import { untilEnded } from './when-busy.ts';

/** Such a job has nothing to save, so it stops within seconds. */
const POLL_MS = 3_000;

/** Returns the job once it has ended. Undefined if it has got its instances meanwhile: then it goes on. */
export async function makeWay({ aws, signal }: Step, job: string): Promise<DescribedJob | undefined> {
  const now = await describeJob(aws, job, signal);
  if (hadInstances(now)) return undefined;
  info(`Stopping ${job}, which has no instances …`);
  await stopJob(aws, job, signal);
  const ended = await untilEnded(aws, job, POLL_MS, signal);
  if (unsettledJob() === job) saveSettled();
  return ended;
}
