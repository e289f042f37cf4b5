/** Stops a job that waits for instances, so that the task can get others. */

import { describeJob, stopJob } from '../aws/sagemaker.ts';
import { type DescribedJob, hadInstances, isEnded, lackedCapacity } from '../core/training-job.ts';
import { info } from '../github/log.ts';
import { saveSettled, unsettledJob } from '../github/state.ts';
import type { Step } from '../step.ts';
import { untilEnded } from './when-busy.ts';

/** Such a job has nothing to save, so it stops within seconds. */
const POLL_MS = 3_000;

/** What became of the job. */
export type Way =
  /** It has got its instances meanwhile, and goes on. */
  | { readonly kind: 'goes on' }
  /** It has ended, and another attempt has its turn. */
  | { readonly kind: 'free'; readonly state: DescribedJob }
  /** Somebody else has stopped it meanwhile. */
  | { readonly kind: 'stopped'; readonly state: DescribedJob };

export async function makeWay({ aws, signal }: Step, job: string): Promise<Way> {
  const now = await describeJob(aws, job, signal);
  if (hadInstances(now)) return { kind: 'goes on' };
  const isOwn = now.status === 'InProgress';
  if (isOwn) {
    info(`Stopping ${job}, which has no instances …`);
    await stopJob(aws, job, signal);
  }
  const state = isEnded(now) ? now : await untilEnded(aws, job, POLL_MS, signal);
  if (unsettledJob() === job) saveSettled();
  return { kind: isOwn || lackedCapacity(state) ? 'free' : 'stopped', state };
}
