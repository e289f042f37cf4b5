import { describe, expect, it } from 'vitest';
import type { FoundEvent } from '../../src/core/log-event.ts';
import { LogWindow } from '../../src/follow/log-window.ts';
import { chance } from '../given.ts';

const event = (id: number, timestamp: number, stream = 's', late = 0): FoundEvent => {
  return { id: String(id), timestamp, arrived: timestamp + late, stream, message: `line ${id}` };
};
const search = (window: LogWindow, events: readonly FoundEvent[]): string[] => {
  const fresh = window.accept(events).map(({ id }) => id);
  window.close();
  return fresh;
};

describe('what was found', () => {
  it('is given out once', () => {
    const window = new LogWindow(0);
    expect(search(window, [event(1, 1_000), event(2, 1_000)])).toEqual(['1', '2']);
    expect(search(window, [event(1, 1_000), event(2, 1_000), event(3, 1_000)])).toEqual(['3']);
  });

  it('is searched again for a minute back while lines are few', () => {
    const window = new LogWindow(5_000);
    expect(window.start).toBe(5_000);
    search(window, [event(1, 10_000)]);
    expect(window.start).toBe(5_000);
    search(window, [event(2, 200_000)]);
    expect(window.start).toBe(140_000);
  });

  it('is searched again for a third of a page while lines are many', () => {
    const window = new LogWindow(0);
    search(
      window,
      Array.from({ length: 20_000 }, (_, at) => event(at, 100_000 + at)),
    );
    expect(window.start).toBe(119_999 - 2_999);
  });

  it('is searched again from where a stream is that is a little behind, not one that is silent', () => {
    const many = (from: number): FoundEvent[] => Array.from({ length: 20_000 }, (_, at) => event(from + at, from + at));
    const window = new LogWindow(0);
    search(window, [...many(100_000), event(1, 116_000, 'behind')]);
    expect(window.start).toBe(115_500);
    search(window, many(120_000));
    expect(window.start).toBe(139_999 - 2_999);
  });

  it('from a clock that is ahead does not move the window past what the others print', () => {
    const window = new LogWindow(0);
    search(window, [event(1, 100_000), event(2, 7_300_000, 'ahead', -7_200_000)]);
    expect(window.start).toBe(40_000);
    expect(search(window, [event(2, 7_300_000, 'ahead', -7_200_000), event(3, 101_000)])).toEqual(['3']);
  });

  it('is remembered as far back as `known` says, in bounded memory', () => {
    const window = new LogWindow(0);
    const all = Array.from({ length: 120_000 }, (_, at) => event(at, at));
    for (let at = 0; at < all.length; at += 10_000) search(window, all.slice(at, at + 10_000));
    expect(window.known).toBe(70_000);
    expect(search(window, all.slice(window.known))).toEqual([]);
  });

  it('is remembered in bounded memory while one search of many pages goes on', () => {
    const window = new LogWindow(0);
    const all = Array.from({ length: 300_000 }, (_, at) => event(at, at));
    for (let at = 0; at < all.length; at += 10_000) {
      expect(window.accept(all.slice(at, at + 10_000))).toHaveLength(10_000);
      expect(at + 10_000 - window.known).toBeLessThanOrEqual(110_000);
    }
    window.close();
    expect(window.known).toBe(250_000);
    expect(search(window, all.slice(window.known))).toEqual([]);
  });
});

it('gives out each of ten streams’ events once, however they are late within the window', () => {
  const next = chance(3);
  for (let round = 0; round < 20; round += 1) {
    const all = Array.from({ length: 2_000 }, (_, at) => event(at, 1_000 + at * 20, `s${next(10)}`, next(20_000)));
    const window = new LogWindow(0);
    const shown: string[] = [];
    for (let now = 0; now < 70_000; now += 500 + next(1_000)) {
      const { start } = window;
      shown.push(
        ...search(
          window,
          all.filter(({ timestamp, arrived }) => arrived <= now && timestamp >= start),
        ),
      );
    }
    expect(shown.length).toBe(2_000);
    expect(new Set(shown).size).toBe(2_000);
  }
});
