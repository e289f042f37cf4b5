/** The metrics' last values as a table, beside those of another job. */

import { code } from '../core/markdown.ts';
import { metricText } from '../metrics/number-text.ts';
import { AXES, type MetricSeries } from '../metrics/series.ts';
import type { PreviousJob } from './job-report.ts';
import { differenceText } from './shown.ts';

/** How the table is shown. */
export interface TableStyle {
  /** The title of the other job's column. */
  readonly title: string;
  /** Whether to show the least and the greatest value. */
  readonly withRange: boolean;
  /** So many rows are open, the others are folded. */
  readonly open: number;
  /** So many rows are shown at all: `report.json` has all metrics. */
  readonly most: number;
}

/**
 * HTML; empty without metrics. A metric that only the other job has is at the end. What only counts the others, such as
 * `epoch`, is left out: the charts have it as their axis.
 */
export function metricsTable(
  all: readonly MetricSeries[],
  other: PreviousJob | undefined,
  { title, withRange, open, most }: TableStyle,
): string {
  const axes = axesOf(all);
  const metrics = all.filter(({ name }) => !axes.has(name));
  if (metrics.length === 0) return '';
  const values = new Map(Object.entries(other?.metrics ?? {}).filter(([name]) => !axes.has(name)));
  const compared = metrics.some(({ name }) => values.has(name));
  const ranged = withRange && metrics.some(({ count }) => count > 1);
  // On a phone only the first columns are seen without scrolling.
  const heads = [...(compared ? ['Change', title] : []), ...(ranged ? ['Min', 'Max'] : [])];
  const row = (name: string, metric: MetricSeries | undefined): string => {
    const cells = [
      metric === undefined ? '' : `<strong>${metricText(metric.last)}</strong>`,
      ...(compared ? comparison(values.get(name), metric?.last) : []),
      ...(ranged ? rangeOf(metric) : []),
    ];
    return `<tr><td>${code(name)}</td>${cells.map((cell) => `<td align="right">${cell}</td>`).join('')}</tr>`;
  };
  const own = new Set(metrics.map(({ name }) => name));
  const gone = compared ? [...values.keys()].filter((name) => !own.has(name)).sort() : [];
  const rows = [...metrics.map((metric) => row(metric.name, metric)), ...gone.map((name) => row(name, undefined))];
  const table = (some: readonly string[]): string =>
    `<table><tr><th align="left">Metric</th>${['Last', ...heads].map((head) => `<th align="right">${head}</th>`).join('')}</tr>${some.join('')}</table>`;
  const folded = rows.slice(open, most);
  const more = rows.length > most ? `<p>And ${rows.length - most} more, in <code>report.json</code>.</p>` : '';
  return (
    table(rows.slice(0, open)) +
    (folded.length === 0 ? '' : `<details><summary>${folded.length} more</summary>${table(folded)}</details>`) +
    more
  );
}

/** What the values of other metrics are in order by. */
function axesOf(metrics: readonly MetricSeries[]): ReadonlySet<string> {
  const own: readonly string[] = AXES;
  const counted = metrics.filter(({ name }) => !own.includes(name)).map(({ axis }) => axis);
  return new Set(AXES.filter((axis) => counted.includes(axis)));
}

/** Only of a metric that had several values. */
function rangeOf(metric: MetricSeries | undefined): readonly [string, string] {
  return metric === undefined || metric.count < 2 ? ['', ''] : [metricText(metric.min), metricText(metric.max)];
}

function comparison(before: number | undefined, now: number | undefined): readonly [string, string] {
  return [
    before === undefined || now === undefined ? '' : differenceText(before, now),
    before === undefined ? '' : metricText(before),
  ];
}
