/** Handles another job of the task that is in progress and runs something else: waits, fails or replaces it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../aws/connection.ts';
import { describeJob, stopJob } from '../aws/sagemaker.ts';
import { ActionError } from '../core/errors.ts';
import { logsUrl } from '../core/names.ts';
import { type DescribedJob, isEnded } from '../core/training-job.ts';
import { info } from '../github/log.ts';
import type { WhenBusy } from '../history/spec.ts';
import type { Step } from '../step.ts';

const POLL_MS = 10_000;
const PROGRESS_MS = 60_000;

/** Waits until a job has ended that somebody is stopping. Throws if it has not by `until`. */
export async function whenEnding(step: Step, job: string, until: number): Promise<void> {
  info(`${job} of this task is being stopped. Waiting for its end: ${logsUrl(step.aws.region, job)}`);
  await waitForEnd(step, job, `The job ${job} of this task is being stopped`, until);
}

/** Waits until the job has ended. Throws with `when-busy: fail`, and if the job has not ended by `until`, in milliseconds since 1970. */
export async function whenBusy(step: Step, choice: WhenBusy, job: string, until: number): Promise<void> {
  const { aws, signal } = step;
  const problem = `Another job of this task, ${job}, is in progress and runs something else`;
  const link = logsUrl(aws.region, job);
  switch (choice) {
    case 'fail':
      throw new ActionError(
        `${problem}: ${link}`,
        'Run this step again after that job has ended, or set "when-busy" to wait or replace.',
      );
    case 'replace':
      info(`${problem}. Stopping it (when-busy: replace) …`);
      await stopJob(aws, job, signal);
      break;
    case 'wait':
      info(`${problem}. Waiting for it (when-busy: wait): ${link}`);
  }
  await waitForEnd(step, job, problem, until);
}

async function waitForEnd({ aws, signal }: Step, job: string, problem: string, until: number): Promise<void> {
  const state = await untilEnded(aws, job, POLL_MS, signal, until);
  if (isEnded(state)) return info(`${job}: ${state.status}.`);
  throw new ActionError(
    `${problem}, and the time to wait is over: ${logsUrl(aws.region, job)}`,
    'Run this step again after that job has ended, set "when-busy" to replace, or raise "wait-minutes".',
  );
}

/** Looks at the job until it has ended, or until a time in milliseconds since 1970. */
export async function untilEnded(
  aws: Connection,
  job: string,
  pollMs: number,
  signal: AbortSignal,
  until = Number.POSITIVE_INFINITY,
): Promise<DescribedJob> {
  const startedAt = Date.now();
  let lastPrinted = startedAt;
  for (;;) {
    const state = await describeJob(aws, job, signal);
    if (isEnded(state) || Date.now() >= until) return state;
    if (Date.now() - lastPrinted >= PROGRESS_MS) {
      lastPrinted = Date.now();
      info(`${job}: ${state.secondaryStatus}; waited ${Math.round((Date.now() - startedAt) / 60_000)} min`);
    }
    await sleep(pollMs, undefined, { signal });
  }
}
