/** Decides whether to start the task once more after its job has failed. */

import type { Place } from '../core/s3-layout.ts';
import { type DescribedJob, lacksAccess } from '../core/training-job.ts';
import { notice } from '../github/log.ts';
import { lackedAccessBefore } from '../history/find.ts';
import type { Step } from '../step.ts';
import type { Started } from './launch.ts';

/**
 * If the job failed only because IAM had not propagated a new policy of its role yet: a sentence that says so, also as a
 * notice. If the job before it failed in the same way, the cause is another one.
 */
export async function whyAnotherStart(
  step: Step,
  place: Place,
  { name, managedRole }: Started,
  state: DescribedJob,
): Promise<string | undefined> {
  if (!managedRole || !lacksAccess(state) || (await lackedAccessBefore(step, place, name))) return undefined;
  const why = `${name} failed because its role's new permissions were not in effect yet, so the task is started once more.`;
  notice(why);
  return why;
}
