/**
 * Builds the CreateTrainingJob request from the task and from what the earlier stages resolved. Has no side effects.
 * The request's form: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
 */

import { distributionHyperparameters } from '../code/distribution.ts';
import { archivedEntrypoint } from '../code/start.ts';
import { hasLocalStorage } from '../core/instance-type.ts';
import { type Json, JsonNumber } from '../core/json.ts';
import type { RunContext } from '../core/run-context.ts';
import { CODE_ARCHIVE, CODE_CHANNEL, outputPath, STATE_PATH, sourceFolder, stateFolder } from '../core/s3-layout.ts';
import { formatS3Uri } from '../core/s3-uri.ts';
import type { Channel, LocatedChannel } from '../data/channels.ts';
import type { Attempt } from './attempts.ts';
import { hyperparameterText, plainText, tagText } from './limits.ts';
import type { JobSpec, Resources } from './spec.ts';

/** What the earlier stages resolved. */
export interface Staged {
  readonly job: string;
  readonly bucket: string;
  readonly region: string;
  readonly roleArn: string;
  readonly imageUri: string;
  readonly version: string;
  readonly fingerprint: string;
  readonly channels: readonly LocatedChannel[];
  /** With which instances. */
  readonly attempt: Attempt;
}

/**
 * Unpacks the code and starts the launcher. Needs only sh, tar and gzip. AWS's training toolkit in the image is not
 * used, because its versions 4.0 to 5.1.0 start the script through a shell from a joined string. SAGEMAKER_BASE_DIR
 * replaces /opt/ml, as in AWS's toolkit. SageMaker allows at most 256 characters in a string.
 */
const BOOTSTRAP = [
  'B=${SAGEMAKER_BASE_DIR:-/opt/ml}; mkdir -p "$B/code" && cd "$B/code"',
  ' && gzip -dc "$B/input/data/ssm_code/sourcedir.tar.gz" | tar -xof - && exec sh task_toolkit/launch.sh',
  '; echo "code not unpacked: sh, tar and gzip are needed">"$B/output/failure"; exit 1',
].join('');

export function trainingJobRequest(spec: JobSpec, staged: Staged, run: RunContext) {
  const { code, resources, place } = spec;
  const { network, kmsKey } = resources;
  const kms = kmsKey === undefined ? {} : { KmsKeyId: kmsKey };
  const channels = inputChannels(spec, staged);
  // A distribution that names the type has only one.
  const [instanceType = ''] = staged.attempt.instanceTypes;
  const toolkit = toolkitHyperparameters(spec, { ...staged, instanceType });
  const textOf = spec.code.start.kind === 'image' ? plainText : hyperparameterText;
  const vpc = { SecurityGroupIds: [...network.securityGroupIds], Subnets: [...network.subnets] };
  return {
    TrainingJobName: staged.job,
    RoleArn: staged.roleArn,
    AlgorithmSpecification: {
      TrainingImage: staged.imageUri,
      TrainingInputMode: 'File' as const,
      ...(spec.code.launcher === 'action' &&
        spec.code.start.kind !== 'image' && { ContainerEntrypoint: ['sh', '-c', BOOTSTRAP] }),
      // The image's own entry point gets them instead of "train" (assumed).
      ...(spec.code.start.kind === 'image' &&
        spec.code.arguments.length > 0 && { ContainerArguments: [...spec.code.arguments] }),
      ...(spec.metrics.length > 0 && {
        MetricDefinitions: spec.metrics.map(({ name, regex }) => ({ Name: name, Regex: regex })),
        EnableSageMakerMetricsTimeSeries: true,
      }),
    },
    HyperParameters: Object.fromEntries(
      [...code.hyperparameters, ...toolkit].map(([key, value]) => [key, textOf(value)]),
    ),
    Environment: Object.fromEntries(code.environment),
    // SageMaker refuses an empty list.
    ...(channels.length > 0 && { InputDataConfig: channels }),
    OutputDataConfig: {
      S3OutputPath: outputPath(staged.bucket, place),
      ...(spec.results.compression === 'none' && { CompressionType: 'NONE' as const }),
      ...kms,
    },
    CheckpointConfig: { S3Uri: `s3://${staged.bucket}/${stateFolder(place)}`, LocalPath: STATE_PATH },
    ResourceConfig: resourceConfig(resources, staged.attempt),
    EnableManagedSpotTraining: staged.attempt.spot,
    ...(network.subnets.length > 0 && { VpcConfig: vpc }),
    ...(network.isolation && { EnableNetworkIsolation: true }),
    ...(resources.remoteDebug && { RemoteDebugConfig: { EnableRemoteDebug: true } }),
    ...(network.encryptTraffic && { EnableInterContainerTrafficEncryption: true }),
    StoppingCondition: {
      MaxRuntimeInSeconds: resources.maxRunSeconds,
      ...(staged.attempt.spot && { MaxWaitTimeInSeconds: resources.maxWaitSeconds }),
    },
    Tags: jobTags(spec, staged, run).map(([Key, Value]) => ({ Key, Value })),
  };
}

