/** The error of a step that got no instances. */

import { ActionError } from '../core/errors.ts';
import { type Tried, triedList } from './attempts.ts';

export const NO_INSTANCES_HINT =
  'Try again later or in another region, name more types in "instance-type", set "spot" to prefer, or raise "capacity-wait-minutes".';

/** What was tried, as the reason of a failure. */
export function noInstancesReason(tried: readonly Tried[]): string {
  return `no instances for the task:${triedList(tried)}`;
}

/** `cause`: SageMaker's refusal. If nothing else was tried, it says all. */
export function noInstances(tried: readonly Tried[], cause?: unknown): unknown {
  return cause !== undefined && tried.length === 1
    ? cause
    : new ActionError(`There were ${noInstancesReason(tried)}`, NO_INSTANCES_HINT, { cause });
}
