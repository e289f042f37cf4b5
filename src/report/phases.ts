/**
 * The phases of a job, from its secondary status.
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html (SecondaryStatus)
 */

import type { Transition } from '../core/training-job.ts';
import type { Phase, PhaseName } from './job-report.ts';

/** The statuses of an end, such as Completed and MaxRuntimeExceeded, are of no phase. */
const PHASES: Readonly<Record<string, PhaseName>> = {
  Starting: 'waiting',
  Pending: 'waiting',
  LaunchingMLInstances: 'waiting',
  PreparingTrainingStack: 'waiting',
  Restarting: 'waiting',
  Updating: 'waiting',
  Downloading: 'downloading',
  DownloadingTrainingImage: 'downloading',
  Training: 'training',
  Interrupted: 'interrupted',
  Stopping: 'stopping',
  Uploading: 'uploading',
};
const ENDS: readonly string[] = ['Completed', 'Failed', 'Stopped', 'MaxRuntimeExceeded', 'MaxWaitTimeExceeded'];

/** The part of a job's state that says when what happened. */
export interface Times {
  readonly transitions: readonly Transition[];
  readonly created: Date | undefined;
  readonly ended: Date | undefined;
}

interface Mark {
  readonly name: PhaseName;
  readonly at: number;
}

/**
 * In order of time, without gaps, each longer than 0. `now`: the end of what is in progress. What SageMaker gives no time for
 * belongs to the phase before it.
 */
export function phasesOf({ transitions, created, ended }: Times, now: Date): Phase[] {
  const known = transitions.flatMap(({ status, at }) => (at === undefined ? [] : [{ status, at: at.getTime() }]));
  const end = ended?.getTime() ?? known.findLast(({ status }) => ENDS.includes(status))?.at ?? now.getTime();
  const marks: Mark[] = created === undefined ? [] : [{ name: 'waiting', at: created.getTime() }];
  for (const { status, at } of known) {
    const name = Object.hasOwn(PHASES, status) ? PHASES[status] : undefined;
    if (name !== undefined) marks.push({ name, at });
  }
  const ordered = inOrder(marks, end).filter((mark, index, all) => mark.name !== all[index - 1]?.name);
  return ordered.map(({ name, at }, index) => ({
    name,
    start: new Date(at).toISOString(),
    seconds: ((ordered[index + 1]?.at ?? end) - at) / 1000,
  }));
}

/** No mark is before the one above it or after the end, and none of them begins when the next one does. */
function inOrder(marks: readonly Mark[], end: number): Mark[] {
  let latest = 0;
  const forward = marks.map(({ name, at }) => {
    latest = Math.max(latest, Math.min(at, end));
    return { name, at: latest };
  });
  return forward.filter(({ at }, index) => at < (forward[index + 1]?.at ?? end));
}
