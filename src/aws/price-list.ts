/**
 * Reads products of AWS's price list, and knows where it is asked. The files of the Bulk API and the answers of the Query
 * API have products in one form:
 * https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html
 */

import { partition } from '../core/partition.ts';

/**
 * Where the price list of a region's partition is asked: the nearest of the three regions that have the API. In China the
 * prices are in CNY, and GovCloud's credentials do not hold for the other regions:
 * https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
 */
export function priceListRegion(region: string): string | undefined {
  if (partition(region) !== 'aws') return undefined;
  if (/^ap-/.test(region)) return 'ap-south-1';
  return /^(?:eu|af|me|il)-/.test(region) ? 'eu-central-1' : 'us-east-1';
}

export interface TrainingRate {
  readonly region: string;
  readonly instanceType: string;
  /** On demand, in USD. */
  readonly hourlyUsd: number;
}

/**
 * How the price list names the use of a training instance: `USE1-Train:ml.m5.large`. Spot training, warm pools, storage and
 * other parts of SageMaker have other names.
 */
const TRAINING = /^(?:[A-Z0-9]+-)?Train:(ml\.[a-z0-9-]+\.[a-z0-9-]+)$/;

/**
 * The price of a training instance. `product`: an entry of `products`. `terms`: the terms of its SKU below
 * `terms.OnDemand`. Undefined if the product is something else, or if its price is not in USD. Of several prices the
 * highest one counts, so that no job costs more than its estimate.
 */
export function trainingRate(product: unknown, terms: unknown): TrainingRate | undefined {
  const attributes = member(product, 'attributes');
  const region = member(attributes, 'regionCode');
  const place = member(attributes, 'locationType') ?? 'AWS Region';
  const [, instanceType] = TRAINING.exec(String(member(attributes, 'usagetype') ?? '')) ?? [];
  if (typeof region !== 'string' || place !== 'AWS Region' || instanceType === undefined) return undefined;
  const dimensions = members(terms).flatMap((term) => members(member(term, 'priceDimensions')));
  const prices = dimensions
    .filter((dimension) => member(dimension, 'unit') === 'Hrs')
    .map((dimension) => Number(member(member(dimension, 'pricePerUnit'), 'USD')))
    .filter((usd) => Number.isFinite(usd) && usd > 0);
  return prices.length === 0 ? undefined : { region, instanceType, hourlyUsd: Math.max(...prices) };
}

/** Undefined if the value is not an object, or has no such member of its own. */
export function member(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The values of all members. Empty if the value is not an object. */
export function members(value: unknown): unknown[] {
  return isObject(value) ? Object.values(value) : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
