/** The chart of a job's phases, for jobs of seconds and of days. Whether mermaid takes the charts is tested with the others. */
import { describe, expect, it } from 'vitest';
import type { Phase, PhaseName } from '../../src/report/job-report.ts';
import { timeline } from '../../src/report/timeline.ts';
import { at, START } from './given-report.ts';

type Part = readonly [name: PhaseName, seconds: number];

function phases(parts: readonly Part[]): Phase[] {
  let begun = 0;
  return parts.map(([name, seconds]) => {
    const start = at(begun).toISOString();
    begun += seconds;
    return { name, start, seconds };
  });
}

const interrupted: readonly Part[] = Array.from({ length: 12 }).flatMap((_, index): Part[] => [
  ['waiting', 300 + index],
  ['training', 4_000],
  ['interrupted', 60],
]);
const JOBS: Readonly<Record<string, readonly Part[]>> = {
  seconds: [
    ['waiting', 8],
    ['downloading', 4.2],
    ['training', 16],
    ['uploading', 2],
  ],
  'an instant': [['waiting', 0.001]],
  minutes: [
    ['waiting', 140],
    ['training', 700],
  ],
  hours: [
    ['waiting', 300],
    ['training', 20_000],
    ['stopping', 20],
    ['uploading', 60],
  ],
  'a day and a half': [['training', 129_600]],
  'five days': [
    ['waiting', 300],
    ['training', 432_000],
    ['uploading', 700],
  ],
  'four weeks': [['training', 28 * 86_400]],
  interrupted,
};

describe('the timeline', () => {
  it.each([
    ['an instant', '%H:%M:%S', '1second'],
    ['seconds', '%H:%M:%S', '10second'],
    ['minutes', '%H:%M', '5minute'],
    ['hours', '%H:%M', '2hour'],
    ['a day and a half', '%a %Hh', '12hour'],
    ['five days', '%b %d', '2day'],
    ['four weeks', '%b %d', '1week'],
  ])('of %s has an axis that fits: %s each %s', (name, format, tick) => {
    const chart = timeline(phases(JOBS[name] ?? []));
    expect(chart).toContain(`\n  axisFormat ${format}\n  tickInterval ${tick}\n`);
  });
  it.each(Object.keys(JOBS))('of %s has a row for each phase, in their order, and bars without gaps', (name) => {
    const parts = JOBS[name] ?? [];
    const chart = timeline(phases(parts));
    const rows = [...chart.matchAll(/^ {2}section (\w+)$/gm)].map(([, row = '']) => row.toLowerCase());
    expect(new Set(rows)).toEqual(new Set(parts.map(([phase]) => phase)));
    expect(rows).toHaveLength(new Set(rows).size);
    const bars = [...chart.matchAll(/^ {2}(.+) :(?:(?:done|active|crit), )?(\d+), (\d+)$/gm)]
      .map(([, , from, to]) => [Number(from), Number(to)] as const)
      .sort(([a], [b]) => a - b);
    expect(bars).toHaveLength(parts.length);
    expect(bars[0]?.[0]).toBe(START);
    for (const [index, [from, to]] of bars.entries()) {
      expect(to).toBeGreaterThan(from);
      if (index > 0) expect(from).toBe(bars[index - 1]?.[1]);
    }
  });
  it('names lengths by their two greatest units, and not where bars are narrow', () => {
    const names = (chart: string): string[] => [...chart.matchAll(/^ {2}(.+) :/gm)].map(([, name = '']) => name);
    expect(names(timeline(phases(JOBS['seconds'] ?? [])))).toEqual(['8 s', '4.2 s', '16 s', '2 s']);
    expect(names(timeline(phases(JOBS['five days'] ?? [])))).toEqual(['5 m', '5 d', '11 m 40 s']);
    expect(names(timeline(phases([['training', 3_599.7]])))).toEqual(['1 h']);
    expect(names(timeline(phases([['training', 86_399]])))).toEqual(['24 h'].map(() => '1 d'));
    expect(new Set(names(timeline(phases(interrupted))))).toEqual(new Set(['\u200b']));
  });
  it('is left out where there is nothing to see, or too much', () => {
    expect(timeline([])).toBe('');
    expect(timeline(phases([...interrupted, ...interrupted, ...interrupted]))).toBe('');
  });
});
