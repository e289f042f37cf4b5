/** How long the step follows a job, and what becomes of the job when the step is cancelled. */

import type { RunContext } from '../core/run-context.ts';

export const ON_CANCEL = ['stop', 'detach'] as const;
export type OnCancel = (typeof ON_CANCEL)[number];

export interface FollowSpec {
  /** Whether the step waits for the job's end. */
  readonly wait: boolean;
  /** How long it waits at most. Undefined: as long as the runner allows. */
  readonly waitSeconds: number | undefined;
  readonly onCancel: OnCancel;
}

/**
 * A job on a runner of GitHub's ends after 360 minutes: the last 15 are for results and later steps.
 * https://docs.github.com/actions/reference/limits
 */
const HOSTED_MS = 345 * 60_000;

/** Until when the step follows a job, in milliseconds since 1970. `now`: the step's start. Infinity: to the job's end. */
export function followUntil(
  { wait, waitSeconds }: FollowSpec,
  { isHosted, jobStart }: Pick<RunContext, 'isHosted' | 'jobStart'>,
  now: number,
): number {
  if (!wait) return now;
  const asked = waitSeconds === undefined ? Number.POSITIVE_INFINITY : now + 1_000 * waitSeconds;
  if (waitSeconds !== undefined || !isHosted) return asked;
  return Math.max(now, (jobStart?.getTime() ?? now) + HOSTED_MS);
}
