/** Stops a job that no step follows any more, because it costs money until it ends. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../aws/connection.ts';
import { ANSWER_MS, findJob, stopJob } from '../aws/sagemaker.ts';
import { isDenied } from '../aws/service-errors.ts';
import { ActionError, describeError } from '../core/errors.ts';
import { jobUrl } from '../core/names.ts';
import { type DescribedJob, isEnded } from '../core/training-job.ts';
import { info, warning } from '../github/log.ts';
import { saveSettled } from '../github/state.ts';

/** A cancelled step has only a few seconds. The post step tries again. */
const CANCELLED_MS = 6_000;
/** The SDK retries throttled calls for at most this long. */
const POST_MS = 60_000;
const LOOK_MS = 2_000;

/** Stops the job of a cancelled step. Never throws. */
export async function stopCancelled(aws: Connection, job: string): Promise<void> {
  try {
    const signal = AbortSignal.timeout(CANCELLED_MS);
    const found = await findJob(aws, job, signal);
    if (found === undefined)
      return info(
        `SageMaker has not answered the request for ${job} yet. The post step looks for the job and stops it.`,
      );
    const stopping = !isEnded(found) && (await stopJob(aws, job, signal)) === 'stopping';
    info(stopping ? `Stopping ${job} …` : `${job} had already ended.`);
    saveSettled();
  } catch (error) {
    warning(`${job} could not be stopped. The post step tries again. ${describeError(error)}`);
  }
}

/** Stops the job that the main step did not follow to its end. An error names the job. */
export async function stopUnfollowed(aws: Connection, job: string): Promise<void> {
  try {
    await stopIfRunning(aws, job);
  } catch (error) {
    throw new ActionError(
      `The job ${job} could not be stopped, so it may go on. ${describeError(error)}`,
      `Stop it in the console, because it costs money: ${jobUrl(aws.region, job)}`,
      { cause: error },
    );
  }
}

async function stopIfRunning(aws: Connection, job: string): Promise<void> {
  const found = await waitForJob(aws, job).catch((error: unknown) => unseen(aws, job, error));
  if (found === 'stopping') return warning(stopped(job));
  if (found === undefined) return info(`Nothing to stop: SageMaker has not started the job ${job}.`);
  const stopping = !isEnded(found) && (await stopJob(aws, job, AbortSignal.timeout(POST_MS))) === 'stopping';
  if (stopping) warning(stopped(job));
  else info(`Nothing to stop: the job ${job} is not running.`);
}

function stopped(job: string): string {
  return `The step ended before its job ${job}, so the job is being stopped.`;
}

/** Stops a job that the credentials may not look at. Throws the error if that is not why, or if there is nothing to stop. */
async function unseen(aws: Connection, job: string, error: unknown): Promise<'stopping'> {
  const outcome = isDenied(error) && (await stopJob(aws, job, AbortSignal.timeout(POST_MS)));
  if (outcome === 'stopping') return outcome;
  throw error;
}

/**
 * Looks for the job. SageMaker may start it only after the step was killed. Describes it, because the workflow's role may stop
 * only jobs that have the project's tag, so not one that does not exist yet.
 */
async function waitForJob(aws: Connection, job: string): Promise<DescribedJob | undefined> {
  const until = Date.now() + ANSWER_MS;
  for (let announced = false; ; announced = true) {
    const found = await findJob(aws, job, AbortSignal.timeout(POST_MS));
    if (found !== undefined || Date.now() > until) return found;
    if (!announced)
      info(
        `The step ended before SageMaker answered the request for ${job}. Looking for the job for ${ANSWER_MS / 1_000} seconds …`,
      );
    await sleep(LOOK_MS);
  }
}
