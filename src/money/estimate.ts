/** What a job can cost at most: instances × hours × price. Storage, S3, logs and taxes are not in it. */

import { exactText, hoursText, rateText } from './amounts.ts';
import type { Demand, Instances } from './demand.ts';
import type { NoPrice, Price } from './prices.ts';

/** Instances of one type for some time. */
export interface Use extends Instances {
  readonly seconds: number;
  /** On demand, in USD. */
  readonly hourlyUsd: number;
}

export interface Estimate {
  /** The most that the job can cost, rounded to cents, and a cent at least. */
  readonly usd: number;
  /** `2 × ml.p3.2xlarge × up to 24 h × $4.284 an hour`. */
  readonly sum: string;
  /** Where the price is from: see `Price`. */
  readonly pricesOf: string;
  /** Whether the job uses spot instances. AWS publishes no prices of SageMaker's spot instances, so it may cost less. */
  readonly spot: boolean;
}

/** In USD, not rounded. */
export function costOf({ instanceCount, seconds, hourlyUsd }: Use): number {
  return (instanceCount * seconds * hourlyUsd) / 3600;
}

/**
 * The cost of the most expensive choice. `priceOf`: the price of an instance type. No estimate if the price of any type is
 * not known: the job may get that type.
 */
export function estimate(demand: Demand, priceOf: (instanceType: string) => Price | NoPrice): Estimate | NoPrice {
  let most: Estimate | undefined;
  for (const group of demand.choices) {
    const uses: Use[] = [];
    const sources = new Set<string>();
    for (const instances of group) {
      const price = priceOf(instances.instanceType);
      if ('why' in price) return price;
      uses.push({ ...instances, seconds: demand.seconds + demand.keptSeconds, hourlyUsd: price.hourlyUsd });
      sources.add(price.pricesOf);
    }
    const usd = rounded(uses.reduce((sum, use) => sum + costOf(use), 0));
    const sum = uses.map((use) => product(use, demand.keptSeconds)).join(' + ');
    if (most === undefined || usd > most.usd)
      most = { usd, sum, pricesOf: [...sources].join(' and '), spot: demand.spot };
  }
  return most ?? { why: 'the request has no instances' };
}

/** `at most $2.76: 1 × ml.m5.large × up to 24 h × $0.115 an hour (price list of 2026-09-25)`. */
export function estimateText({ usd, sum, pricesOf, spot }: Estimate): string {
  return `at most ${exactText(usd)}: ${sum} (${pricesOf}${spot ? `; ${SPOT}` : ''})`;
}

/** https://docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html */
export const SPOT = 'spot instances can cost up to 90 % less, which is known only after the job';

function product({ instanceCount, instanceType, seconds, hourlyUsd }: Use, keptSeconds: number): string {
  const pool = keptSeconds > 0 ? ' with the warm pool' : '';
  return `${instanceCount} × ${instanceType} × up to ${hoursText(seconds)}${pool} × ${rateText(hourlyUsd)} an hour`;
}

function rounded(usd: number): number {
  return Math.max(0.01, Math.round(usd * 100) / 100);
}
