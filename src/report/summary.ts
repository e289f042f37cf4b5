/**
 * Renders the job summary as Markdown. Escapes all values, so that foreign text can bring neither Markdown nor HTML.
 */

import { counted, duration } from '../core/format.ts';
import { code, escapeText } from '../core/markdown.ts';

export interface SummaryFacts {
  readonly task: string;
  readonly project: string;
  readonly job: string;
  readonly status: string;
  /** Whether the step took an earlier job's results instead of starting a job. */
  readonly skipped: boolean;
  readonly reason: string;
  readonly instances: string;
  /** What got no instances before: a line for each. */
  readonly tried: readonly string[];
  readonly image: string;
  readonly trainingSeconds: number | undefined;
  readonly billableSeconds: number | undefined;
  readonly spotSavings: number | undefined;
  readonly logsUrl: string;
  readonly metrics: ReadonlyMap<string, number>;
  readonly results: readonly { readonly result: string; readonly files: number; readonly path: string }[];
}

/** The summary's text. */
export function renderSummary(facts: SummaryFacts): string {
  const icon = facts.status === 'Completed' ? '✅' : facts.status === 'Stopped' ? '⏹️' : '❌';
  const rows: [string, string][] = [
    ['Job', code(facts.job) + (facts.skipped ? ' (an earlier job; this step took its results)' : '')],
    ['Instances', escapeText(facts.instances)],
    ['Tried before', facts.tried.map(escapeText).join('<br>')],
    ['Image', code(facts.image)],
    ['Training', facts.trainingSeconds === undefined ? '' : duration(facts.trainingSeconds)],
    ['Billed', billed(facts)],
    ['Logs', `<a href="${escapeText(facts.logsUrl)}">CloudWatch</a>`],
  ];
  const table = rows
    .filter(([, cell]) => cell !== '')
    .map(([name, cell]) => `<tr><th align="left">${name}</th><td>${cell}</td></tr>`);
  const metrics = [...facts.metrics].map(
    ([name, value]) => `<tr><td>${escapeText(name)}</td><td align="right">${value}</td></tr>`,
  );
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
    ...(results.length === 0 ? [] : [`<ul>${results.join('')}</ul>`, '']),
    '',
  ].join('\n');
}

function billed({ billableSeconds, spotSavings }: SummaryFacts): string {
  const saved = spotSavings !== undefined && spotSavings > 0 ? ` (spot saved ${spotSavings} %)` : '';
  return billableSeconds === undefined ? '' : duration(billableSeconds) + saved;
}
