/**
 * Draws metrics over time, as text of Mermaid's xychart that GitHub shows as a picture: https://mermaid.js.org/syntax/xyChart.html
 *
 * A worker chooses the names of metrics, so the text of a chart has none of them. They are in a legend above it, with a square
 * of each line's colour: xychart has no legend in version 11, which GitHub has (assumed).
 */

import { code } from '../core/markdown.ts';
import { type Family, familiesOf } from './families.ts';
import { evenly, gridOf, inPlace, type Range, rangeOf } from './resample.ts';
import { type MetricPoint, type MetricSeries, SECONDS } from './series.ts';

const MOST_CHARTS = 6;
/** Readable on white and on GitHub's dark page; squares of about these colours. */
const COLOURS = [
  { colour: '#2f81f7', square: '🟦' },
  { colour: '#e8710a', square: '🟧' },
  { colour: '#2da44e', square: '🟩' },
  { colour: '#a371f7', square: '🟪' },
] as const;
/**
 * On a phone Mermaid makes a chart smaller, and measures labels by their size there: wide ones would begin outside of the
 * picture, and the axis' title would end there. A chart of this width with room beside its labels and below shows them whole.
 */
const LOOK = {
  xyChart: { width: 560, height: 280, xAxis: { titlePadding: 12 }, yAxis: { labelPadding: 12 } },
  themeVariables: {
    xyChart: { plotColorPalette: COLOURS.map(({ colour }) => colour).join(', '), backgroundColor: 'transparent' },
  },
};
/** Characters of a name in a legend. */
const LONGEST_NAME = 60;
/** The part of a chart's height above and below the lines. */
const MARGIN = 0.05;
/** Numbers outside of these are divided by a power of ten. */
const LEAST_PLAIN = 1e-3;
const MOST_PLAIN = 1e6;
const MOST_LABELS = 12;
/** The shortest axis, as a part of its greatest number. */
const LEAST_PART = 1e-6;
/** Digits behind the first one of an axis' length. */
const DIGITS = 4;
const MOST_DECIMALS = 12;

export interface MetricChart {
  /** The lines in order, with the squares of their colours. */
  readonly legend: readonly { readonly square: string; readonly name: string }[];
  /** What the numbers beside the chart are to be multiplied by, such as `× 10⁻⁵`. Empty for one. */
  readonly times: string;
  /** Text of Mermaid. */
  readonly text: string;
}

export interface MetricCharts {
  readonly charts: readonly MetricChart[];
  /** How many metrics with a course have no chart, because there are too many. */
  readonly left: number;
}

/** `series`: sorted by name. */
export function metricCharts(series: readonly MetricSeries[]): MetricCharts {
  const families = familiesOf(series);
  const left = families.slice(MOST_CHARTS).reduce((sum, { length }) => sum + length, 0);
  return { charts: families.slice(0, MOST_CHARTS).map(chartOf), left };
}

/** The chart as Markdown, with its legend. */
export function chartMarkdown({ legend, times, text }: MetricChart): string {
  const names = legend.map(({ square, name }) => `${square}\u00a0${code(shortened(name))}`);
  // In an HTML block, so that no name is a link by itself.
  const above = `<p>${[...names, ...(times === '' ? [] : [times])].join(' \u00a0 ')}</p>`;
  return [above, '', '```mermaid', text, '```', ''].join('\n');
}

function shortened(name: string): string {
  const characters = [...name];
  return characters.length > LONGEST_NAME ? `${characters.slice(0, LONGEST_NAME - 1).join('')}…` : name;
}

function chartOf(family: Family): MetricChart {
  const { title, range, lines } = placed(family);
  const x = scaleOf(range);
  const values = lines.flat().map(({ value }) => value);
  const height = withMargin(
    values.reduce((a, b) => Math.min(a, b)),
    values.reduce((a, b) => Math.max(a, b)),
  );
  const y = scaleOf(height);
  const count = gridOf(lines, { from: Number(x.number(range.from)), to: Number(x.number(range.to)) });
  const text = [
    `%%{init: ${JSON.stringify(LOOK)}}%%`,
    'xychart-beta',
    `  x-axis "${title}${x.times}" ${labelsOf(lines, count) ?? `${x.number(range.from)} --> ${x.number(range.to)}`}`,
    `  y-axis ${y.number(height.from)} --> ${y.number(height.to)}`,
    ...lines.map((line) => `  line [${evenly(line, count, range).map(y.number).join(', ')}]`),
  ];
  const legend = family.map(({ name }, at) => ({ square: COLOURS[at]?.square ?? '', name }));
  return { legend, times: y.times.trim(), text: text.join('\n') };
}

