/** The outcome of an ended job. */

import { hadInstances, type JobState, lackedCapacity } from '../core/training-job.ts';
import type { Tried } from './attempts.ts';
import { NO_INSTANCES_HINT, noInstancesReason } from './no-instances.ts';

/** How a job ended. */
export type Outcome =
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'stopped'; readonly reason: string; readonly hint: string }
  /** It got no instances, and neither did what was tried before. The reason follows on "There were". */
  | { readonly kind: 'no instances'; readonly reason: string; readonly hint: string };

/** Throws if the job has not ended. `Stopped` is never a success. `tried`: what got no instances for the task. */
export function outcome(state: EndedState, tried: readonly Tried[]): Outcome {
  if (tried.some(({ job }) => job === state.name))
    return { kind: 'no instances', reason: noInstancesReason(tried), hint: NO_INSTANCES_HINT };
  if (state.status === 'Failed' && lackedCapacity(state))
    return {
      kind: 'no instances',
      reason: `no instances for the task: ${state.failureReason}`,
      hint: NO_INSTANCES_HINT,
    };
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

interface EndedState extends JobState {
  readonly name: string;
}

function stopCause(state: JobState): { reason: string; hint: string } {
  switch (state.secondaryStatus) {
    case 'MaxRuntimeExceeded':
      return {
        reason: 'it ran longer than max-run-minutes.',
        hint: 'Raise max-run-minutes, or use a faster instance type. The next job begins with the state that this one left.',
      };
    case 'MaxWaitTimeExceeded':
      return {
        reason: 'waiting for spot capacity and running together took longer than max-wait-minutes.',
        hint: hadInstances(state)
          ? 'Raise max-wait-minutes, or set spot to false. The next job begins with the state that this one left.'
          : 'Raise max-wait-minutes, name more types in instance-type, or set spot to prefer or false.',
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
