/** Metrics over time: which instance's, on which axis, and how much of them is kept. */
import { describe, expect, it } from 'vitest';
import { parseMetrics } from '../../src/metrics/definitions.ts';
import type { JobTimes } from '../../src/metrics/growing-series.ts';
import { KeptPoints, MOST_KEPT } from '../../src/metrics/kept-points.ts';
import { MetricReader } from '../../src/metrics/metric-reader.ts';
import { completeSeries, type MetricSeries } from '../../src/metrics/series.ts';

/** A line with its instance and its second. */
type Line = readonly [instance: number, second: number, text: string];
const never = new AbortController().signal;
const DAY = 1_800_000_000_000;

async function seriesOf(
  lines: readonly Line[],
  times: JobTimes = { began: DAY, restarts: 0 },
  definitions = '',
): Promise<Record<string, MetricSeries>> {
  const reader = await MetricReader.of(parseMetrics(definitions));
  for (const [instance, second, text] of lines) {
    const line = { at: DAY + 1000 * second, text };
    await reader.accept({ host: `algo-${instance + 1}`, instance, lines: [line] }, never);
  }
  const series = reader.series(times);
  expect(Object.fromEntries(reader.values)).toEqual(Object.fromEntries(series.map(({ name, last }) => [name, last])));
  return Object.fromEntries(series.map((each) => [each.name, each]));
}

const ones = (...texts: string[]): Line[] => texts.map((text, at) => [0, at, text]);
const places = (series: MetricSeries | undefined): number[] => series?.points.map(({ at }) => at) ?? [];
const values = (series: MetricSeries | undefined): number[] => series?.points.map(({ value }) => value) ?? [];

