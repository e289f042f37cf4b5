/** Charts of metrics: what Mermaid itself reads in them, at 2 and at 3,000 points, whatever the numbers and the names. */
import { describe, expect, it } from 'vitest';
import { chartMarkdown, type MetricChart, metricCharts } from '../../src/metrics/chart.ts';
import { familiesOf, lastWord } from '../../src/metrics/families.ts';
import type { MetricSeries } from '../../src/metrics/series.ts';
import { type DrawnChart, drawnChart } from '../mermaid.ts';

type Points = readonly (readonly [number, number])[];

function series(name: string, points: Points, axis: MetricSeries['axis'] = 'epoch'): MetricSeries {
  const values = points.map(([, value]) => value);
  const extreme = (of: (a: number, b: number) => number): number =>
    values.reduce((a, b) => of(a, b), values[0] ?? Number.NaN);
  return {
    ...{
      name,
      last: values.at(-1) ?? Number.NaN,
      min: extreme(Math.min),
      max: extreme(Math.max),
      count: points.length,
    },
    ...{ axis, points: points.map(([at, value]) => ({ at, value })) },
  };
}

const along = (count: number, value: (at: number) => number, from = 1): Points =>
  Array.from({ length: count }, (_, at) => [from + at, value(from + at)] as const);

function onlyChart(...given: MetricSeries[]): MetricChart {
  const { charts, left } = metricCharts(given);
  expect(charts).toHaveLength(1);
  expect(left).toBe(0);
  return charts[0] as MetricChart;
}

/** Mermaid before 11.17 puts the points of a line at the sums of one distance, and drops what is beyond the axis. */
function pointsInOlderVersions({ x, lines }: DrawnChart): number {
  const [{ min = 0, max = 0 }, count] = [x, lines[0]?.length ?? 0];
  let points = 0;
  for (let at = min; at <= max && points <= count; at += (max - min) / (count - 1)) points += 1;
  return points;
}

/** What holds for each chart: all lines are as long, they end at the ends of the x-axis and lie between those of the y-axis. */
async function drawn(chart: MetricChart): Promise<DrawnChart> {
  const picture = await drawnChart(chart.text);
  expect(picture.lines).toHaveLength(chart.legend.length);
  const [{ min = Number.NaN, max = Number.NaN }, count] = [picture.y, picture.lines[0]?.length ?? 0];
  expect(max).toBeGreaterThan(min);
  expect(count).toBeGreaterThan(1);
  expect(count).toBeLessThanOrEqual(97);
  for (const line of picture.lines) {
    expect(line).toHaveLength(count);
    for (const [, value] of line) expect(value).toSatisfy((height: number) => height >= min && height <= max);
    if (picture.x.categories !== undefined) continue;
    expect(line[0]?.[0]).toBeCloseTo(picture.x.min ?? Number.NaN, 9);
    expect(line.at(-1)?.[0]).toBeCloseTo(picture.x.max ?? Number.NaN, 9);
  }
  if (picture.x.categories === undefined) expect(pointsInOlderVersions(picture)).toBe(count);
  return picture;
}

const heights = ({ lines }: DrawnChart, line = 0): number[] => lines[line]?.map(([, value]) => value) ?? [];

