/** What a job's status says of interruptions and new starts. */

import type { JobState } from '../core/training-job.ts';

/**
 * A sentence about each time that SageMaker interrupted the job or starts it again, in order. `Restarting` is the status of
 * a retry after an error of SageMaker's, for a job with a RetryStrategy (assumed).
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_SecondaryStatusTransition.html
 */
export function interruptions({ transitions }: JobState): string[] {
  return transitions.flatMap(({ status, message, at }) => {
    const when = at === undefined ? '' : ` at ${at.toISOString().slice(11, 16)} UTC`;
    if (status === 'Restarting') return [`SageMaker starts the job again${when}: ${message}`];
    if (status !== 'Interrupted') return [];
    return [
      `AWS took back the job's spot instances${when}. SageMaker starts the job again when it has spot capacity, with the ` +
        "task's state.",
    ];
  });
}

/** The sentences about those that are not in `before`. */
export function newInterruptions(before: JobState | undefined, now: JobState): string[] {
  return interruptions(now).slice(before === undefined ? 0 : interruptions(before).length);
}
