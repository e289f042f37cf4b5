/**
 * Renders the job summary as Markdown. Escapes all values, so that foreign text can bring neither Markdown nor HTML.
 */

import { counted, duration } from '../core/format.ts';
import { code, escapeText } from '../core/markdown.ts';
import { chartMarkdown, metricCharts } from '../metrics/chart.ts';
import { metricText } from '../metrics/number-text.ts';
import type { MetricSeries } from '../metrics/series.ts';

export interface SummaryFacts {
  readonly task: string;
  readonly project: string;
  readonly job: string;
  readonly status: string;
  /** Whether the step took an earlier job's results instead of starting a job. */
  readonly skipped: boolean;
  readonly reason: string;
  readonly instances: string;
  readonly image: string;
  readonly trainingSeconds: number | undefined;
  readonly billableSeconds: number | undefined;
  readonly spotSavings: number | undefined;
  readonly logsUrl: string;
  /** Sorted by name. */
  readonly metrics: readonly MetricSeries[];
  readonly results: readonly { readonly result: string; readonly files: number; readonly path: string }[];
}

/** The summary's text. */
export function renderSummary(facts: SummaryFacts): string {
  const icon =
    facts.status === 'Completed' ? (facts.reason === '' ? '✅' : '❌') : facts.status === 'Stopped' ? '⏹️' : '❌';
  const rows: [string, string][] = [
    ['Job', code(facts.job) + (facts.skipped ? ' (an earlier job; this step took its results)' : '')],
    ['Instances', escapeText(facts.instances)],
    ['Image', code(facts.image)],
    ['Training', facts.trainingSeconds === undefined ? '' : duration(facts.trainingSeconds)],
    ['Billed', billed(facts)],
    ['Logs', `<a href="${escapeText(facts.logsUrl)}">CloudWatch</a>`],
  ];
  const table = rows
    .filter(([, cell]) => cell !== '')
    .map(([name, cell]) => `<tr><th align="left">${name}</th><td>${cell}</td></tr>`);
  const metrics = facts.metrics.map(
    ({ name, last }) => `<tr><td>${escapeText(name)}</td><td align="right">${metricText(last)}</td></tr>`,
  );
  const { charts, left } = metricCharts(facts.metrics);
  const without = `${counted(left, 'more metric')} ${left === 1 ? 'has' : 'have'} no chart here.`;
  const results = facts.results.map(
    ({ result, files, path }) => `<li>${escapeText(result)}: ${counted(files, 'file')} in ${code(path)}</li>`,
  );
  return [
    `### ${icon} ${escapeText(facts.project)} / ${escapeText(facts.task)}: ${facts.skipped ? 'skipped' : escapeText(facts.status)}`,
    '',
    ...(facts.reason === '' ? [] : [`<pre>${escapeText(facts.reason)}</pre>`, '']),
    `<table>${table.join('')}</table>`,
    '',
    ...(metrics.length === 0 ? [] : [`<table><tr><th>Metric</th><th>Last</th></tr>${metrics.join('')}</table>`, '']),
    ...charts.map(chartMarkdown),
    ...(left === 0 ? [] : [without, '']),
    ...(results.length === 0 ? [] : [`<ul>${results.join('')}</ul>`, '']),
    '',
  ].join('\n');
}

function billed({ billableSeconds, spotSavings }: SummaryFacts): string {
  const saved = spotSavings !== undefined && spotSavings > 0 ? ` (spot saved ${spotSavings} %)` : '';
  return billableSeconds === undefined ? '' : duration(billableSeconds) + saved;
}
