/** The outcome of an ended job. */

import type { JobState } from '../core/training-job.ts';

/** How a job ended. */
export type Outcome =
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'stopped'; readonly reason: string; readonly hint: string };

/** Throws if the job has not ended. `Stopped` is never a success. */
export function outcome(state: JobState): Outcome {
  switch (state.status) {
    case 'Completed':
      return { kind: 'completed' };
    case 'Failed':
      return { kind: 'failed', reason: state.failureReason || 'SageMaker gave no reason.' };
    case 'Stopped':
      return { kind: 'stopped', ...stopCause(state) };
    case 'InProgress':
    case 'Stopping':
    case 'Deleting':
      throw new Error(`The job has not ended: ${state.status}.`);
  }
}

function stopCause(state: JobState): { reason: string; hint: string } {
  switch (state.secondaryStatus) {
    case 'MaxRuntimeExceeded':
      return {
        reason: 'it ran longer than max-run-minutes.',
        hint: 'Raise max-run-minutes, or use a faster instance type.',
      };
    case 'MaxWaitTimeExceeded':
      return {
        reason: 'waiting for spot capacity and running together took longer than max-wait-minutes.',
        hint: 'Raise max-wait-minutes, choose another instance type, or set spot to false.',
      };
    default:
      return {
        reason: 'this step did not stop it.',
        hint: 'CloudTrail shows who called StopTrainingJob.',
      };
  }
}

/** The percentage that spot saved: 1 − billable / training. Undefined before the job ended, or if it never trained. */
export function spotSavings(state: JobState): number | undefined {
  const { trainingSeconds, billableSeconds } = state;
  if (trainingSeconds === undefined || billableSeconds === undefined || trainingSeconds === 0) return undefined;
  return Math.round((1 - billableSeconds / trainingSeconds) * 100);
}
