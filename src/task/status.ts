/**
 * A job's state as DescribeTrainingJob tells it, and what it means for the step.
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html
 */

export type TrainingStatus = 'InProgress' | 'Completed' | 'Failed' | 'Stopping' | 'Stopped' | 'Deleting';

/** One step of the job's life. `at` is its start. */
export interface Transition {
  readonly status: string;
  readonly message: string;
  readonly at: Date | undefined;
}

/** The part of DescribeTrainingJob's answer that the action uses. Times in seconds. */
export interface JobState {
  readonly status: TrainingStatus;
  readonly secondaryStatus: string;
  readonly transitions: readonly Transition[];
  readonly failureReason: string;
  readonly trainingSeconds: number | undefined;
  readonly billableSeconds: number | undefined;
  readonly arn: string;
}

/** A job as it was asked for, with its state. */
export interface DescribedJob extends JobState {
  readonly name: string;
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly imageUri: string;
  readonly spot: boolean;
  /** Where SageMaker puts `JOB/output/…`: an S3 URI without a closing slash. */
  readonly outputPath: string;
  /** S3 URIs; empty where the job has none. */
  readonly stateUri: string;
  readonly codeUri: string;
  /** What SageMaker found by the job's metric definitions. */
  readonly metrics: ReadonlyMap<string, number>;
}

/** How the job ended, for the step. */
export type Outcome =
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'stopped'; readonly reason: string; readonly hint: string };

export function isEnded(state: JobState): boolean {
  return state.status === 'Completed' || state.status === 'Failed' || state.status === 'Stopped';
}

/** How often containers were started: once, and again after each spot interruption; 0 before the first. */
export function starts(state: JobState): number {
  return state.transitions.filter((transition) => transition.status === 'Training').length;
}

/** How an ended job ended. `Stopped` has causes of its own and is never a success. */
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
        reason: 'it waited for spot capacity, and ran, longer than max-wait-minutes.',
        hint: 'Raise max-wait-minutes, choose another instance type, or set spot to false.',
      };
    default:
      return { reason: 'somebody or something stopped it.', hint: 'CloudTrail tells who called StopTrainingJob.' };
  }
}

/** Whether the job failed before its containers started, for want of a right that its role may have been given since. */
export function lacksAccess(state: JobState): boolean {
  const denied = /access ?denied|not authorized|does not have permission|permissions|forbidden|\b403\b/i;
  return state.status === 'Failed' && starts(state) === 0 && denied.test(state.failureReason);
}

/** Percent saved by spot: 1 − billable / training. Undefined before the job ended and where nothing was trained. */
export function spotSavings(state: JobState): number | undefined {
  const { trainingSeconds, billableSeconds } = state;
  if (trainingSeconds === undefined || billableSeconds === undefined || trainingSeconds === 0) return undefined;
  return Math.round((1 - billableSeconds / trainingSeconds) * 100);
}

/** The transitions that `before` had not, or whose message has changed since. */
export function newTransitions(before: JobState | undefined, now: JobState): readonly Transition[] {
  return now.transitions.filter((transition, index) => {
    const earlier = before?.transitions[index];
    return earlier?.status !== transition.status || earlier.message !== transition.message;
  });
}
