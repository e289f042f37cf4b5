/** Decides whether the task goes on in another job after one has ended or waited too long. */

import type { Place } from '../core/s3-layout.ts';
import { type DescribedJob, hadInstances, isEnded, lackedCapacity, lacksAccess } from '../core/training-job.ts';
import { info, notice } from '../github/log.ts';
import { lackedAccessBefore } from '../history/find.ts';
import type { Step } from '../step.ts';
import { type InstanceSearch, turnText } from './attempts.ts';

/** The job before, after which the step looks for another one. */
export type Before =
  /** It waits for instances, and makes way. */
  | { readonly kind: 'waits'; readonly state: DescribedJob }
  /** It has ended, and another one can start. */
  | { readonly kind: 'ended'; readonly why: string }
  /** Somebody else stopped it before it had instances. If that was another run, the task goes on in that run's job. */
  | { readonly kind: 'stopped'; readonly state: DescribedJob };

/**
 * Undefined if the job's end is the task's. Never another job after one that had its instances. `managedRole`: whether the
 * action manages the role of a job that this step started. Prints why.
 */
export async function nextAttempt(
  step: Step,
  place: Place,
  state: DescribedJob,
  managedRole: boolean,
  search: InstanceSearch,
): Promise<Before | undefined> {
  if (!isEnded(state)) return { kind: 'waits', state };
  if (lackedCapacity(state)) {
    if (search.patience === undefined) return undefined;
    search.fail(
      state,
      state.status === 'Failed' ? 'no capacity (CapacityError)' : 'no capacity within max-wait-minutes',
    );
    if (search.current === undefined) return undefined;
    const why = turnText(search);
    info(why);
    return { kind: 'ended', why };
  }
  if (managedRole && (await lackedOnlyAccess(step, place, state))) {
    const cause = "its role's new permissions were not in effect yet";
    const why = `${state.name} failed because ${cause}, so the task is started once more.`;
    notice(why);
    return { kind: 'ended', why };
  }
  return state.status === 'Stopped' && !hadInstances(state) ? { kind: 'stopped', state } : undefined;
}

/**
 * Whether the job failed only because IAM had not propagated a new policy of its role yet. If the job before it failed in the
 * same way, the cause is another one.
 */
async function lackedOnlyAccess(step: Step, place: Place, state: DescribedJob): Promise<boolean> {
  return lacksAccess(state) && !(await lackedAccessBefore(step, place, state.name));
}
