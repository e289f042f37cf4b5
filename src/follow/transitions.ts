/** Compares two states of a job. */

import type { JobState, Transition } from '../core/training-job.ts';

/** The transitions that are not in `before`, or that have another message there. */
export function newTransitions(before: JobState | undefined, now: JobState): readonly Transition[] {
  return now.transitions.filter((transition, index) => {
    const earlier = before?.transitions[index];
    return earlier?.status !== transition.status || earlier.message !== transition.message;
  });
}