/** A few whole numbers, such as epochs, are labels themselves: an axis from 1 to 3 has labels like 1.2. */
function labelsOf(lines: readonly (readonly MetricPoint[])[], count: number): string | undefined {
  const places = (lines[0] ?? []).map(({ at }) => at);
  if (places.length > MOST_LABELS || places.length !== count) return undefined;
  if (!places.every((at) => Number.isInteger(at) && Math.abs(at) < MOST_PLAIN)) return undefined;
  return `[${places.map((at) => `"${at}"`).join(', ')}]`;
}

interface Placed {
  readonly title: string;
  readonly range: Range;
  /** Each in order, no two points at one place. */
  readonly lines: readonly (readonly MetricPoint[])[];
}

/** The lines on their axis. Values that came at the same moment are in order instead. */
function placed(family: Family): Placed {
  const [{ axis }] = family;
  const given = family.map(({ points }) => points.map(({ at, value }) => ({ at: bounded(at), value: bounded(value) })));
  const distinct = given.map(inPlace);
  const isOrdered = distinct.every((line, at) => line.length > 1 && 2 * line.length > (given[at]?.length ?? 0));
  if (!isOrdered) return inOrder(given);
  const { from, to } = rangeOf(distinct);
  if (to - from < LEAST_PART * Math.max(Math.abs(from), Math.abs(to))) return inOrder(given);
  if (axis !== SECONDS) return { title: axis, range: { from, to }, lines: distinct };
  const [unit, seconds] = to >= 2 * 3600 ? ['hours', 3600] : to >= 120 ? ['minutes', 60] : ['seconds', 1];
  const lines = distinct.map((line) => line.map(({ at, value }) => ({ at: at / seconds, value })));
  return { title: `${unit} since training began`, range: rangeOf(lines), lines };
}

function inOrder(lines: readonly (readonly MetricPoint[])[]): Placed {
  const most = Math.max(...lines.map(({ length }) => length));
  const place = (at: number, length: number): number => 1 + (at * (most - 1)) / (length - 1);
  return {
    title: 'values in order',
    range: { from: 1, to: most },
    lines: lines.map((line) => line.map(({ value }, at) => ({ at: place(at, line.length), value }))),
  };
}

/** What charts can add and multiply without leaving the numbers that there are. */
const FARTHEST = 1e150;

function bounded(value: number): number {
  return Math.min(FARTHEST, Math.max(-FARTHEST, value));
}

function withMargin(min: number, max: number): Range {
  const size = Math.max(Math.abs(min), Math.abs(max));
  const margin = min === max ? size / 10 || 1 : Math.max((max - min) * MARGIN, size * LEAST_PART);
  return { from: min >= 0 ? Math.max(0, min - margin) : min - margin, to: max + margin };
}

interface Scale {
  /** ` × 10⁻⁵`, or empty. */
  readonly times: string;
  /** Mermaid reads numbers without exponents only. */
  readonly number: (value: number) => string;
}

/** Very large and very small numbers are divided by a power of ten, which `times` says. */
function scaleOf({ from, to }: Range): Scale {
  const greatest = Math.max(Math.abs(from), Math.abs(to));
  const isPlain = greatest === 0 || (greatest >= LEAST_PLAIN && greatest < MOST_PLAIN);
  const power = isPlain ? 0 : Math.floor(Math.log10(greatest));
  const length = (to - from) / 10 ** power;
  const decimals = Math.min(MOST_DECIMALS, Math.max(0, DIGITS - Math.floor(Math.log10(length))));
  return {
    times: power === 0 ? '' : ` × 10${raised(power)}`,
    number: (value) =>
      (value / 10 ** power)
        .toFixed(decimals)
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, ''),
  };
}

function raised(power: number): string {
  return [...String(power)].map((sign) => (sign === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'.charAt(Number(sign)))).join('');
}
