/** Asks AWS's Price List Query API: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html */
import { GetProductsCommand, PricingClient } from '@aws-sdk/client-pricing';
import type { Connection } from './connection.ts';
import { member, priceListRegion, trainingRate } from './price-list.ts';
import type { Unanswered } from './unanswered.ts';

/** A price of AWS's price list. */
export interface PublishedPrice {
  /** On demand, in USD. */
  readonly hourlyUsd: number;
  /** The date of the list's publication: `2026-11-30`. */
  readonly published: string;
}

/** The step waits no longer for a price. */
const ANSWER_MS = 5_000;

/** The attempts share ANSWER_MS. */
const OPTIONS = { maxAttempts: 2 };

/**
 * The price of a training instance in the connection's region, by one request. Undefined: AWS's price list has no price of
 * that type in the region.
 */
export async function askPrice(
  aws: Connection,
  instanceType: string,
  signal: AbortSignal,
): Promise<PublishedPrice | Unanswered | undefined> {
  const { region } = aws;
  const host = priceListRegion(region);
  if (host === undefined) return { why: `AWS's price list cannot be asked for prices in ${region}` };
  const filters = { regionCode: region, component: 'Training', instanceName: instanceType };
  const request = new GetProductsCommand({
    ServiceCode: 'AmazonSageMaker',
    FormatVersion: 'aws_v1',
    MaxResults: 100,
    Filters: Object.entries(filters).map(([Field, Value]) => ({ Type: 'TERM_MATCH', Field, Value })),
  });
  const limit = AbortSignal.timeout(ANSWER_MS);
  try {
    const client = aws.client(PricingClient, host, OPTIONS);
    const { PriceList: products = [] } = await client.send(request, { abortSignal: AbortSignal.any([signal, limit]) });
    return highest(products.flatMap((text: unknown) => priceIn(text, region, instanceType)));
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) return { why: `AWS's price list did not answer within ${ANSWER_MS / 1000} seconds` };
    return { why: `AWS's price list did not answer: ${(error as Error).message}` };
  }
}

/** `text`: a product with its terms, as JSON. Throws a SyntaxError. */
function priceIn(text: unknown, region: string, instanceType: string): PublishedPrice[] {
  const item: unknown = JSON.parse(String(text));
  const terms = member(member(item, 'terms'), 'OnDemand');
  const rate = trainingRate(member(item, 'product'), terms);
  if (rate?.region !== region || rate.instanceType !== instanceType) return [];
  return [{ hourlyUsd: rate.hourlyUsd, published: dateOf(member(item, 'publicationDate')) }];
}

/** `2026-11-30T01:02:03Z` → `2026-11-30`. */
function dateOf(published: unknown): string {
  return /^\d{4}-\d\d-\d\d/.exec(String(published))?.[0] ?? 'no date';
}

function highest(prices: readonly PublishedPrice[]): PublishedPrice | undefined {
  return prices.toSorted((a, b) => b.hourlyUsd - a.hourlyUsd)[0];
}
