/** Compares two states of a job. */

import { instances } from '../core/format.ts';
import { type DescribedJob, hadInstances, type JobState, type Transition } from '../core/training-job.ts';

/** The transitions that are not in `before`, or that have another message there. */
export function newTransitions(before: JobState | undefined, now: JobState): readonly Transition[] {
  return now.transitions.filter((transition, index) => {
    const earlier = before?.transitions[index];
    return earlier?.status !== transition.status || earlier.message !== transition.message;
  });
}

/** What happened since `before`, in lines for the log. */
export function news(before: DescribedJob | undefined, now: DescribedJob): string[] {
  return [
    ...(now.chosen && before?.chosen !== true ? [`SageMaker has chosen ${instances(now)}.`] : []),
    ...newTransitions(before, now).map(({ status, message }) => `${status}: ${message}`),
  ];
}

/** What to say of each spot interruption since `before`: https://docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html */
export function interruptions(before: JobState | undefined, now: DescribedJob): string[] {
  return newTransitions(before, now)
    .filter(({ status }) => status === 'Interrupted')
    .map(
      () =>
        `AWS took the spot instances of ${now.name} away. SageMaker starts the job again when it has others. Then the script ` +
        "finds the task's state as it was saved.",
    );
}

/** Whether the job waits for its first spot instances. */
export function waitsForSpot(state: DescribedJob): boolean {
  return state.spot && state.status === 'InProgress' && !hadInstances(state);
}
