import { describe, expect, it } from 'vitest';
import { Pace } from '../../src/follow/pace.ts';
import { chance } from '../given.ts';

/** When calls are made that are made as soon as they may be, in milliseconds. */
function calls(pace: Pace, perSecond: number, from: number, until: number, kept = 0): number[] {
  const made: number[] = [];
  for (let now = from; now < until; ) {
    const wait = pace.wait(perSecond, now, kept);
    if (wait === 0) {
      made.push(now);
      pace.take();
    } else now += wait;
  }
  return made;
}

describe('a pace', () => {
  it.each<[string, number, number, number, number[]]>([
    ['two a second', 1, 2, 2_000, [0, 500, 1_000, 1_500]],
    ['eight a second', 1, 8, 500, [0, 125, 250, 375]],
    ['one in five seconds, three at once', 3, 0.2, 15_001, [0, 0, 0, 5_000, 10_000, 15_000]],
  ])('of %s', (_what, burst, perSecond, until, expected) => {
    expect(calls(new Pace(burst, 0), perSecond, 0, until)).toEqual(expected);
  });

  it('leaves what is to be kept, and gives it out at once when it is asked for', () => {
    const pace = new Pace(5, 0);
    expect(calls(pace, 0.2, 0, 4_000, 2)).toEqual([0, 0, 0]);
    expect(calls(pace, 0.2, 4_000, 4_001)).toEqual([4_000, 4_000]);
    expect(calls(pace, 0.2, 4_001, 11_000)).toEqual([5_000, 10_000]);
  });

  it.each<[number, number]>([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [4, 8_000],
    [5, 8_000],
    [50, 8_000],
  ])('after %i throttled calls waits %i ms for the next one', (times, expected) => {
    const pace = new Pace(1, 0);
    for (let time = 0; time < times; time += 1) pace.throttled();
    expect(pace.wait(2, 0)).toBe(expected);
  });

  it('takes 20 s to double again, and is whole in the end', () => {
    const pace = new Pace(1, 0);
    for (let time = 0; time < 4; time += 1) pace.throttled();
    const rates = [0, 20, 40, 60, 80, 100].map((at) => {
      pace.wait(8, at * 1_000);
      pace.take();
      return 1_000 / pace.wait(8, at * 1_000);
    });
    expect(rates.map((rate) => Math.round(rate * 10) / 10)).toEqual([0.3, 1, 2, 4, 8, 8]);
  });

  it('is never exceeded, whenever it is asked and whatever is throttled', () => {
    const next = chance(5);
    for (let round = 0; round < 100; round += 1) {
      const pace = new Pace(1, 0);
      const made: number[] = [];
      for (let now = 0; now < 60_000; now += next(80)) {
        if (next(100) === 0) pace.throttled();
        if (pace.wait(8, now) > 0) continue;
        pace.take();
        made.push(now);
      }
      expect(made.every((at, index) => at - (made[index - 1] ?? -125) >= 125)).toBe(true);
    }
  });

  it('does not mind a clock that is set back', () => {
    const pace = new Pace(1, 1_000_000);
    pace.take();
    expect(pace.wait(2, 0)).toBe(500);
    expect(pace.wait(2, 1_000_500)).toBe(0);
  });
});

describe('the looks at a job', () => {
  it('are in no minute more than 12 and those at once', () => {
    const pace = new Pace(5, 0);
    const made = [...calls(pace, 0.2, 0, 100_000, 2), ...calls(pace, 0.2, 100_000, 300_000)];
    const inMinute = made.map((start) => made.filter((at) => at >= start && at < start + 60_000).length);
    expect(Math.max(...inMinute)).toBeLessThanOrEqual(12 + 5);
  });
});
