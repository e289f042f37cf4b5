/**
 * The CreateTrainingJob request. A pure function of the task and of what the stages before made; the shape is the
 * service's own: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
 */
import { archivedEntrypoint } from './arguments.ts';
import { type Channel, CODE_CHANNEL } from './channels.ts';
import { distributionHyperparameters } from './distribution.ts';
import type { RunContext } from './inputs.ts';
import { hyperparameterText, plainText, tagText } from './limits.ts';
import { CODE_ARCHIVE, STATE_PATH, sourceFolder, stateFolder, taskFolder } from './names.ts';
import { type Json, JsonNumber } from './parse.ts';
import type { TaskSpec } from './spec.ts';

/** What was resolved and staged before: the names of things that exist. */
export interface Staged {
  readonly job: string;
  readonly bucket: string;
  readonly roleArn: string;
  readonly imageUri: string;
  readonly version: string;
  readonly fingerprint: string;
  /** channel → where its data lies. */
  readonly channels: ReadonlyMap<string, string>;
}

/**
 * Unpacks the code and hands over to the launcher; all that it needs is sh, tar and gzip. AWS's training toolkit in the
 * image is not used: its versions 4.0 to 5.1.0 start the script through a shell from a joined string.
 * SAGEMAKER_BASE_DIR stands in for /opt/ml as in AWS's toolkit. A string takes 256 characters at the most.
 */
const BOOTSTRAP = [
  'B=${SAGEMAKER_BASE_DIR:-/opt/ml}; mkdir -p "$B/code" && cd "$B/code"',
  ' && gzip -dc "$B/input/data/ssm_code/sourcedir.tar.gz" | tar -xof - && exec sh task_toolkit/launch.sh',
  '; echo "no code: sh, tar and gzip are needed">"$B/output/failure"; exit 1',
].join('');

export function trainingJobRequest(spec: TaskSpec, staged: Staged, context: RunContext) {
  const { network, kmsKey } = spec;
  const kms = kmsKey === undefined ? {} : { KmsKeyId: kmsKey };
  const volumeKms = kmsKey === undefined || hasLocalStorage(spec.instanceType) ? {} : { VolumeKmsKeyId: kmsKey };
  const keepAlive = spec.keepAliveSeconds === undefined ? {} : { KeepAlivePeriodInSeconds: spec.keepAliveSeconds };
  const channels = inputChannels(spec, staged);
  const textOf = spec.start.kind === 'image' ? plainText : hyperparameterText;
  const vpc = { SecurityGroupIds: [...network.securityGroupIds], Subnets: [...network.subnets] };
  return {
    TrainingJobName: staged.job,
    RoleArn: staged.roleArn,
    AlgorithmSpecification: {
      TrainingImage: staged.imageUri,
      TrainingInputMode: 'File' as const,
      ...(spec.launcher === 'action' &&
        spec.start.kind !== 'image' && { ContainerEntrypoint: ['sh', '-c', BOOTSTRAP] }),
      // The image's own entry point takes them in place of "train" (assumed).
      ...(spec.start.kind === 'image' && spec.arguments.length > 0 && { ContainerArguments: [...spec.arguments] }),
      ...(spec.metrics.length > 0 && {
        MetricDefinitions: spec.metrics.map(({ name, regex }) => ({ Name: name, Regex: regex })),
        EnableSageMakerMetricsTimeSeries: true,
      }),
    },
    HyperParameters: Object.fromEntries(
      [...spec.hyperparameters, ...toolkitHyperparameters(spec, staged)].map(([key, value]) => [key, textOf(value)]),
    ),
    Environment: Object.fromEntries(spec.environment),
    // An empty list is refused.
    ...(channels.length > 0 && { InputDataConfig: channels }),
    OutputDataConfig: { S3OutputPath: `s3://${staged.bucket}/${taskFolder(spec).replace(/\/$/, '')}`, ...kms },
    CheckpointConfig: { S3Uri: `s3://${staged.bucket}/${stateFolder(spec)}`, LocalPath: STATE_PATH },
    ResourceConfig: {
      InstanceType: spec.instanceType as 'ml.m5.large',
      InstanceCount: spec.instanceCount,
      VolumeSizeInGB: spec.volumeSizeGb,
      ...volumeKms,
      ...keepAlive,
    },
    EnableManagedSpotTraining: spec.spot,
    ...(network.subnets.length > 0 && { VpcConfig: vpc }),
    ...(network.isolation && { EnableNetworkIsolation: true }),
    ...(network.encryptTraffic && { EnableInterContainerTrafficEncryption: true }),
    StoppingCondition: {
      MaxRuntimeInSeconds: spec.maxRunSeconds,
      ...(spec.maxWaitSeconds === undefined ? {} : { MaxWaitTimeInSeconds: spec.maxWaitSeconds }),
    },
    Tags: jobTags(spec, staged, context).map(([Key, Value]) => ({ Key, Value })),
  };
}

export type TrainingJobRequest = ReturnType<typeof trainingJobRequest>;

/** The first three are those of the `ssm` command line; a user's own tags cannot replace them. */
function jobTags(spec: TaskSpec, { version, fingerprint }: Staged, context: RunContext): [string, string][] {
  const own: [string, string][] = [
    ['SimpleSagemakerProject', `${spec.prefix}${spec.project}`],
    ['SimpleSagemakerTask', spec.task],
    ['SimpleSagemakerVersion', version],
    ['SimpleSagemakerRepository', context.repository],
    ['SimpleSagemakerRef', context.ref],
    ['SimpleSagemakerSha', context.sha],
    ['SimpleSagemakerRun', context.runId],
    ['SimpleSagemakerFingerprint', fingerprint],
  ];
  const given = own.filter(([, value]) => value !== '').map(([key, value]): [string, string] => [key, tagText(value)]);
  return [...new Map([...spec.tags, ...given])];
}

/** What tells AWS's toolkit in the image which code to start, as the SageMaker Python SDK v2 does. */
export function toolkitHyperparameters(
  spec: TaskSpec,
  { bucket, job }: Pick<Staged, 'bucket' | 'job'>,
): [string, Json][] {
  if (spec.launcher === 'action' || spec.start.kind !== 'entrypoint') return [];
  return [
    ['sagemaker_submit_directory', `s3://${bucket}/${sourceFolder(spec, job)}${CODE_ARCHIVE}`],
    ['sagemaker_program', archivedEntrypoint(spec, spec.start.path)],
    ['sagemaker_container_log_level', new JsonNumber('20')],
    ['sagemaker_job_name', job],
    ['sagemaker_region', spec.region],
    ...distributionHyperparameters(spec.distribution, spec.image.framework, spec.instanceType),
  ];
}

/**
 * Instances whose own disks are encrypted already take no VolumeKmsKeyId:
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html
 */
function hasLocalStorage(instanceType: string): boolean {
  return /^ml\.(g[4-9]\w*|gr\d\w*|p3dn|p[4-9][\w-]*|trn\d\w*|[cmr]\d\w*d)\./.test(instanceType);
}

function inputChannels(spec: TaskSpec, { bucket, job, channels }: Staged) {
  const given = spec.channels.map((channel) => channelRequest(channel, channels.get(channel.name) ?? ''));
  if (spec.launcher === 'image' || spec.start.kind === 'image') return given;
  const code = { name: CODE_CHANNEL, distribution: 'FullyReplicated', mode: 'File' } as const;
  return [...given, channelRequest(code, `s3://${bucket}/${sourceFolder(spec, job)}`)];
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
