/** Creates, describes and stops training jobs. */
import {
  type CreateTrainingJobCommandInput as CreateRequest,
  CreateTrainingJobCommand,
  DescribeTrainingJobCommand,
  type DescribeTrainingJobCommandOutput,
  SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { pause, untilAnswered } from '../core/concurrency.ts';
import { ActionError } from '../core/errors.ts';
import { quotasUrl } from '../core/names.ts';
import { CODE_ARCHIVE, CODE_CHANNEL } from '../core/s3-layout.ts';
import type { DescribedJob, TrainingStatus } from '../core/training-job.ts';
import type { Connection } from './connection.ts';
import { type InstanceRefusal, instanceRefusal } from './instance-refusal.ts';
import { isRefusal, isServiceError } from './service-errors.ts';

/** IAM is eventually consistent: SageMaker may see a new role or policy only after a minute. */
const UNSEEN_ROLE_MS = 120_000;
const RETRY_MS = 5_000;

/**
 * How long a request waits for SageMaker's answer: as long as AWS's own clients (`read_timeout` in
 * https://docs.aws.amazon.com/botocore/latest/reference/config.html). A job that does not exist so long after its request
 * will not start any more (assumed).
 */
export const ANSWER_MS = 60_000;
const OPTIONS = { handler: { requestTimeout: ANSWER_MS, throwOnRequestTimeout: true } };

function sagemaker(aws: Connection): SageMakerClient {
  return aws.client(SageMakerClient, aws.region, OPTIONS);
}

/** The answer to a request for a job. `unanswered`: the job may still start, within `ANSWER_MS` of the last attempt. */
export type JobAnswer =
  | { readonly kind: 'created'; readonly arn: string }
  /** `instances`: if it was refused because of an instance type. */
  | { readonly kind: 'refused'; readonly error: unknown; readonly instances: InstanceRefusal | undefined }
  | { readonly kind: 'unanswered'; readonly error: unknown };

/**
 * Requests the job. If the signal is aborted meanwhile, still waits for the answer as long as a cancelled step can. If the
 * role is managed by the action and SageMaker cannot assume it, or it cannot read its bucket yet, retries for two minutes
 * and calls `onWait` once. The role itself is complete by now.
 */
export async function createJob(
  aws: Connection,
  request: CreateRequest,
  managedRole: boolean,
  onWait: () => void,
  signal: AbortSignal,
): Promise<JobAnswer> {
  const answered = untilAnswered(signal);
  const deadline = Date.now() + UNSEEN_ROLE_MS;
  let kind: 'refused' | 'unanswered' = 'refused';
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      const command = new CreateTrainingJobCommand(request);
      const { TrainingJobArn = '' } = await sagemaker(aws).send(command, { abortSignal: answered });
      return { kind: 'created', arn: TrainingJobArn };
    } catch (error) {
      const own = await jobOfLostAnswer(aws, request, error, answered);
      if (own !== undefined) return { kind: 'created', arn: own.arn };
      if (!isRefusal(error)) kind = 'unanswered';
      const retry = managedRole && isRoleUnseen(error) && Date.now() + RETRY_MS < deadline;
      if (!retry) return unsuccessful(kind, createError(error, request, aws.region), error, request);
      if (attempt === 0) onWait();
      await pause(RETRY_MS, signal);
    }
  }
  return unsuccessful(kind, signal.reason, undefined, request);
}

function unsuccessful(
  kind: 'refused' | 'unanswered',
  error: unknown,
  cause: unknown,
  { ResourceConfig: resources }: CreateRequest,
): JobAnswer {
  if (kind === 'unanswered') return { kind, error };
  return { kind, error, instances: instanceRefusal(cause, typesOf(resources)) };
}

function typesOf(resources: CreateRequest['ResourceConfig']): string[] {
  const all = [...(resources?.InstanceGroups ?? []), ...(resources?.InstancePreferences ?? []), resources];
  return all.flatMap((each) => each?.InstanceType ?? []);
}

/**
 * If the name is "in use", finds the job that this request started: the SDK retries a request whose answer was lost.
 * The job is ours because its name is random, and because only the holder of the task's lease starts jobs that write to
 * the task's folder.
 */
async function jobOfLostAnswer(
  aws: Connection,
  request: CreateRequest,
  error: unknown,
  signal: AbortSignal,
): Promise<DescribedJob | undefined> {
  if (!isServiceError(error, 'ResourceInUse')) return undefined;
  const job = await findJob(aws, request.TrainingJobName ?? '', signal);
  return job?.outputPath === request.OutputDataConfig?.S3OutputPath ? job : undefined;
}

function isRoleUnseen(error: unknown): boolean {
  return (
    isServiceError(error, 'ValidationException') &&
    /Could not assume role|No S3 objects found|does not have permissions|AccessDenied/i.test(error.message)
  );
}

/** Adds a remedy to the service's error, whose text has none. */
function createError(error: unknown, request: CreateRequest, region: string): unknown {
  const hint = createHint(error, request, region);
  return hint === undefined
    ? error
    : new ActionError(`SageMaker refused the job: ${(error as Error).message}`, hint, { cause: error });
}

