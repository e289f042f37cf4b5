/** The job that a step which starts none is about: one that is named, or the task's newest. */
import type { Clients } from './aws/clients.ts';
import { jobAt } from './aws/jobs.ts';
import { describeTasks, newestToCollect } from './past.ts';
import type { Home } from './resolve.ts';
import { parseS3Uri } from './task/channels.ts';
import { InputError } from './task/errors.ts';
import type { PastJob } from './task/history.ts';
import type { Place } from './task/names.ts';
import type { TaskSpec } from './task/spec.ts';

/** Throws an InputError where there is none. */
export async function jobToCollect(
  clients: Clients,
  spec: TaskSpec,
  { bucket, exists }: Home,
  signal: AbortSignal,
): Promise<PastJob> {
  if (spec.mode.kind === 'job') {
    const named = await jobAt(clients, bucket.owner, spec.mode.job, placeOf, signal);
    if (named !== undefined) return named;
    const problem = `there is no training job ${spec.mode.job} in ${spec.region}.`;
    throw new InputError([{ input: 'job-name', problem, remedy: 'Check the name and the region.' }]);
  }
  const newest = exists ? await newestToCollect(clients, spec, bucket, signal) : undefined;
  if (newest !== undefined) return newest;
  const tasks = exists ? await describeTasks(clients, spec, bucket, signal) : 'none';
  const problem = `no job of "${spec.task}" is in progress or has completed the task. The project's tasks: ${tasks}.`;
  throw new InputError([{ input: 'task', problem, remedy: 'Run it first, or correct its name.' }]);
}

/** `s3://BUCKET/PREFIX/PROJECT/TASK`, where SageMaker puts a job's results, taken apart. */
function placeOf(outputPath: string): { bucket: string; place: Place } {
  const { bucket, key } = parseS3Uri(outputPath);
  const parts = key.split('/').filter((part) => part !== '');
  const [project = '', task = ''] = parts.slice(-2);
  return {
    bucket,
    place: {
      prefix: parts
        .slice(0, -2)
        .map((part) => `${part}/`)
        .join(''),
      project,
      task,
    },
  };
}
