import { describe, expect, it } from 'vitest';
import type { LogEvent } from '../../src/core/log-event.ts';
import { BatchCounts, missingEvents } from '../../src/follow/missing-lines.ts';
import { chance } from '../given.ts';

const event = (timestamp: number, arrived: number, message = ''): LogEvent => ({ timestamp, arrived, message });
function counts(events: readonly LogEvent[]): BatchCounts {
  const made = new BatchCounts();
  for (const each of events) made.add(each);
  return made;
}

describe('what was found', () => {
  it.each<[string, number[], number[], boolean]>([
    ['nothing of nothing', [], [], false],
    ['all', [5, 5, 9], [5, 9, 5], false],
    ['nothing', [], [5], true],
    ['a part of a batch', [5, 9], [5, 5, 9], true],
    ['all but a batch', [5, 5], [5, 5, 9], true],
  ])('is %s', (_what, found, whole, lacks) => {
    const of = (arrivals: number[]): BatchCounts => counts(arrivals.map((arrived) => event(1, arrived)));
    expect(of(found).lacksSomeOf(of(whole))).toBe(lacks);
  });
});

describe('the lines that were missed', () => {
  it('are the first of their batch, in the order of the stream', () => {
    const all = [event(1, 900, 'a'), event(1, 900, 'b'), event(2, 100, 'c'), event(3, 900, 'd'), event(4, 950, 'e')];
    const found = counts(all.filter(({ message }) => 'cd'.includes(message)));
    expect(missingEvents(all, found).map(({ message }) => message)).toEqual(['a', 'b', 'e']);
  });

  it('are exactly those that no search has met, whenever the searches were and from whatever time they started', () => {
    const next = chance(9);
    for (let round = 0; round < 100; round += 1) {
      // Batches of ten lines, each late by some time of its own.
      const lateness = Array.from({ length: 50 }, () => next(30_000));
      const all = Array.from({ length: 500 }, (_, at) => {
        const batch = Math.floor(at / 10);
        return event(at * 100, batch * 1_000 + 1_000 + (lateness[batch] ?? 0), String(at));
      });
      const searches = Array.from({ length: 60 }, (_, at) => ({ at: at * 1_000, from: at * 1_000 - next(20_000) }));
      const met = (each: LogEvent): boolean =>
        searches.some(({ at, from }) => each.arrived <= at && each.timestamp >= from);
      const found = counts(all.filter(met));
      expect(missingEvents(all, found)).toEqual(all.filter((each) => !met(each)));
    }
  });
});
