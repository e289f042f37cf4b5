/**
 * The CreateTrainingJob request. A pure function of the task and of what the stages before made; the shape is the
 * service's own: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
 */
import { type Channel, CODE_CHANNEL, formatS3Uri } from './channels.ts';
import { hyperparameterText, tagText } from './limits.ts';
import { inputFolder, STATE_PATH, sourceFolder, stateFolder, taskFolder } from './names.ts';
import type { RunContext, TaskSpec } from './spec.ts';

/** What was resolved and staged before: the names of things that exist. */
export interface Staged {
  readonly job: string;
  readonly bucket: string;
  readonly roleArn: string;
  readonly imageUri: string;
  readonly version: string;
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
  return {
    TrainingJobName: staged.job,
    RoleArn: staged.roleArn,
    AlgorithmSpecification: {
      TrainingImage: staged.imageUri,
      TrainingInputMode: 'File' as const,
      ContainerEntrypoint: ['sh', '-c', BOOTSTRAP],
    },
    HyperParameters: Object.fromEntries(
      [...spec.hyperparameters].map(([key, value]) => [key, hyperparameterText(value)]),
    ),
    Environment: Object.fromEntries(spec.environment),
    InputDataConfig: [
      ...spec.channels.map((channel) => channelRequest(channel, channelUri(channel, spec, staged.bucket))),
      channelRequest(
        { name: CODE_CHANNEL, distribution: 'FullyReplicated', mode: 'File' },
        `s3://${staged.bucket}/${sourceFolder(spec, staged.job)}`,
      ),
    ],
    OutputDataConfig: { S3OutputPath: `s3://${staged.bucket}/${taskFolder(spec).replace(/\/$/, '')}` },
    CheckpointConfig: { S3Uri: `s3://${staged.bucket}/${stateFolder(spec)}`, LocalPath: STATE_PATH },
    ResourceConfig: {
      InstanceType: spec.instanceType as 'ml.m5.large',
      InstanceCount: spec.instanceCount,
      VolumeSizeInGB: spec.volumeSizeGb,
    },
    EnableManagedSpotTraining: spec.spot,
    StoppingCondition: {
      MaxRuntimeInSeconds: spec.maxRunSeconds,
      ...(spec.maxWaitSeconds === undefined ? {} : { MaxWaitTimeInSeconds: spec.maxWaitSeconds }),
    },
    Tags: jobTags(spec, staged.version, context).map(([Key, Value]) => ({ Key, Value })),
  };
}

export type TrainingJobRequest = ReturnType<typeof trainingJobRequest>;

/** The first three are those of the `ssm` command line; a user's own tags cannot replace them. */
function jobTags(spec: TaskSpec, version: string, context: RunContext): [string, string][] {
  const own: [string, string][] = [
    ['SimpleSagemakerProject', `${spec.prefix}${spec.project}`],
    ['SimpleSagemakerTask', spec.task],
    ['SimpleSagemakerVersion', version],
    ['SimpleSagemakerRepository', context.repository],
    ['SimpleSagemakerRef', context.ref],
    ['SimpleSagemakerSha', context.sha],
    ['SimpleSagemakerRun', context.runId],
  ];
  const given = own.filter(([, value]) => value !== '').map(([key, value]): [string, string] => [key, tagText(value)]);
  return [...new Map([...spec.tags, ...given])];
}

/** Where a channel's data lies: a local source under the task's folder, an S3 source where it is. */
function channelUri(channel: Channel, spec: TaskSpec, bucket: string): string {
  const { source } = channel;
  return source.kind === 's3' ? formatS3Uri(source.uri) : `s3://${bucket}/${inputFolder(spec, channel.name)}`;
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
