/** What a job cost that ended, by its own seconds. The bill may differ: see docs/money.md. */

import { costOf } from './estimate.ts';
import type { NoPrice, Price } from './prices.ts';

export interface JobCost {
  /** By the billable seconds, not rounded. */
  readonly usd: number;
  /** What the same job would have cost without spot instances, not rounded. */
  readonly onDemandUsd: number;
  readonly hourlyUsd: number;
  /** Where the price is from: see `Price`. */
  readonly pricesOf: string;
}

/** As DescribeTrainingJob describes the job. The seconds are undefined until it has ended. */
export interface PricedJob {
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly trainingSeconds: number | undefined;
  readonly billableSeconds: number | undefined;
}

/**
 * The seconds are those of the clock, not of all instances together, and spot savings are in the billable ones:
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html (BillableTimeInSeconds)
 */
export function jobCost(job: PricedJob, price: Price | NoPrice): JobCost | NoPrice {
  const { trainingSeconds, billableSeconds = trainingSeconds, ...instances } = job;
  if (trainingSeconds === undefined || billableSeconds === undefined)
    return { why: 'SageMaker does not say how long the job ran' };
  if ('why' in price) return price;
  const { hourlyUsd, pricesOf } = price;
  const cost = (seconds: number): number => costOf({ ...instances, seconds, hourlyUsd });
  return { usd: cost(billableSeconds), onDemandUsd: cost(trainingSeconds), hourlyUsd, pricesOf };
}
