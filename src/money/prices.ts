/**
 * The prices that come with the action: on demand, for training instances, in USD an hour. prices.json says of each list
 * where it is from and when AWS published it; scripts/prices.mjs writes it.
 */
import table from './prices.json' with { type: 'json' };

/** The price of a training instance. */
export interface Price {
  /** On demand, in USD. */
  readonly hourlyUsd: number;
  /** Where it is from, with the date: `price list of 2026-09-21`, `AWS Price List API, 2026-11-30`. */
  readonly pricesOf: string;
}

/** There is no price, or no estimate. */
export interface NoPrice {
  /** A sentence without a full stop, which begins with a small letter. */
  readonly why: string;
  /** What to do. Undefined if nothing brings a price. Begins with a small letter, without a full stop. */
  readonly remedy?: string;
}

/** A list of prices as AWS published it, or a part of it. */
export interface PriceList {
  readonly region: string;
  /** When AWS published the list, or gave the answer that it is from: `2026-09-21`. */
  readonly published: string;
  readonly from: string;
  /** Instance type → USD an hour. */
  readonly hourly: Readonly<Record<string, number>>;
}

const LISTS: readonly PriceList[] = table.lists;

/** The newest price of a type in a region that the action brings. */
export function tablePrice(region: string, instanceType: string, lists = LISTS): Price | NoPrice {
  const found = lists
    .filter((list) => list.region === region && Object.hasOwn(list.hourly, instanceType))
    .sort((a, b) => (a.published < b.published ? 1 : -1));
  const hourlyUsd = found[0]?.hourly[instanceType];
  if (found[0] === undefined || hourlyUsd === undefined)
    return { why: `the table of this version has no price of a training instance ${instanceType} in ${region}` };
  return { hourlyUsd, pricesOf: `price list of ${found[0].published}` };
}