describe('a chart', () => {
  it('of three epochs has these three', async () => {
    const chart = onlyChart(
      series(
        'loss',
        along(3, (at) => 1 / at),
      ),
      series(
        'val_loss',
        along(3, (at) => 1.2 / at),
      ),
    );
    expect(chart.text.split('\n').slice(1)).toEqual([
      'xychart-beta',
      '  x-axis "epoch" ["1", "2", "3"]',
      '  y-axis 0.29 --> 1.24333',
      '  line [1, 0.5, 0.33333]',
      '  line [1.2, 0.6, 0.4]',
    ]);
    const { x, colours } = await drawn(chart);
    expect(x).toMatchObject({ title: 'epoch', categories: ['1', '2', '3'] });
    expect(colours).toEqual(['#2f81f7', '#e8710a']);
    expect(chart.legend).toEqual([
      { square: '🟦', name: 'loss' },
      { square: '🟧', name: 'val_loss' },
    ]);
  });

  it('of 3,000 points has its ends, its peak and its noise', async () => {
    const points = along(3_000, (at) => (at === 1_777 ? 9 : 2 / Math.sqrt(at) + (at % 2) / 10));
    const picture = await drawn(onlyChart(series('loss', points, 'step')));
    expect(picture.x).toMatchObject({ title: 'step', min: 1, max: 3_000 });
    const values = heights(picture);
    expect(values.length).toBeGreaterThan(90);
    expect(values[0]).toBeCloseTo(2.1, 3);
    expect(values.at(-1)).toBeCloseTo(2 / Math.sqrt(3_000), 3);
    const peak = picture.lines[0]?.find(([, value]) => value > 8);
    expect(peak?.[0]).toBeGreaterThan(1_777 - 32);
    expect(peak?.[0]).toBeLessThan(1_777 + 32);
    const rest = values.slice(60);
    expect(Math.max(...rest) - Math.min(...rest)).toBeGreaterThan(0.08);
  });

  it('of a straight line is straight', async () => {
    const values = heights(
      await drawn(
        onlyChart(
          series(
            'rate',
            along(1_000, (at) => at),
            'step',
          ),
        ),
      ),
    );
    const steps = values.slice(1).map((value, at) => value - (values[at] ?? 0));
    for (const step of steps) expect(step).toBeCloseTo(999 / (values.length - 1), 0);
  });

  it('of points at unequal distances has them at their places', async () => {
    const points: Points = [
      [1, 0],
      [2, 1],
      [97, 1],
    ];
    const picture = await drawn(onlyChart(series('loss', points)));
    const valueAt = (place: number): number | undefined => picture.lines[0]?.find(([at]) => at >= place - 1e-9)?.[1];
    expect(picture.x).toMatchObject({ min: 1, max: 97 });
    expect([1, 2, 50, 97].map(valueAt)).toEqual([0, 1, 1, 1]);
  });

  it('is level where a line has no points', async () => {
    const short = series(
      'val_loss',
      along(9, (at) => at / 10, 4),
      'step',
    );
    const picture = await drawn(
      onlyChart(
        series(
          'loss',
          along(12, () => 0.6),
          'step',
        ),
        short,
      ),
    );
    expect(picture.x).toMatchObject({ min: 1, max: 12 });
    const values = heights(picture, 1);
    expect([values[0], values[10], values.at(-1)]).toEqual([0.4, 0.4, 1.2]);
  });

  it.each<[string, number, string]>([
    ['seconds', 100, 'seconds since training began'],
    ['seconds', 3_000, 'minutes since training began'],
    ['seconds', 90_000, 'hours since training began'],
    ['step', 90_000, 'step'],
  ])('along %s to %d has the axis "%s"', async (axis, last, title) => {
    const points: Points = [
      [last / 10 + 0.5, 1],
      [last / 3, 2],
      [last, 3],
    ];
    const { x } = await drawn(onlyChart(series('loss', points, axis as MetricSeries['axis'])));
    expect(x.title).toBe(title);
    if (title.startsWith('hours')) expect(x.max).toBe(25);
  });

  it('of values that came at one moment has them in order', async () => {
    const at = along(5, (value) => value).map(([, value]) => [7, value] as const);
    expect((await drawn(onlyChart(series('loss', at, 'seconds')))).x).toMatchObject({
      title: 'values in order',
      categories: ['1', '2', '3', '4', '5'],
    });
  });

  it('of epochs that a new start of the job repeated has their last values', async () => {
    const points = [...along(4, () => 9), ...along(4, (at) => at, 3)];
    expect(heights(await drawn(onlyChart(series('loss', points))))).toEqual([9, 9, 3, 4, 5, 6]);
  });

  it.each<[string, Points, string]>([
    ['tiny numbers', along(5, (at) => at * 1e-9), '× 10⁻⁹'],
    ['huge numbers', along(5, (at) => at * 1e12), '× 10¹²'],
    ['the largest', along(5, (at) => (at % 2 === 0 ? 1 : -1) * Number.MAX_VALUE), '× 10¹⁵⁰'],
    ['the smallest', along(5, (at) => at * Number.MIN_VALUE), ''],
    ['negative numbers', along(5, (at) => -at), ''],
    ['both signs', along(5, (at) => at - 3), ''],
    ['one number', along(5, () => 0.25), ''],
    ['zero', along(5, () => 0), ''],
    ['a small change of a large number', along(5, (at) => 1e6 + at / 1e6), '× 10⁶'],
    ['no change to speak of', along(5, (at) => 1 + at * Number.EPSILON), ''],
    ['thousands', along(5, (at) => 1234.5 * at), ''],
    ['many orders', along(60, (at) => 10 ** (at - 30)), '× 10³⁰'],
    ['places far apart', along(60, (at) => at).map(([at, value]) => [at * 1e10, value] as const), ''],
    ['places as far as can be', along(60, (at) => at).map(([at, value]) => [at * 1e300, value] as const), ''],
    ['places close together', along(60, (at) => at).map(([at, value]) => [at / 1e9, value] as const), ''],
    ['places that hardly differ', along(60, (at) => at).map(([at, value]) => [1e9 + at / 1e9, value] as const), ''],
    ['two points', along(2, (at) => at), ''],
  ])('of %s can be drawn', async (_, points, times) => {
    const chart = onlyChart(series('m', points));
    await drawn(chart);
    if (!_.startsWith('the smallest')) expect(chart.times).toBe(times);
    expect(chart.text).not.toMatch(/\de[+-]?\d|NaN|Infinity/);
  });

  it('has each of its points whatever their number', async () => {
    for (let count = 2; count < 300; count += 23) {
      for (const distance of [1, 0.1, 1 / 3, 50, 12_345.678]) {
        const points = along(count, (at) => at % 5).map(([at, value]) => [at * distance, value] as const);
        await drawn(onlyChart(series('loss', points, 'step')));
      }
    }
  });
});