function createHint(error: unknown, request: CreateRequest, region: string): string | undefined {
  if (isServiceError(error, 'ResourceLimitExceeded')) {
    const types = typesOf(request.ResourceConfig).join(', ');
    return `Request a higher quota of ${types} ("for training job usage" or "for spot training job usage") at ${quotasUrl(region)}, or name other types in "instance-type": it can be a list.`;
  }
  if (isServiceError(error, 'AccessDeniedException')) {
    return "Allow these credentials sagemaker:CreateTrainingJob and sagemaker:AddTags, and iam:PassRole on the job's role.";
  }
  if (!isServiceError(error, 'ValidationException')) return undefined;
  if (/Could not assume role/.test(error.message))
    return 'Add sagemaker.amazonaws.com to the trust policy of the role, or remove "execution-role".';
  if (/No S3 objects found/.test(error.message))
    return 'Check the s3:// URIs of "inputs", and allow the role to list and read them.';
  return 'The message above names the field of the request. Correct the input that sets it.';
}

export async function describeJob(aws: Connection, name: string, signal: AbortSignal): Promise<DescribedJob> {
  const command = new DescribeTrainingJobCommand({ TrainingJobName: name });
  const job = await sagemaker(aws).send(command, { abortSignal: signal });
  return described(name, job);
}

/** The job. Undefined if no job has this name. */
export async function findJob(aws: Connection, name: string, signal: AbortSignal): Promise<DescribedJob | undefined> {
  try {
    return await describeJob(aws, name, signal);
  } catch (error) {
    if (isServiceError(error, 'ValidationException', 'ResourceNotFound') && /not found/i.test(error.message))
      return undefined;
    throw error;
  }
}

const ENDED: readonly string[] = ['Completed', 'Failed', 'Stopped'];

/** TrainingEndTime is missing if the job never had instances. Nothing changes after such an end (assumed). */
function endOf(job: DescribeTrainingJobCommandOutput): Date | undefined {
  return job.TrainingEndTime ?? (ENDED.includes(job.TrainingJobStatus ?? '') ? job.LastModifiedTime : undefined);
}

function described(name: string, job: DescribeTrainingJobCommandOutput): DescribedJob {
  const { ResourceConfig: resources } = job;
  const preferences = resources?.InstancePreferences ?? [];
  const groups = resources?.InstanceGroups ?? [];
  const type = resources?.SelectedInstanceType ?? resources?.InstanceType ?? groups[0]?.InstanceType;
  const inGroups = groups.reduce((sum, { InstanceCount = 0 }) => sum + InstanceCount, 0);
  return {
    name,
    status: (job.TrainingJobStatus ?? 'InProgress') as TrainingStatus,
    secondaryStatus: job.SecondaryStatus ?? '',
    transitions: (job.SecondaryStatusTransitions ?? []).map((transition) => ({
      status: transition.Status ?? '',
      message: transition.StatusMessage ?? '',
      at: transition.StartTime,
    })),
    failureReason: job.FailureReason ?? '',
    trainingSeconds: job.TrainingTimeInSeconds,
    billableSeconds: job.BillableTimeInSeconds,
    created: job.CreationTime,
    ended: endOf(job),
    arn: job.TrainingJobArn ?? '',
    instanceTypes: type === undefined ? preferences.map(({ InstanceType = '' }) => InstanceType) : [type],
    chosen: resources?.SelectedInstanceType !== undefined,
    instanceCount:
      resources?.SelectedInstanceCount ?? resources?.InstanceCount ?? preferences[0]?.InstanceCount ?? (inGroups || 1),
    imageUri: job.AlgorithmSpecification?.TrainingImage ?? '',
    spot: job.EnableManagedSpotTraining ?? false,
    outputPath: (job.OutputDataConfig?.S3OutputPath ?? '').replace(/(?<!\/)\/+$/, ''),
    compression: job.OutputDataConfig?.CompressionType === 'NONE' ? 'none' : 'gzip',
    // SageMaker answers with an empty text if the request had no key.
    kmsKey: job.OutputDataConfig?.KmsKeyId || undefined,
    stateUri: job.CheckpointConfig?.S3Uri ?? '',
    codeUri: codeUri(job),
    // The action's launcher, and AWS's training toolkit, which starts the program that this hyperparameter names.
    announcesProgram: hasCodeChannel(job) || job.HyperParameters?.['sagemaker_program'] !== undefined,
    metrics: new Map(
      (job.FinalMetricDataList ?? []).map(({ MetricName, Value }) => [MetricName ?? '', Number(Value)] as const),
    ),
  };
}

function hasCodeChannel({ InputDataConfig }: DescribeTrainingJobCommandOutput): boolean {
  return InputDataConfig?.some(({ ChannelName }) => ChannelName === CODE_CHANNEL) ?? false;
}

/** The URI of the code archive: in the action's own channel, or, for `ssm` and AWS's SDK, in a hyperparameter. */
function codeUri({ InputDataConfig, HyperParameters }: DescribeTrainingJobCommandOutput): string {
  const channel = InputDataConfig?.find(({ ChannelName }) => ChannelName === CODE_CHANNEL);
  const folder = channel?.DataSource?.S3DataSource?.S3Uri;
  if (folder !== undefined) return `${folder.replace(/(?<!\/)\/*$/, '/')}${CODE_ARCHIVE}`;
  return (HyperParameters?.['sagemaker_submit_directory'] ?? '').replace(/^"|"$/g, '');
}

/** Stops the job. Returns `stopping`, `ended` if it had ended before, or `absent` if no job has this name. */
export async function stopJob(
  aws: Connection,
  name: string,
  signal: AbortSignal,
): Promise<'stopping' | 'ended' | 'absent'> {
  try {
    await sagemaker(aws).send(new StopTrainingJobCommand({ TrainingJobName: name }), { abortSignal: signal });
    return 'stopping';
  } catch (error) {
    if (!isServiceError(error, 'ValidationException', 'ResourceNotFound')) throw error;
    if (/not found/i.test(error.message)) return 'absent';
    if (/is in status/i.test(error.message)) return 'ended';
    throw error;
  }
}
