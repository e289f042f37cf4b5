/** Training jobs that the bench itself starts, for steps that follow them or take their results. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchLogsClient, DescribeLogStreamsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateTrainingJobCommand,
  DescribeTrainingJobCommand,
  SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { PROJECT } from './commands.ts';
import { type Aws, BUCKET, ROLE } from './servers/aws.ts';

const IMAGE = '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.1.0-cpu-py310';
const POLL_MS = 200;

/** A job that runs the command on each of its instances, and whose results lie where those of the action's task do. */
export interface Job {
  readonly name: string;
  readonly task: string;
  readonly instances: number;
  readonly command: readonly string[];
}

/** Starts it. It gets its instances where the stand-in runs jobs. */
export async function startJob(aws: Aws, { name, task, instances, command }: Job): Promise<void> {
  await new SageMakerClient(aws.client()).send(
    new CreateTrainingJobCommand({
      TrainingJobName: name,
      RoleArn: ROLE,
      AlgorithmSpecification: {
        TrainingImage: IMAGE,
        TrainingInputMode: 'File',
        ContainerEntrypoint: [...command],
      },
      OutputDataConfig: { S3OutputPath: `s3://${BUCKET}/${PROJECT}/${task}` },
      ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: instances, VolumeSizeInGB: 10 },
      StoppingCondition: { MaxRuntimeInSeconds: 86_400 },
    }),
  );
}

/** The key of its model. */
export function modelKey({ name, task }: Job): string {
  return `${PROJECT}/${task}/${name}/output/model.tar.gz`;
}

export async function stopJob(aws: Aws, { name }: Job): Promise<void> {
  await new SageMakerClient(aws.client()).send(new StopTrainingJobCommand({ TrainingJobName: name }));
}

/** Waits until it has ended. Throws an Error unless it completed. */
export async function completed(aws: Aws, { name: TrainingJobName }: Job): Promise<void> {
  const client = new SageMakerClient(aws.client());
  for (;;) {
    const told = await client.send(new DescribeTrainingJobCommand({ TrainingJobName }));
    if (told.TrainingJobStatus === 'Completed') return;
    if (told.TrainingJobStatus !== 'InProgress')
      throw new Error(`${TrainingJobName}: ${told.TrainingJobStatus}: ${told.FailureReason}`);
    await sleep(POLL_MS);
  }
}

/** Waits until the log of each of a job's instances ends with a line that has this text. */
export async function printed(aws: Aws, { name, instances }: Job, text: string): Promise<void> {
  const client = new CloudWatchLogsClient(aws.client());
  const group = { logGroupName: '/aws/sagemaker/TrainingJobs' };
  const newest = async (logStreamName: string | undefined): Promise<string> => {
    const { events = [] } = await client.send(new GetLogEventsCommand({ ...group, logStreamName, limit: 1 }));
    return events.at(-1)?.message ?? '';
  };
  for (;;) {
    const asked = new DescribeLogStreamsCommand({ ...group, logStreamNamePrefix: `${name}/` });
    const { logStreams = [] } = await client.send(asked).catch(() => ({ logStreams: [] }));
    const lines = await Promise.all(logStreams.map(({ logStreamName }) => newest(logStreamName)));
    if (lines.filter((line) => line.includes(text)).length === instances) return;
    await sleep(POLL_MS);
  }
}