describe('a series', () => {
  it('has the last, least and greatest value, and how many there were', async () => {
    const { loss } = await seriesOf(ones('{"loss": 3}', 'x', '{"loss": 1}', '{"loss": 4}', '{"loss": 2}'));
    expect(loss).toEqual({
      ...{ name: 'loss', last: 2, min: 1, max: 4, count: 4, axis: 'seconds' },
      points: [
        { at: 0, value: 3 },
        { at: 2, value: 1 },
        { at: 3, value: 4 },
        { at: 4, value: 2 },
      ],
    });
  });

  it('leaves out what is not finite, but ends with it', async () => {
    const { loss } = await seriesOf(ones('{"loss": 3}', '{"loss": Infinity}', '{"loss": 1}', '{"loss": NaN}'));
    expect(loss).toMatchObject({ last: Number.NaN, min: 1, max: 3, count: 4 });
    expect(values(loss)).toEqual([3, 1]);
    const { gap } = await seriesOf(ones('{"gap": NaN}'));
    expect(gap).toMatchObject({ last: Number.NaN, min: Number.NaN, max: Number.NaN, count: 1, points: [] });
  });

  it('counts seconds since training began, or since its first value', async () => {
    const lines: Line[] = [
      [0, 5, 'loss=1'],
      [0, 65.5, 'loss=2'],
    ];
    const times = { began: DAY + 4_000, restarts: 0 };
    expect(places((await seriesOf(lines, times, 'loss=loss=(.*)'))['loss'])).toEqual([1, 61.5]);
    expect(places((await seriesOf(lines, { ...times, began: undefined }, 'loss=loss=(.*)'))['loss'])).toEqual([
      0, 60.5,
    ]);
    // An instance's clock can be behind.
    const early = { ...times, began: DAY + 60_000 };
    expect(places((await seriesOf(lines, early, 'loss=loss=(.*)'))['loss'])).toEqual([0, 5.5]);
  });

  it('takes the newest value for the last one, also if it arrives before an older one', async () => {
    const { loss } = await seriesOf([
      [0, 1, '{"loss": 1}'],
      [0, 3, '{"loss": 3}'],
      [0, 2, '{"loss": 2}'],
      [0, 3, '{"loss": 4}'],
    ]);
    expect(loss?.last).toBe(4);
    expect(values(loss)).toEqual([1, 2, 3, 4]);
  });

  it('of which only the last value is known has one point', () => {
    const found = { name: 'b', last: 2, min: 1, max: 2, count: 2, axis: 'epoch' as const, points: [] };
    const all = completeSeries(new Map(Object.entries({ c: Number.NaN, b: 2, a: 1 })), [found]);
    expect(all.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(all[0]).toMatchObject({ last: 1, min: 1, max: 1, count: 1, points: [{ at: 0, value: 1 }] });
    expect(all[1]).toBe(found);
    expect(all[2]).toMatchObject({ last: Number.NaN, min: Number.NaN, points: [] });
  });
});

describe('the axis', () => {
  const epochs = (key: string, numbers: readonly number[], more = ''): Line[] =>
    ones(...numbers.map((number) => `{"${key}": ${number}, "loss": ${1 / (1 + number)}${more}}`));

  it.each(['epoch', 'global_step', 'step', 'iteration'])('is "%s" where it is beside the metric', async (key) => {
    const { loss } = await seriesOf(epochs(key, [10, 20, 30]));
    expect(loss?.axis).toBe(key);
    expect(places(loss)).toEqual([10, 20, 30]);
  });

  it('is not what some values lack, what is not finite, or what another line has', async () => {
    expect((await seriesOf([...epochs('epoch', [1, 2]), [0, 9, '{"loss": 1}']]))['loss']?.axis).toBe('seconds');
    expect((await seriesOf([...epochs('epoch', [1]), [0, 9, '{"epoch": NaN, "loss": 1}']]))['loss']?.axis).toBe(
      'seconds',
    );
    expect((await seriesOf(ones('{"epoch": 1}', '{"loss": 1}')))['loss']?.axis).toBe('seconds');
    expect((await seriesOf(ones('{"epoch": "1", "loss": 1}')))['loss']).toBeUndefined();
  });

  it('is not one that puts the values in no order: an epoch of many values, a step that counts anew', async () => {
    const many = Array.from({ length: 40 }, (_, at) => `{"epoch": ${at >> 3}, "step": ${at % 8}, "loss": ${at}}`);
    expect((await seriesOf(ones(...many)))['loss']?.axis).toBe('seconds');
    const counted = Array.from({ length: 40 }, (_, at) => `{"epoch": ${at >> 3}, "step": ${at}, "loss": ${at}}`);
    expect((await seriesOf(ones(...counted)))['loss']?.axis).toBe('step');
  });

  it('may go back when the job started again, and no more often', async () => {
    const lines = epochs('epoch', [1, 2, 3, 4, 3, 4, 5, 6]);
    expect((await seriesOf(lines))['loss']?.axis).toBe('seconds');
    const { loss } = await seriesOf(lines, { began: DAY, restarts: 1 });
    expect(loss?.axis).toBe('epoch');
    expect(loss?.count).toBe(8);
  });

  it('is a metric itself', async () => {
    expect((await seriesOf(epochs('epoch', [1, 2])))['epoch']).toMatchObject({ last: 2, axis: 'epoch' });
  });
});

describe('several instances that print one metric', () => {
  const of = (instance: number, text: (at: number) => string): Line[] =>
    Array.from({ length: 5 }, (_, at) => [instance, at, text(at)]);
  const loss = (instance: number): Line[] => of(instance, (at) => `{"loss": ${10 * instance + at}}`);

  it('count by the one with the lowest number, in whatever order their lines arrive', async () => {
    const orders = [
      [...loss(0), ...loss(1), ...loss(2)],
      [...loss(2), ...loss(1), ...loss(0)],
      loss(0).flatMap((line, at) => [loss(2)[at] ?? line, line, loss(1)[at] ?? line]),
    ];
    for (const lines of orders) {
      const { loss: found } = await seriesOf(lines);
      expect(found).toMatchObject({ last: 4, min: 0, max: 4, count: 5 });
      expect(values(found)).toEqual([0, 1, 2, 3, 4]);
    }
  });

  it('count by another one where the main instance does not print it', async () => {
    const lines = [...loss(2), ...loss(1), ...of(0, (at) => `{"other": ${at}}`)];
    const { loss: found, other } = await seriesOf(lines);
    expect(found).toMatchObject({ last: 14, count: 5 });
    expect(other).toMatchObject({ last: 4 });
  });
});

describe('the kept points', () => {
  /** The same numbers each time. */
  const random = (seed: number): (() => number) => {
    let state = seed;
    return () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state / 2 ** 31;
    };
  };
  const SHAPES: readonly (readonly [string, (at: number, next: () => number) => number])[] = [
    ['falls', (at) => 1 / (1 + at)],
    ['is noise', (_, next) => next()],
    ['is constant', () => 1],
    ['has one peak', (at) => (at === 777 ? 1e6 : at % 10)],
    ['swings', (at) => Math.sin(at / 50)],
  ];

  it.each(
    SHAPES.flatMap((shape) => [1, 2, 3, 480, 481, 962, 963, 3_000, 100_003].map((count) => [...shape, count] as const)),
  )('of a metric that %s are its shape, and few', (_, shape, count) => {
    const [next, kept] = [random(count), new KeptPoints()];
    const given = Array.from({ length: count }, (_, at) => ({ time: at, value: shape(at, next) }));
    for (const point of given) kept.add(point);
    const { points } = kept;
    expect(points.length).toBeLessThanOrEqual(MOST_KEPT);
    expect(points[0]).toBe(given[0]);
    expect(points.at(-1)).toBe(given.at(-1));
    const extremes = (of: readonly { value: number }[]): number[] => {
      const numbers = of.map(({ value }) => value);
      return [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))];
    };
    expect(extremes(points)).toEqual(extremes(given));
    const times = points.map(({ time }) => time);
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    for (const point of points) expect(point).toBe(given[point.time]);
    // No part of the metric's time is left out.
    const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
    expect(Math.max(0, ...gaps)).toBeLessThanOrEqual(Math.max(1, (4 * count) / 480));
    if (count <= 480) expect(points).toEqual(given);
  });
});
