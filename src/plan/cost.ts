/** What the job of a run can cost at most, and whether `max-cost` allows it. */

import type { Resources } from '../job/spec.ts';
import { exactText } from '../money/amounts.ts';
import { demandOf, type PricedRequest } from '../money/demand.ts';
import { estimateText } from '../money/estimate.ts';
import { estimateCost } from '../money/find-price.ts';
import { limitMistake } from '../money/limit.ts';
import type { Step } from '../step.ts';
import type { PlanCheck, PlannedPart } from './plan.ts';

export interface PlannedCost {
  readonly parts: readonly PlannedPart[];
  readonly checks: readonly PlanCheck[];
}

export async function planCost(
  step: Step,
  request: PricedRequest,
  { maxCostUsd: maxUsd, instanceTypes }: Resources,
): Promise<PlannedCost> {
  const part = 'Cost';
  const demand = demandOf(request, instanceTypes);
  const estimate = 'why' in demand ? demand : await estimateCost(step, demand);
  const parts = 'why' in estimate ? [] : [{ part, text: estimateText(estimate) }];
  if (maxUsd === undefined)
    return { parts, checks: 'why' in estimate ? [{ part, state: 'unknown', text: estimate.why }] : [] };
  const mistake = limitMistake(maxUsd, estimate);
  if (mistake !== undefined)
    return { parts, checks: [{ part, state: 'missing', text: `max-cost: ${mistake.problem}: ${mistake.remedy}` }] };
  return { parts, checks: [{ part, state: 'ok', text: `not more than "max-cost" (${exactText(maxUsd)})` }] };
}
