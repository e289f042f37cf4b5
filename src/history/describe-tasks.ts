/** Describes a project's tasks in errors. */

import { listSubfolders } from '../aws/s3-list.ts';
import { each, together } from '../core/concurrency.ts';
import { isTaskName, places, projectFolder, type TaskPlace } from '../core/s3-layout.ts';
import type { Step } from '../step.ts';
import type { EarlierJob } from './decide.ts';
import { taskJobs } from './jobs.ts';

/** An error lists at most so many tasks. */
const MOST_LISTED = 20;

/**
 * `train (Failed), prepare (Completed, under base-prefix)`: the project's tasks with the status of their newest jobs.
 */
export async function describeTasks(step: Step, searched: TaskPlace): Promise<string> {
  const { aws, home, signal } = step;
  if (!home.exists) return 'none';
  const found = await together(signal, (signal) =>
    places(searched).map(async (place) => {
      const tasks = await listSubfolders(aws, home.bucket, projectFolder(place), signal);
      return tasks.filter(isTaskName).map((task) => ({ ...place, task }));
    }),
  );
  const tasks = found.flat();
  const shown = await each(signal, tasks.slice(0, MOST_LISTED), MOST_LISTED, async (place, signal) => {
    const where = place.prefix === searched.prefix ? '' : ', under base-prefix';
    for await (const [newest] of taskJobs({ ...step, signal }, place, () => true)) {
      if (newest !== undefined) return `${place.task} (${stateOf(newest)}${where})`;
    }
    return `${place.task} (no job${where})`;
  });
  const more = tasks.length > MOST_LISTED ? [`and ${tasks.length - MOST_LISTED} more`] : [];
  return [...shown, ...more].join(', ') || 'none';
}

function stateOf({ state, completed }: EarlierJob): string {
  if (state === undefined) return 'unknown';
  return state.status === 'Completed' && !completed ? 'Completed, but only some instances marked it' : state.status;
}
