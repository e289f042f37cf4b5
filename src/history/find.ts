/** Searches a task's earlier jobs, newest first, and stops as soon as the answer is known. */

import { together } from '../core/concurrency.ts';
import { InputError } from '../core/errors.ts';
import { outputPath, type Place, places, type TaskPlace } from '../core/s3-layout.ts';
import { lacksAccess } from '../core/training-job.ts';
import type { Step } from '../step.ts';
import { type Decision, decide, type EarlierJob, isBefore, type Wanted } from './decide.ts';
import { describeTasks } from './describe-tasks.ts';
import { fingerprintOf } from './fingerprint.ts';
import { findNamedJob, Seen, taskJobs } from './jobs.ts';
import { type JobRecord, recordFingerprint } from './record.ts';

/** Decides what the run does, from the present state of the task's jobs. `seen`: what need not be read again. */
export async function decideFromHistory(step: Step, place: TaskPlace, wanted: Wanted, seen?: Seen): Promise<Decision> {
  const fingerprint = fingerprintOf(wanted.facts);
  const needsState = (record: JobRecord): boolean =>
    wanted.skipIf === 'completed' || recordFingerprint(record) === fingerprint;
  const jobs: EarlierJob[] = [];
  for await (const batch of taskJobs(step, place, needsState, seen)) {
    jobs.push(...batch);
    const decision = decide(wanted, jobs, []);
    if (decision.kind !== 'start' || wanted.cleanState || wanted.skipIf === 'never') return decision;
  }
  const base: EarlierJob[] = [];
  if (place.basePrefix !== undefined && !jobs.some(({ completed }) => completed)) {
    for await (const batch of taskJobs(step, { ...place, prefix: place.basePrefix }, needsState, seen)) {
      base.push(...batch);
      const decision = decide(wanted, jobs, base);
      if (decision.kind !== 'start') return decision;
    }
  }
  return decide(wanted, jobs, base);
}

/** The job that completed the task last: under the prefix, or, if no job has completed there, under the base prefix. */
export async function lastCompleted(step: Step, task: TaskPlace, seen?: Seen): Promise<EarlierJob | undefined> {
  for (const place of places(task)) {
    for await (const batch of taskJobs(step, place, () => true, seen)) {
      const completed = batch.find((job) => job.completed);
      if (completed !== undefined) return completed;
    }
  }
  return undefined;
}

/** The task's newest job if it is in progress, otherwise the job that completed the task last. */
async function newestToCollect(step: Step, task: TaskPlace): Promise<EarlierJob | undefined> {
  const seen = Seen.of(step.home, task);
  for await (const [newest] of taskJobs(step, task, () => true, seen)) {
    if (newest !== undefined && !newest.ended) return newest;
    break;
  }
  return lastCompleted(step, task, seen);
}

/**
 * Whether the task's previous job failed for lack of a permission too. Then the cause is not IAM's delay in propagating
 * a new policy, and starting once more would not help.
 */
export async function lackedAccessBefore(step: Step, place: Place, job: string): Promise<boolean> {
  for await (const batch of taskJobs(step, place, () => true)) {
    const before = batch.find(({ name }) => name !== job);
    if (before !== undefined) return before.state !== undefined && lacksAccess(before.state);
  }
  return false;
}

/** The jobs to compare a job with: see `JobReport`. */
export interface Compared {
  readonly previous: EarlierJob | undefined;
  readonly base: EarlierJob | undefined;
}

/** A job, and the folder in which SageMaker writes `JOB/output/…`: an S3 URI. */
type ComparedWith = Pick<EarlierJob, 'name' | 'place'> & { readonly outputPath: string };

/** `known`: the job that completed the task last, if the caller knows it. `seen`: what need not be read again. */
export async function findCompared(
  step: Step,
  task: TaskPlace,
  job: ComparedWith,
  known: EarlierJob | undefined,
  seen: Seen | undefined,
): Promise<Compared> {
  const { prefix } = job.place;
  const isOwn = job.outputPath === outputPath(step.home.bucket.name, job.place) && job.place.task !== '';
  const basePrefix = task.basePrefix === prefix ? undefined : task.basePrefix;
  const under = (prefix: string): EarlierJob | undefined => (known?.place.prefix === prefix ? known : undefined);
  const [previous, base] = await together(step.signal, (signal) => [
    under(prefix) ??
      (isOwn
        ? newestCompleted({ ...step, signal }, job.place, ({ name }) => isBefore(name, job.name), seen)
        : undefined),
    basePrefix === undefined
      ? undefined
      : (under(basePrefix) ??
        newestCompleted({ ...step, signal }, { ...task, prefix: basePrefix }, ({ name }) => name !== job.name, seen)),
  ]);
  return { previous, base };
}

/** The newest of these jobs that completed the task, with its record or its state. Looks at the newest few jobs only. */
async function newestCompleted(
  step: Step,
  place: Place,
  isMeant: (job: EarlierJob) => boolean,
  seen: Seen | undefined,
): Promise<EarlierJob | undefined> {
  let batches = 0;
  for await (const batch of taskJobs(step, place, () => false, seen)) {
    const found = batch.find((job) => job.completed && isMeant(job));
    batches += 1;
    if (found !== undefined || batches === MOST_BATCHES) return found;
  }
  return undefined;
}

/** 30 jobs. */
const MOST_BATCHES = 4;

/** Which job to find: the named one, or the task's newest. */
type Asked = { readonly kind: 'collect' } | { readonly kind: 'job'; readonly job: string };

/** Finds the job of a step that starts none. Throws an InputError if there is no such job. */
export async function findToCollect(step: Step, task: TaskPlace, asked: Asked): Promise<EarlierJob> {
  if (asked.kind === 'job') {
    const named = await findNamedJob(step, asked.job);
    if (named !== undefined) return named;
    const problem = `the training job ${asked.job} does not exist in ${step.aws.region}`;
    throw new InputError([{ input: 'job-name', problem, remedy: 'check the name and the region.' }]);
  }
  const newest = step.home.exists ? await newestToCollect(step, task) : undefined;
  if (newest !== undefined) return newest;
  const tasks = await describeTasks(step, task);
  const problem = `the task "${task.task}" has no job that is in progress or completed`;
  const remedy = `run the task first, or correct its name. The project "${task.project}" has these tasks: ${tasks}.`;
  throw new InputError([{ input: 'task', problem, remedy }]);
}
