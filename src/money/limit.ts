/** The rule of the input `max-cost`. */

import type { Mistake } from '../core/errors.ts';
import { exactText } from './amounts.ts';
import { type Estimate, SPOT } from './estimate.ts';
import type { NoPrice } from './prices.ts';

/** `maxUsd`: the input. A limit that cannot be checked is a mistake too. */
export function limitMistake(maxUsd: number, estimate: Estimate | NoPrice): Mistake | undefined {
  if ('why' in estimate) {
    const problem = `it cannot be checked, because what the job can cost is not known: ${estimate.why}`;
    const remedy = estimate.remedy === undefined ? 'remove it.' : `${estimate.remedy}, or remove it.`;
    return { input: 'max-cost', problem, remedy };
  }
  const { usd, sum, pricesOf, spot } = estimate;
  if (usd <= maxUsd) return undefined;
  const problem = `${sum} = ${exactText(usd)}, which is more than ${maxUsd} (${pricesOf}${spot ? `; ${SPOT}` : ''})`;
  const remedy = 'lower "max-run-minutes" or "instance-count", choose a cheaper "instance-type", or raise "max-cost".';
  return { input: 'max-cost', problem, remedy };
}
