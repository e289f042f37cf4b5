/** Training jobs: created, looked at, stopped. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateTrainingJobCommand,
  DescribeTrainingJobCommand,
  type DescribeTrainingJobCommandOutput,
  type SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { CODE_CHANNEL } from '../task/channels.ts';
import { ActionError } from '../task/errors.ts';
import { CODE_ARCHIVE } from '../task/names.ts';
import type { TrainingJobRequest } from '../task/request.ts';
import type { DescribedJob, TrainingStatus } from '../task/status.ts';
import { isServiceError } from './clients.ts';

/** IAM is eventually consistent: a fresh role or policy is not seen by SageMaker for up to a minute. */
const UNSEEN_ROLE_MS = 120_000;
const RETRY_MS = 5_000;

/**
 * Starts the job; answers its ARN. While a role that the action manages cannot be assumed, or does not see its bucket, it
 * tries again for two minutes, calling `waiting` once: the role is right by now, whichever run made it so.
 */
export async function createJob(
  client: SageMakerClient,
  request: TrainingJobRequest,
  managedRole: boolean,
  waiting: () => void,
  signal: AbortSignal,
): Promise<string> {
  const deadline = Date.now() + UNSEEN_ROLE_MS;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const { TrainingJobArn } = await client.send(new CreateTrainingJobCommand(request), { abortSignal: signal });
      return TrainingJobArn ?? '';
    } catch (error) {
      const own = await ownJob(client, request, error, signal);
      if (own !== undefined) return own.arn;
      const retry = managedRole && isRoleUnseen(error) && Date.now() + RETRY_MS < deadline;
      if (!retry) throw createError(error, request);
      if (attempt === 0) waiting();
      await sleep(RETRY_MS, undefined, { signal });
    }
  }
}

/**
 * Of the name that is "in use" the job that this request started: an attempt whose answer was lost is tried again by the
 * SDK. The name is random, and only who has the task's lease starts jobs that write to the task's folder.
 */
async function ownJob(
  client: SageMakerClient,
  request: TrainingJobRequest,
  error: unknown,
  signal: AbortSignal,
): Promise<DescribedJob | undefined> {
  if (!isServiceError(error, 'ResourceInUse')) return undefined;
  const job = await findJob(client, request.TrainingJobName, signal);
  return job?.outputPath === request.OutputDataConfig.S3OutputPath ? job : undefined;
}

function isRoleUnseen(error: unknown): boolean {
  return (
    isServiceError(error, 'ValidationException') &&
    /Could not assume role|No S3 objects found|does not have permissions|AccessDenied/i.test(error.message)
  );
}

/** The service's error with the remedy that its text does not name. */
function createError(error: unknown, request: TrainingJobRequest): unknown {
  const hint = createHint(error, request);
  return hint === undefined
    ? error
    : new ActionError(`SageMaker did not take the job: ${(error as Error).message}`, hint, { cause: error });
}

function createHint(error: unknown, request: TrainingJobRequest): string | undefined {
  if (isServiceError(error, 'ResourceLimitExceeded')) {
    return `Ask for a higher quota of ${request.ResourceConfig.InstanceType} (Service Quotas, "for training job usage" or "for spot training job usage"), or use another "instance-type".`;
  }
  if (isServiceError(error, 'AccessDeniedException')) {
    return "Allow sagemaker:CreateTrainingJob and sagemaker:AddTags, and iam:PassRole on the job's role, to these credentials.";
  }
  if (!isServiceError(error, 'ValidationException')) return undefined;
  if (/Could not assume role/.test(error.message))
    return 'Let the role trust sagemaker.amazonaws.com, or leave "execution-role" out.';
  if (/No S3 objects found/.test(error.message))
    return 'Check the s3:// URIs of "inputs", and that the role may list and read them.';
  return 'The message above names the field; correct the input that it comes from.';
}

export async function describeJob(client: SageMakerClient, name: string, signal: AbortSignal): Promise<DescribedJob> {
  const job = await client.send(new DescribeTrainingJobCommand({ TrainingJobName: name }), { abortSignal: signal });
  return described(name, job);
}

/** The job, or undefined where there is none of that name. */
export async function findJob(
  client: SageMakerClient,
  name: string,
  signal: AbortSignal,
): Promise<DescribedJob | undefined> {
  try {
    return await describeJob(client, name, signal);
  } catch (error) {
    if (isServiceError(error, 'ValidationException', 'ResourceNotFound') && /not found/i.test(error.message))
      return undefined;
    throw error;
  }
}

function described(name: string, job: DescribeTrainingJobCommandOutput): DescribedJob {
  const { ResourceConfig: resources } = job;
  const [chosen] = resources?.InstancePreferences ?? [];
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
    arn: job.TrainingJobArn ?? '',
    instanceType: resources?.InstanceType ?? chosen?.InstanceType ?? '',
    instanceCount: resources?.InstanceCount ?? chosen?.InstanceCount ?? 1,
    imageUri: job.AlgorithmSpecification?.TrainingImage ?? '',
    spot: job.EnableManagedSpotTraining ?? false,
    outputPath: (job.OutputDataConfig?.S3OutputPath ?? '').replace(/\/+$/, ''),
    stateUri: job.CheckpointConfig?.S3Uri ?? '',
    codeUri: codeUri(job),
    metrics: new Map(
      (job.FinalMetricDataList ?? []).map(({ MetricName, Value }) => [MetricName ?? '', Number(Value)] as const),
    ),
  };
}

/** The archive that the action's own channel brings; of `ssm` and of AWS's SDK, the one that a hyperparameter names. */
function codeUri({ InputDataConfig, HyperParameters }: DescribeTrainingJobCommandOutput): string {
  const channel = InputDataConfig?.find(({ ChannelName }) => ChannelName === CODE_CHANNEL);
  const folder = channel?.DataSource?.S3DataSource?.S3Uri;
  if (folder !== undefined) return `${folder.replace(/\/*$/, '/')}${CODE_ARCHIVE}`;
  return (HyperParameters?.['sagemaker_submit_directory'] ?? '').replace(/^"|"$/g, '');
}

/** Asks the job to stop: `stopping`, or `ended` when it had, or `absent` when there is none of that name. */
export async function stopJob(
  client: SageMakerClient,
  name: string,
  signal: AbortSignal,
): Promise<'stopping' | 'ended' | 'absent'> {
  try {
    await client.send(new StopTrainingJobCommand({ TrainingJobName: name }), { abortSignal: signal });
    return 'stopping';
  } catch (error) {
    if (!isServiceError(error, 'ValidationException', 'ResourceNotFound')) throw error;
    if (/not found/i.test(error.message)) return 'absent';
    if (/is in status/i.test(error.message)) return 'ended';
    throw error;
  }
}
