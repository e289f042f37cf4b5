/** The charts of a job's metrics on a page. */

import { counted } from '../core/format.ts';
import { chartMarkdown, metricCharts } from '../metrics/chart.ts';
import type { MetricSeries } from '../metrics/series.ts';

/** Markdown; empty if no metric has a course. Says how many metrics have no chart. */
export function chartsOf(metrics: readonly MetricSeries[], most = Number.POSITIVE_INFINITY): string {
  const { charts, left } = metricCharts(metrics);
  const more = left + charts.slice(most).reduce((sum, { legend }) => sum + legend.length, 0);
  const without = `<p>${counted(more, 'more metric')} ${more === 1 ? 'has' : 'have'} no chart here.</p>`;
  return [
    ...charts.slice(0, most).map((chart) => chartMarkdown(chart).trimEnd()),
    ...(more === 0 ? [] : [without]),
  ].join('\n\n');
}
