/** Saves the main step's state for the post step. */
import { saveState } from '@actions/core';
import type { SavedJob, SavedLease } from './saved-state.ts';

let unsettled: string | undefined;

export function markMain(): void {
  saveState('main', 'started');
}

/** Saves the job. Called before the job is requested, so that the post step knows its name in any case. */
export function saveJob({ job, region, detach }: SavedJob): void {
  unsettled = job;
  saveState('job', job);
  saveState('region', region);
  saveState('detach', String(detach));
  // Resets the flag: an earlier job of this step may be settled.
  saveState('settled', '');
}

/** Marks the job as ended, stopped or refused, so that the post step has nothing to do. */
export function saveSettled(): void {
  unsettled = undefined;
  saveState('settled', 'true');
}

/** The job that was requested and may be in progress. */
export function unsettledJob(): string | undefined {
  return unsettled;
}

/** Saves the lease. Called before it is requested, and with undefined when this run does not hold it. */
export function saveLease(lease: SavedLease | undefined): void {
  saveState('lease', lease === undefined ? '' : JSON.stringify(lease));
}