/** One type as ever, several as preferences. */
export function resourceConfig(resources: Resources, { instanceTypes }: Attempt) {
  const { instanceCount, volumeSizeGb, kmsKey, keepAliveSeconds } = resources;
  const of = (type: string) => ({ InstanceType: type as 'ml.m5.large', InstanceCount: instanceCount });
  const [type = '', ...others] = instanceTypes;
  return {
    ...(others.length === 0 ? of(type) : { InstancePreferences: instanceTypes.map(of) }),
    VolumeSizeInGB: volumeSizeGb,
    ...(kmsKey !== undefined && !instanceTypes.some(hasLocalStorage) && { VolumeKmsKeyId: kmsKey }),
    ...(keepAliveSeconds !== undefined && { KeepAlivePeriodInSeconds: keepAliveSeconds }),
  };
}

export type TrainingJobRequest = ReturnType<typeof trainingJobRequest>;

/**
 * The user's tags and the action's. The first three are also tags of the `ssm` command line. Users cannot replace them.
 */
function jobTags(
  { place, resources, follow }: JobSpec,
  { version, fingerprint }: Staged,
  run: RunContext,
): [string, string][] {
  const actionTags: [string, string][] = [
    ['SimpleSagemakerProject', `${place.prefix}${place.project}`],
    ['SimpleSagemakerTask', place.task],
    ['SimpleSagemakerVersion', version],
    ['SimpleSagemakerRepository', run.repository],
    ['SimpleSagemakerRef', run.ref],
    ['SimpleSagemakerSha', run.sha],
    ['SimpleSagemakerRun', run.runId],
    ['SimpleSagemakerFingerprint', fingerprint],
    // aws/events.yml has a workflow collect the jobs with this tag.
    ['SimpleSagemakerDetached', follow.wait ? '' : 'true'],
  ];
  const nonEmpty = actionTags
    .filter(([, value]) => value !== '')
    .map(([key, value]): [string, string] => [key, tagText(value)]);
  return [...new Map([...resources.tags, ...nonEmpty])];
}

/** Hyperparameters that tell AWS's training toolkit which code to start, as the SageMaker Python SDK v2 sets them. */
export function toolkitHyperparameters(
  spec: JobSpec,
  { bucket, job, region, instanceType }: Pick<Staged, 'bucket' | 'job' | 'region'> & { readonly instanceType: string },
): [string, Json][] {
  if (spec.code.launcher === 'action' || spec.code.start.kind !== 'entrypoint') return [];
  return [
    ['sagemaker_submit_directory', `s3://${bucket}/${sourceFolder(spec.place, job)}${CODE_ARCHIVE}`],
    ['sagemaker_program', archivedEntrypoint(spec.code.sourceDir, spec.code.start.path)],
    ['sagemaker_container_log_level', new JsonNumber('20')],
    ['sagemaker_job_name', job],
    ['sagemaker_region', region],
    ...distributionHyperparameters(spec.code.distribution, spec.image.choice.framework, instanceType),
  ];
}

function inputChannels(spec: JobSpec, { bucket, job, channels }: Staged) {
  const requests = channels.map((channel) => channelRequest(channel, formatS3Uri(channel.uri)));
  if (spec.code.launcher === 'image' || spec.code.start.kind === 'image') return requests;
  const code = { name: CODE_CHANNEL, distribution: 'FullyReplicated', mode: 'File' } as const;
  return [...requests, channelRequest(code, `s3://${bucket}/${sourceFolder(spec.place, job)}`)];
}

function channelRequest(channel: Pick<Channel, 'name' | 'distribution' | 'mode'>, uri: string) {
  return {
    ChannelName: channel.name,
    InputMode: channel.mode,
    DataSource: {
      S3DataSource: {
        S3DataType: 'S3Prefix' as const,
        S3Uri: uri,
        S3DataDistributionType: channel.distribution,
      },
    },
  };
}
