/** What a job can cost, what it cost, and the rule of `max-cost`: amounts, words, and what is not known. */
import { describe, expect, it } from 'vitest';
import { exactText, hoursText, rateText, usdText } from '../../src/money/amounts.ts';
import { demandOf, type PricedRequest } from '../../src/money/demand.ts';
import { costOf, estimate, estimateText } from '../../src/money/estimate.ts';
import { jobCost } from '../../src/money/job-cost.ts';
import { limitMistake } from '../../src/money/limit.ts';
import type { NoPrice, Price } from '../../src/money/prices.ts';

const HOURLY: Readonly<Record<string, number>> = { 'ml.m5.large': 0.115, 'ml.p3.2xlarge': 4.284, 'ml.c5.xlarge': 0.2 };
const priceOf = (type: string): Price | NoPrice => {
  const hourlyUsd = HOURLY[type];
  return hourlyUsd === undefined ? { why: `no ${type}` } : { hourlyUsd, pricesOf: 'price list of 2026-09-21' };
};

interface Changes {
  readonly resources?: PricedRequest['ResourceConfig'];
  readonly seconds?: number;
  readonly spot?: boolean;
}
const request = ({ resources = {}, seconds = 86_400, spot = false }: Changes = {}): PricedRequest => ({
  ResourceConfig: resources,
  StoppingCondition: { MaxRuntimeInSeconds: seconds },
  EnableManagedSpotTraining: spot,
});
const estimated = (changes: Changes, otherTypes: readonly string[] = []) => {
  const demand = demandOf(request(changes), otherTypes);
  return 'why' in demand ? demand : estimate(demand, priceOf);
};
const one = { InstanceType: 'ml.m5.large', InstanceCount: 1 };
const two = { InstanceType: 'ml.p3.2xlarge', InstanceCount: 2 };

describe('amounts', () => {
  it.each([
    [0, '$0.00', '$0.00', '$0.00'],
    [0.0049, 'less than $0.01', '$0.00', '$0.0049'],
    [0.115, '$0.12', '$0.12', '$0.115'],
    [0.5, '$0.50', '$0.50', '$0.50'],
    [4.284, '$4.28', '$4.28', '$4.284'],
    [12.3, '$12.30', '$12.30', '$12.30'],
    [184.742037, '$184.74', '$184.74', '$184.742'],
    [999.994, '$999.99', '$999.99', '$999.994'],
    [999.995, '$1,000', '$1,000.00', '$999.995'],
    [1204.3, '$1,204', '$1,204.30', '$1,204.30'],
    [1_234_567.8, '$1,234,568', '$1,234,567.80', '$1,234,567.80'],
  ])('%d', (usd, text, exact, rate) => {
    expect([usdText(usd), exactText(usd), rateText(usd)]).toEqual([text, exact, rate]);
  });

  it.each([
    [86_400, '24 h'],
    [5400, '1.5 h'],
    [3600, '1 h'],
    [6000, '100 min'],
    [600, '10 min'],
    [90, '90 s'],
    [2_419_200, '672 h'],
  ])('%d seconds', (seconds, text) => expect(hoursText(seconds)).toBe(text));
});

