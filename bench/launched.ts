/** Commands that start a training job: how long until the request for it arrived, and how many requests that took. */
import { SageMakerClient, StopTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import type { Ended } from './process.ts';
import type { Sample } from './results.ts';
import type { Aws } from './servers/aws.ts';

export interface Launched {
  /** Its seconds are those until the request for the job arrived, its calls all that the command made. */
  readonly sample: Sample;
  /** Calls up to and with the request for the job. Right only where all of them went through the stand-in, whose log has their order. */
  readonly callsToJob: number;
  readonly job: string;
}

/**
 * What `start` took. `arrived` says whether the request for the job has arrived, for what would wait for the job itself. The
 * job gets no instances, and is stopped.
 */
export async function launched(aws: Aws, start: (arrived: () => boolean) => Promise<Ended>): Promise<Launched> {
  await aws.forgetRequests();
  const find = () => aws.requests().find(({ operation }) => operation === 'CreateTrainingJob');
  const { began, sample } = await start(() => find() !== undefined);
  const request = find();
  if (request === undefined) throw new Error('No training job was started.');
  const calls = aws.countRequests();
  const callsToJob = aws.requests().filter(({ received }) => received <= request.received).length;
  const job = request.resource.split('/').at(-1) ?? '';
  await new SageMakerClient(aws.client()).send(new StopTrainingJobCommand({ TrainingJobName: job }));
  return { sample: { ...sample, seconds: request.received - began, calls }, callsToJob, job };
}
