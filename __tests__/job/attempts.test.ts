/** With which instances a job is requested, in which order, and what a quota or a refusal changes. */
import { describe, expect, it } from 'vitest';
import {
  type Attempt,
  attemptsOf,
  attemptText,
  firstAttempt,
  InstanceSearch,
  makesWay,
  type Spot,
  triedLines,
  turnText,
  waitText,
} from '../../src/job/attempts.ts';
import { dropLacking, needsOf } from '../../src/job/quota.ts';
import { type Given, specOf } from '../given.ts';

const A = 'ml.p3.2xlarge';
const B = 'ml.g5.2xlarge';
const C = 'ml.g6.2xlarge';
const spot = (type: string): Attempt => ({ instanceTypes: [type], spot: true });
const onDemand = (...instanceTypes: string[]): Attempt => ({ instanceTypes, spot: false });
const job = (name: string, attempt: Attempt) => ({ ...attempt, name });
const search = (instanceTypes: readonly string[], wanted: Spot): InstanceSearch =>
  new InstanceSearch({ instanceTypes, spot: wanted }, 900);

describe('the attempts', () => {
  it.each<[readonly string[], Spot, readonly Attempt[]]>([
    [[A], true, [spot(A)]],
    [[A], false, [onDemand(A)]],
    [[A], 'prefer', [spot(A), onDemand(A)]],
    [[A, B], true, [spot(A), spot(B)]],
    [[A, B], false, [onDemand(A, B)]],
    [[A, B], 'prefer', [spot(A), spot(B), onDemand(A, B)]],
  ])('for %j and spot %s', (instanceTypes, wanted, expected) => {
    const wish = { instanceTypes, spot: wanted };
    expect(attemptsOf(wish)).toEqual(expected);
    expect(firstAttempt(wish)).toEqual(expected[0]);
    expect(makesWay(wish)).toBe(expected.length > 1);
    expect(search(instanceTypes, wanted).patience).toBe(expected.length > 1 ? 900 : undefined);
  });

  it.each<[number, string]>([
    [900, '15 min'],
    [3, '3 s'],
    [60, '1 min'],
    [90, '1.5 min'],
    [86_400, '1440 min'],
  ])('wait %s seconds, said as %s', (seconds, text) => {
    expect(waitText(seconds)).toBe(text);
  });

  it('are said by type and kind', () => {
    expect([spot(A), onDemand(A), onDemand(A, B)].map(attemptText)).toEqual([
      'ml.p3.2xlarge (spot)',
      'ml.p3.2xlarge (on demand)',
      'ml.p3.2xlarge or ml.g5.2xlarge (on demand)',
    ]);
  });
});

describe('a search', () => {
  it('goes from one attempt to the next, and says so', () => {
    const all = search([A, B], 'prefer');
    expect(all.current).toEqual(spot(A));
    expect(all.failAfterWaiting(job('j-1', spot(A)))).toBe(true);
    expect(turnText(all)).toBe('ml.p3.2xlarge (spot): no capacity in 15 min. Next: ml.g5.2xlarge (spot).');
    all.refuse(spot(B), B, 'the quota is 0 Instances');
    expect(all.current).toEqual(onDemand(A, B));
    all.fail(job('j-2', onDemand(A, B)), 'no capacity (CapacityError)');
    expect(all.current).toBeUndefined();
    expect(all.tried.map(({ job: name }) => name)).toEqual(['j-1', undefined, 'j-2']);
    expect(triedLines(all.tried)).toEqual([
      'ml.p3.2xlarge (spot): no capacity in 15 min',
      'ml.g5.2xlarge (spot): the quota is 0 Instances',
      'ml.p3.2xlarge or ml.g5.2xlarge (on demand): no capacity (CapacityError)',
    ]);
  });

  it('leaves a refused type out of the preferences, and keeps the others', () => {
    const all = search([A, B, C], false);
    all.refuse(onDemand(A, B, C), B, 'x');
    expect(all.left).toEqual([onDemand(A, C)]);
    all.refuse(onDemand(A, C), A, 'x');
    expect(all.left).toEqual([onDemand(C)]);
    all.refuse(onDemand(C), C, 'x');
    expect(all.current).toBeUndefined();
  });

  it('drops a type of one kind only', () => {
    const all = search([A, B], 'prefer');
    all.drop(A, true, 'x');
    expect(all.left).toEqual([spot(B), onDemand(A, B)]);
  });

  it('skips what another run has tried', () => {
    const all = search([A, B, C], true);
    all.fail(job('j-2', spot(B)), 'x');
    expect(all.left).toEqual([spot(C)]);
  });

  it('keeps its own order if the job of another run is none of its attempts', () => {
    const all = search([A, B], true);
    all.fail(job('j-1', spot(C)), 'x');
    expect(all.left).toEqual([spot(A), spot(B)]);
    all.fail(job('j-2', onDemand(A)), 'x');
    expect(all.left).toEqual([spot(A), spot(B)]);
  });

  it('ends if a group of the request has a type that is refused', () => {
    const all = search([A], true);
    all.refuse(spot(A), C, 'x');
    expect(all.current).toBeUndefined();
    expect(triedLines(all.tried)).toEqual(['ml.p3.2xlarge (spot): ml.g6.2xlarge: x']);
  });
});

