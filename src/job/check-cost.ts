/** Checks the input `max-cost` before anything is created. */

import { InputError } from '../core/errors.ts';
import { info } from '../github/log.ts';
import { demandOf, type PricedRequest } from '../money/demand.ts';
import { estimateText } from '../money/estimate.ts';
import { estimateCost } from '../money/find-price.ts';
import { limitMistake } from '../money/limit.ts';
import type { Step } from '../step.ts';
import type { Resources } from './spec.ts';

/**
 * Throws an InputError if the job can cost more than `max-cost`, or if that is not known. Asks for prices only if the input is
 * set.
 */
export async function checkCost(
  step: Step,
  request: PricedRequest,
  { maxCostUsd, instanceTypes }: Resources,
): Promise<void> {
  if (maxCostUsd === undefined) return;
  const demand = demandOf(request, instanceTypes);
  const estimate = 'why' in demand ? demand : await estimateCost(step, demand);
  const mistake = limitMistake(maxCostUsd, estimate);
  if (mistake !== undefined) throw new InputError([mistake]);
  if (!('why' in estimate)) info(`Cost: ${estimateText(estimate)}. "max-cost" is ${maxCostUsd}.`);
}
