/** The table of prices, and what scripts/prices.mjs makes of a file in the form of AWS's price list. The file's prices are invented. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listsOf, type PriceTable, renewed, tableText } from '../../scripts/prices.mjs';
import { trainingRate } from '../../src/aws/price-list.ts';
import { tablePrice } from '../../src/money/prices.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
const table = JSON.parse(read('src', 'money', 'prices.json')) as PriceTable;
const offer = JSON.parse(read('__tests__', 'money', 'offer.json')) as Record<string, unknown>;

describe('the table', () => {
  it('is as the script writes it, with a date, a source and positive prices', () => {
    expect(read('src', 'money', 'prices.json')).toBe(tableText(table));
    for (const { region, published, from, hourly } of table.lists) {
      expect(region).toMatch(/^[a-z]{2}(-[a-z]+)+-\d$/);
      expect(published).toMatch(/^\d{4}-\d\d-\d\d$/);
      expect(from).toMatch(/price list|Price List/);
      for (const [type, usd] of Object.entries(hourly)) {
        expect(type).toMatch(/^ml\.[a-z0-9-]+\.[a-z0-9-]+$/);
        expect(usd).toBeGreaterThan(0);
      }
    }
  });

  it('has the newest price of a type, and its date', () => {
    const lists = [
      { region: 'r', published: '2026-01-02', from: '', hourly: { a: 2, b: 5 } },
      { region: 'r', published: '2026-03-04', from: '', hourly: { a: 3 } },
      { region: 'other', published: '2026-05-06', from: '', hourly: { a: 4 } },
    ];
    expect(tablePrice('r', 'a', lists)).toEqual({ hourlyUsd: 3, pricesOf: 'price list of 2026-03-04' });
    expect(tablePrice('r', 'b', lists)).toEqual({ hourlyUsd: 5, pricesOf: 'price list of 2026-01-02' });
    for (const [region, type] of [
      ['r', 'c'],
      ['other', 'b'],
      ['nowhere', 'a'],
      ['r', 'toString'],
    ] as const)
      expect(tablePrice(region, type, lists)).toEqual({
        why: `the table of this version has no price of a training instance ${type} in ${region}`,
      });
  });

  it('has the default instance type in the first region', () => {
    expect(tablePrice('us-east-1', 'ml.m5.large')).toMatchObject({ hourlyUsd: 0.115 });
  });
});

describe("AWS's price list", () => {
  it('gives the training instances with a price in USD, the highest where it is graded, and the date', () => {
    expect(listsOf(offer)).toEqual([
      {
        region: 'eu-west-1',
        published: '2026-11-30',
        from: "AWS's price list, https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonSageMaker/20261130010203/eu-west-1/index.json",
        hourly: { 'ml.m5.large': 7.25, 'ml.p6-b200.48xlarge': 200.5 },
      },
    ]);
  });

  it('replaces all that the table had of its regions, and leaves the others', () => {
    const old = {
      about: 'x',
      lists: [
        { region: 'us-east-1', published: '2026-01-01', from: '', hourly: { a: 1 } },
        { region: 'eu-west-1', published: '2026-01-01', from: '', hourly: { b: 1 } },
        { region: 'eu-west-1', published: '2026-01-02', from: '', hourly: { c: 1 } },
      ],
    };
    const next = renewed(old, listsOf(offer));
    expect(next.lists.map(({ region, hourly }) => [region, Object.keys(hourly)])).toEqual([
      ['eu-west-1', ['ml.m5.large', 'ml.p6-b200.48xlarge']],
      ['us-east-1', ['a']],
    ]);
    expect(JSON.parse(tableText(next))).toEqual(next);
  });

  it.each([
    ['of another service', { offerCode: 'AmazonEC2' }],
    ['without a date', { publicationDate: undefined }],
    ['without products', { products: undefined }],
    ['without terms', { terms: {} }],
  ])('%s is refused', (_what, change) => {
    expect(() => listsOf({ ...offer, ...change })).toThrow('This is not a price list of AmazonSageMaker');
  });

  it.each([
    ['US', 'Train:ml.m5.large', 'ml.m5.large'],
    ['a region', 'USE1-Train:ml.p6-b200.48xlarge', 'ml.p6-b200.48xlarge'],
    ['spot', 'USE1-TrSpt:ml.m5.large', undefined],
    ['a warm pool', 'USE1-Train-WarmPool:ml.m5.large', undefined],
    ['a notebook', 'USE1-Notebk:ml.m5.large', undefined],
    ['storage', 'USE1-Train:VolumeUsage.gp2', undefined],
    ['more than a type', 'USE1-Train:ml.m5.large-x y', undefined],
  ])('knows the use of %s: %s', (_what, usagetype, expected) => {
    const terms = { t: { priceDimensions: { d: { unit: 'Hrs', pricePerUnit: { USD: '0.5' } } } } };
    const attributes = { regionCode: 'us-east-1', locationType: 'AWS Region', usagetype };
    expect(trainingRate({ attributes }, terms)?.instanceType).toBe(expected);
    expect(trainingRate({ attributes: { ...attributes, locationType: 'AWS Outposts' } }, terms)).toBeUndefined();
  });

  it.each([null, 1, 'x', [], {}, { attributes: null }, { attributes: { usagetype: 7 } }])(
    'is not trusted to have a form: %j',
    (odd) => {
      expect(trainingRate(odd, odd)).toBeUndefined();
      const product = { attributes: { regionCode: 'r', usagetype: 'Train:ml.m5.large' } };
      expect(trainingRate(product, odd)).toBeUndefined();
      expect(trainingRate(product, { t: { priceDimensions: { d: odd } } })).toBeUndefined();
    },
  );

  it.each(['0', '-1', 'free', '', 'Infinity', null])('has no price %j', (USD) => {
    const product = { attributes: { regionCode: 'r', usagetype: 'Train:ml.m5.large' } };
    const terms = { t: { priceDimensions: { d: { unit: 'Hrs', pricePerUnit: { USD } } } } };
    expect(trainingRate(product, terms)).toBeUndefined();
  });
});
