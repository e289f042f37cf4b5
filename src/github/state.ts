/** What main leaves for post: one module owns every key. */
import { getState, saveState } from '@actions/core';

export interface StartedJob {
  readonly job: string;
  readonly region: string;
}

/** Whether this process is the post step. */
export function isPost(): boolean {
  return getState('main') === 'started';
}

export function markMain(): void {
  saveState('main', 'started');
}

/** Saved before the job is asked for, so that no job is ever without somebody who knows its name. */
export function saveJob(job: StartedJob): void {
  saveState('job', job.job);
  saveState('region', job.region);
  // A job before it may be settled.
  saveState('settled', '');
}

/** The job needs nobody any more: it ended, or was stopped. */
export function saveSettled(): void {
  saveState('settled', 'true');
}

/** The job that main left behind, if it did. */
export function unsettledJob(): StartedJob | undefined {
  const job = getState('job');
  if (job === '' || getState('settled') === 'true') return undefined;
  return { job, region: getState('region') };
}
