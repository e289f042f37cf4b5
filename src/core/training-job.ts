/**
 * A training job as DescribeTrainingJob describes it.
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html
 */

export type TrainingStatus = 'InProgress' | 'Completed' | 'Failed' | 'Stopping' | 'Stopped' | 'Deleting';

/** One entry of SecondaryStatusTransitions. `at` is its start. */
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
  /** When the job was requested. Undefined if SageMaker does not say. */
  readonly created: Date | undefined;
  /** When the job left its instances, or, if it never had any, when it ended. Undefined before that. */
  readonly ended: Date | undefined;
}

export type Compression = 'gzip' | 'none';

/** Metric → last value, which can be NaN or infinite. */
export type Metrics = ReadonlyMap<string, number>;

/** A job's state, and the part of its request that the action uses. */
export interface DescribedJob extends JobState {
  readonly name: string;
  /** The type of the instances. Several while SageMaker has not chosen one of the request's preferences. */
  readonly instanceTypes: readonly string[];
  /** Whether SageMaker has chosen the type, from several that the request named. */
  readonly chosen: boolean;
  readonly instanceCount: number;
  readonly imageUri: string;
  readonly spot: boolean;
  /** The folder in which SageMaker writes `JOB/output/…`: an S3 URI without a slash at its end. */
  readonly outputPath: string;
  /** Whether SageMaker leaves model and output as archives, or as the files that they are. */
  readonly compression: Compression;
  /** The key with which SageMaker encrypts the results; undefined if the job names none. */
  readonly kmsKey: string | undefined;
  /** S3 URIs; empty if the job has none. */
  readonly stateUri: string;
  readonly codeUri: string;
  /** Whether a line of the log, `Invoking script with the following command:`, comes before those of the program. */
  readonly announcesProgram: boolean;
  /** The values that SageMaker found with the job's metric definitions. */
  readonly metrics: Metrics;
}

export function isEnded(state: JobState): boolean {
  return state.status === 'Completed' || state.status === 'Failed' || state.status === 'Stopped';
}

/** How often the containers were started: once, and once more after each spot interruption. */
export function starts(state: JobState): number {
  return state.transitions.filter((transition) => transition.status === 'Training').length;
}

/** The statuses of a job that has no instances: it waits for them, or it ended. */
const WITHOUT_INSTANCES = [
  ...['Starting', 'Pending', 'LaunchingMLInstances'],
  ...['Stopping', 'Stopped', 'Failed', 'MaxRuntimeExceeded', 'MaxWaitTimeExceeded'],
];

/** Whether the job has, or had, its instances. An unknown status counts as one with instances. */
export function hadInstances(state: JobState): boolean {
  return state.transitions.some(({ status }) => !WITHOUT_INSTANCES.includes(status));
}

/**
 * Whether the job ended because there were no instances for it: on demand it fails, on spot its time to wait is over. The
 * reason begins as in https://github.com/DIAGNijmegen/rse-grand-challenge/issues/2631.
 */
export function lackedCapacity(state: JobState): boolean {
  if (hadInstances(state)) return false;
  if (state.status === 'Stopped') return state.secondaryStatus === 'MaxWaitTimeExceeded';
  return state.status === 'Failed' && /^CapacityError\b/.test(state.failureReason);
}

/** Whether the job failed before its containers started because its role lacked a permission. */
export function lacksAccess(state: JobState): boolean {
  const denied = /access ?denied|not authorized|does not have permission|permissions|forbidden|\b403\b/i;
  return state.status === 'Failed' && starts(state) === 0 && denied.test(state.failureReason);
}