describe('the charts', () => {
  const flat = (name: string, value = 1, axis: MetricSeries['axis'] = 'epoch'): MetricSeries =>
    series(
      name,
      along(3, () => value),
      axis,
    );
  const names = (...given: MetricSeries[]): string[][] =>
    familiesOf(given).map((family) => family.map(({ name }) => name));

  it.each([
    ['val_loss', 'loss'],
    ['eval/loss', 'loss'],
    ['validation:Accuracy', 'accuracy'],
    ['valLoss', 'loss'],
    ['loss', 'loss'],
    ['top-1', '1'],
    ['__', ''],
  ])('know of %s the word %s', (name, word) => {
    expect(lastWord(name)).toBe(word);
  });

  it('have what belongs together, and that first', () => {
    expect(names(flat('acc'), flat('loss'), flat('train:f1'), flat('val_loss', 5), flat('validation:f1'))).toEqual([
      ['loss', 'val_loss'],
      ['train:f1', 'validation:f1'],
      ['acc'],
    ]);
  });

  it('keep apart what has other sizes, other axes or another course in time', () => {
    expect(names(flat('loss'), flat('val_loss', 11))).toHaveLength(2);
    expect(names(flat('loss'), flat('val_loss', -5))).toHaveLength(1);
    expect(names(flat('loss'), flat('val_loss', 0))).toHaveLength(1);
    expect(names(flat('loss'), flat('val_loss', 1, 'step'))).toHaveLength(2);
    expect(
      names(
        flat('loss'),
        series(
          'val_loss',
          along(3, () => 1, 3),
        ),
      ),
    ).toHaveLength(2);
    expect(names(...['a', 'b', 'c', 'd', 'e'].map((name) => flat(`${name}_loss`)))).toEqual([
      ['a_loss', 'b_loss', 'c_loss', 'd_loss'],
      ['e_loss'],
    ]);
  });

  it('leave out numbers that only count, and what has one value', () => {
    expect(
      names(flat('epoch'), flat('global_step'), flat('step'), flat('iteration'), series('loss', [[1, 1]])),
    ).toEqual([]);
    expect(metricCharts([])).toEqual({ charts: [], left: 0 });
  });

  it('are six at most, and say how many metrics have none', () => {
    const { charts, left } = metricCharts([...'abcdefgh'].map((name) => flat(name)));
    expect(charts.map(({ legend }) => legend[0]?.name)).toEqual([...'abcdef']);
    expect(left).toBe(2);
  });

  it.each([
    '"] \n line [9]',
    '```\n<script>alert(1)</script>',
    '%%{init: {"securityLevel": "loose"}}%%',
    '"`x`" --> click',
    '</code><img src=x onerror=alert(1)>',
    '[x](https://example.org) @org/team ~~~',
    '#35; x'.repeat(20),
  ])('have names as text only: %j', async (name) => {
    const chart = onlyChart(
      series(
        name,
        along(3, (at) => at),
      ),
    );
    expect(chart.text).toBe(
      onlyChart(
        series(
          'm',
          along(3, (at) => at),
        ),
      ).text,
    );
    const markdown = chartMarkdown(chart);
    const [legend = '', empty, fence, ...rest] = markdown.split('\n');
    expect([empty, fence, rest.slice(-2)]).toEqual(['', '```mermaid', ['```', '']]);
    expect(legend).toMatch(/^<p>🟦\u00a0<code>[^<>`"\n[\]]*<\/code><\/p>$/);
  });

  it('say what their numbers are multiplied by', () => {
    expect(
      chartMarkdown(
        onlyChart(
          series(
            'lr',
            along(3, (at) => at / 1e6),
          ),
        ),
      ),
    ).toMatch(/^<p>🟦\u00a0<code>lr<\/code> \u00a0 × 10⁻⁶<\/p>\n/);
  });
});