describe('the quotas', () => {
  const needs = (given: Given, override?: object) => {
    const { resources } = specOf({ image: 'x', ...given });
    return needsOf(attemptsOf(resources), resources, override as Readonly<Record<string, unknown>> | undefined);
  };
  const names = (given: Given, override?: object): [string, number][] =>
    needs(given, override).map(({ quota, instances }) => [quota, instances]);

  it.each<[Given, object | undefined, [string, number][]]>([
    [{}, undefined, [['ml.m5.large for spot training job usage', 1]]],
    [{ spot: 'false', 'instance-count': '3' }, undefined, [['ml.m5.large for training job usage', 3]]],
    [
      { spot: 'prefer', 'instance-type': `${A},${B}` },
      undefined,
      [
        [`${A} for spot training job usage`, 1],
        [`${B} for spot training job usage`, 1],
        [`${A} for training job usage`, 1],
        [`${B} for training job usage`, 1],
      ],
    ],
    [{}, { ResourceConfig: { TrainingPlanArn: 'arn' } }, []],
    [
      {},
      {
        ResourceConfig: {
          InstanceGroups: [
            { InstanceType: A, InstanceCount: 1 },
            { InstanceType: B, InstanceCount: 2 },
            { InstanceType: B, InstanceCount: 3 },
          ],
        },
      },
      [
        [`${A} for spot training job usage`, 1],
        [`${B} for spot training job usage`, 5],
      ],
    ],
  ])('of %j with %j', (given, override, expected) => {
    expect(names(given, override)).toEqual(expected);
  });

  it('leave out the types for which they are too small', () => {
    const given = { spot: 'prefer', 'instance-type': `${A},${B}`, 'instance-count': '2' };
    const all = search([A, B], 'prefer');
    const quotas = new Map([
      [`${A} for spot training job usage`, 0],
      [`${B} for spot training job usage`, 2],
      [`${A} for training job usage`, 1],
    ]);
    dropLacking(all, needs(given), quotas);
    // What is not known may be sufficient.
    expect(all.left).toEqual([spot(B), onDemand(B)]);
    expect(triedLines(all.tried)).toEqual([
      `${A} (spot): the quota "${A} for spot training job usage" is 0, and the job needs 2`,
      `${A} (on demand): the quota "${A} for training job usage" is 1, and the job needs 2`,
    ]);
  });

  it('of a group are needed by the whole attempt', () => {
    const groups = { InstanceGroups: [A, B].map((InstanceType) => ({ InstanceType, InstanceCount: 1 })) };
    const all = search([A], true);
    const quotas = new Map([[`${B} for spot training job usage`, 0]]);
    dropLacking(all, needs({ 'instance-type': A }, { ResourceConfig: groups }), quotas);
    expect(all.current).toBeUndefined();
  });
});
