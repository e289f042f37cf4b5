/** A task's earlier jobs: looked through from the newest, no further than is needed. */
import type { Bucket } from './aws/bucket.ts';
import type { Clients } from './aws/clients.ts';
import { listSubfolders, taskJobs } from './aws/jobs.ts';
import { fingerprintOf } from './task/fingerprint.ts';
import { type Decision, decide, type PastJob, type Wish } from './task/history.ts';
import type { Place } from './task/names.ts';
import { type JobRecord, recordFingerprint } from './task/record.ts';
import type { TaskSpec } from './task/spec.ts';
import { lacksAccess } from './task/status.ts';

/** Of a project with many tasks, an error lists so many. */
const MOST_LISTED = 20;

type Home = Pick<TaskSpec, 'prefix' | 'basePrefix' | 'project'>;

/** What to do, as the task's jobs stand now. */
export async function decideByPast(
  clients: Clients,
  spec: TaskSpec,
  bucket: Bucket,
  wish: Wish,
  signal: AbortSignal,
): Promise<Decision> {
  const fingerprint = fingerprintOf(wish.facts);
  const look = (record: JobRecord): boolean => wish.skipIf === 'completed' || recordFingerprint(record) === fingerprint;
  const jobs: PastJob[] = [];
  for await (const batch of taskJobs(clients, bucket, spec, look, signal)) {
    jobs.push(...batch);
    const decision = decide(wish, jobs, []);
    if (decision.kind !== 'start' || wish.cleanState || wish.skipIf === 'never') return decision;
  }
  const base: PastJob[] = [];
  if (spec.basePrefix !== undefined && !jobs.some(({ completed }) => completed)) {
    const place = { ...spec, prefix: spec.basePrefix };
    for await (const batch of taskJobs(clients, bucket, place, look, signal)) {
      base.push(...batch);
      const decision = decide(wish, jobs, base);
      if (decision.kind !== 'start') return decision;
    }
  }
  return decide(wish, jobs, base);
}

/** The job by which a task was completed last, under the prefix, else under the base prefix. */
export async function lastCompleted(
  clients: Clients,
  home: Home,
  task: string,
  bucket: Bucket,
  signal: AbortSignal,
): Promise<PastJob | undefined> {
  for (const place of places(home, task)) {
    for await (const batch of taskJobs(clients, bucket, place, () => true, signal)) {
      const completed = batch.find((job) => job.completed);
      if (completed !== undefined) return completed;
    }
  }
  return undefined;
}

/** The task's newest job if it is in progress, else the one that completed it last. */
export async function newestToCollect(
  clients: Clients,
  spec: TaskSpec,
  bucket: Bucket,
  signal: AbortSignal,
): Promise<PastJob | undefined> {
  for await (const [newest] of taskJobs(clients, bucket, spec, () => true, signal)) {
    if (newest !== undefined && !newest.ended) return newest;
    break;
  }
  return lastCompleted(clients, spec, spec.task, bucket, signal);
}

/**
 * Whether the task's job before this one failed for want of a right too: what is still missing then is not a policy that
 * some run put a moment ago.
 */
export async function lackedAccessBefore(
  clients: Clients,
  place: Place,
  bucket: Bucket,
  job: string,
  signal: AbortSignal,
): Promise<boolean> {
  for await (const batch of taskJobs(clients, bucket, place, () => true, signal)) {
    const before = batch.find(({ name }) => name !== job);
    if (before !== undefined) return before.state !== undefined && lacksAccess(before.state);
  }
  return false;
}

/** `train (Failed), prepare (Completed, under base-prefix)`: the project's tasks with the state of each one's newest job. */
export async function describeTasks(
  clients: Clients,
  home: Home,
  bucket: Bucket,
  signal: AbortSignal,
): Promise<string> {
  const found = places(home, '').map(async (place) => {
    const tasks = await listSubfolders(clients.s3, bucket, `${place.prefix}${place.project}/`, signal);
    return tasks.map((task) => ({ ...place, task }));
  });
  const tasks = (await Promise.all(found)).flat();
  const shown = tasks.slice(0, MOST_LISTED).map(async (place) => {
    const where = place.prefix === home.prefix ? '' : ', under base-prefix';
    for await (const [newest] of taskJobs(clients, bucket, place, () => true, signal)) {
      if (newest !== undefined) return `${place.task} (${stateOf(newest)}${where})`;
    }
    return `${place.task} (no job${where})`;
  });
  const more = tasks.length > MOST_LISTED ? [`and ${tasks.length - MOST_LISTED} more`] : [];
  return [...(await Promise.all(shown)), ...more].join(', ') || 'none';
}

function stateOf({ state, completed }: PastJob): string {
  if (state === undefined) return 'unknown';
  return state.status === 'Completed' && !completed ? 'Completed, but not marked so by all instances' : state.status;
}

function places({ prefix, basePrefix, project }: Home, task: string): [Place, ...Place[]] {
  const own = { prefix, project, task };
  return basePrefix === undefined ? [own] : [own, { prefix: basePrefix, project, task }];
}