describe('an estimate', () => {
  it.each<[string, Changes, readonly string[], number, string]>([
    ['one instance', { resources: one }, [], 2.76, '1 × ml.m5.large × up to 24 h × $0.115 an hour'],
    ['several', { resources: two }, [], 205.63, '2 × ml.p3.2xlarge × up to 24 h × $4.284 an hour'],
    ['less than a cent', { resources: one, seconds: 60 }, [], 0.01, '1 × ml.m5.large × up to 1 min × $0.115 an hour'],
    [
      'a warm pool',
      { resources: { ...one, KeepAlivePeriodInSeconds: 3600 } },
      [],
      2.88,
      '1 × ml.m5.large × up to 25 h with the warm pool × $0.115 an hour',
    ],
    [
      'groups, which run together',
      { resources: { InstanceGroups: [one, two] } },
      [],
      208.39,
      '1 × ml.m5.large × up to 24 h × $0.115 an hour + 2 × ml.p3.2xlarge × up to 24 h × $4.284 an hour',
    ],
    [
      'preferences, of which one runs',
      { resources: { InstancePreferences: [one, two, one] } },
      [],
      205.63,
      '2 × ml.p3.2xlarge × up to 24 h × $4.284 an hour',
    ],
    [
      'other types that are tried',
      { resources: one },
      ['ml.c5.xlarge'],
      4.8,
      '1 × ml.c5.xlarge × up to 24 h × $0.20 an hour',
    ],
  ])('of %s', (_what, changes, otherTypes, usd, sum) => {
    expect(estimated(changes, otherTypes)).toEqual({ usd, sum, pricesOf: 'price list of 2026-09-21', spot: false });
  });

  it('is rounded to cents', () => {
    const demand = (seconds: number) => ({
      choices: [[{ instanceType: 'x', instanceCount: 3 }]],
      ...{ seconds, keptSeconds: 0, spot: false },
    });
    const at = (seconds: number, hourlyUsd: number) => estimate(demand(seconds), () => ({ hourlyUsd, pricesOf: '' }));
    expect(at(3600, 0.1)).toMatchObject({ usd: 0.3 });
    expect(at(3600, 0.1001)).toMatchObject({ usd: 0.3 });
    expect(at(3600, 0.1017)).toMatchObject({ usd: 0.31 });
    expect(at(1, 0.1)).toMatchObject({ usd: 0.01 });
    expect(costOf({ instanceType: 'x', instanceCount: 3, seconds: 3600, hourlyUsd: 0.1001 })).toBeCloseTo(0.3003);
  });

  it.each<[string, Changes, readonly string[], string]>([
    ['an unknown type', { resources: { InstanceType: 'ml.x.large' } }, [], 'no ml.x.large'],
    ['an unknown type among others', { resources: one }, ['ml.c5.xlarge', 'ml.x.large'], 'no ml.x.large'],
    ['an unknown group', { resources: { InstanceGroups: [one, { InstanceType: 'ml.y.large' }] } }, [], 'no ml.y.large'],
    ['a plan', { resources: { ...one, TrainingPlanArn: 'arn' } }, [], 'a training plan is paid in advance'],
    ['nothing', { resources: { InstancePreferences: [] } }, [], 'the request has no instances'],
  ])('of %s is none', (_what, changes, otherTypes, why) => {
    expect(estimated(changes, otherTypes)).toEqual({ why });
  });

  it('of a serverless job is none', () => {
    expect(demandOf({ ...request({ resources: one }), ServerlessJobConfig: {} })).toEqual({
      why: 'a serverless job is not paid by the hour',
    });
  });

  it('says where its price is from, and that spot may be cheaper', () => {
    const spot = estimated({ resources: one, spot: true });
    expect('why' in spot ? '' : estimateText(spot)).toBe(
      'at most $2.76: 1 × ml.m5.large × up to 24 h × $0.115 an hour (price list of 2026-09-21; spot instances can cost up to 90 % less, which is known only after the job)',
    );
  });
});

describe('max-cost', () => {
  const of = (changes: Changes, maxUsd: number) => limitMistake(maxUsd, estimated(changes));
  it('lets pass what costs as much or less', () => {
    expect(of({ resources: one }, 2.76)).toBeUndefined();
    expect(of({ resources: one }, 1e9)).toBeUndefined();
  });
  it('shows the sum of what costs more', () => {
    expect(of({ resources: two }, 100)).toEqual({
      input: 'max-cost',
      problem:
        '2 × ml.p3.2xlarge × up to 24 h × $4.284 an hour = $205.63, which is more than 100 (price list of 2026-09-21)',
      remedy: 'lower "max-run-minutes" or "instance-count", choose a cheaper "instance-type", or raise "max-cost".',
    });
    expect(of({ resources: one }, 2.759)?.problem).toContain('= $2.76, which is more than 2.759');
    expect(of({ resources: one, spot: true }, 1)?.problem).toContain('spot instances can cost up to 90 % less');
  });
  it('is not ignored where the cost is not known', () => {
    expect(of({ resources: { ...one, TrainingPlanArn: 'arn' } }, 1)).toEqual({
      input: 'max-cost',
      problem: 'it cannot be checked, because what the job can cost is not known: a training plan is paid in advance',
      remedy: 'remove it.',
    });
    expect(limitMistake(1, { why: 'x', remedy: 'allow it' })?.remedy).toBe('allow it, or remove it.');
  });
});

describe('what a job cost', () => {
  const price = { hourlyUsd: 3.6, pricesOf: 'AWS Price List API, 2026-11-30' };
  const job = { instanceType: 'ml.m5.large', instanceCount: 2, trainingSeconds: 1000, billableSeconds: 300 };
  it('is by the billable seconds of each instance, beside what it would have cost on demand', () => {
    const cost = jobCost(job, price);
    expect(cost).toEqual({ ...price, usd: expect.closeTo(0.6), onDemandUsd: expect.closeTo(2) });
  });
  it('is by the training seconds where there are no others', () => {
    expect(jobCost({ ...job, billableSeconds: undefined }, price)).toMatchObject({ usd: expect.closeTo(2) });
    expect(jobCost({ ...job, trainingSeconds: 0, billableSeconds: 0 }, price)).toMatchObject({ usd: 0 });
  });
  it('is not known without seconds or a price', () => {
    expect(jobCost({ ...job, trainingSeconds: undefined }, price)).toEqual({
      why: 'SageMaker does not say how long the job ran',
    });
    expect(jobCost(job, { why: 'no price' })).toEqual({ why: 'no price' });
  });
});
