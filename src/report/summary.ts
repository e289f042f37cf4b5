/**
 * Renders the job summary as Markdown: HTML blocks, which keep foreign text from being Markdown, and charts of mermaid.
 * Cuts it to GitHub's size.
 */

import { fitSections, type Section, SUMMARY_BYTES } from '../core/fit-sections.ts';
import { code, words } from '../core/markdown.ts';
import { chartsOf } from './charts.ts';
import { factsTable, linksLine } from './facts-table.ts';
import { failureBox, gateBox, tracebacks } from './failure-box.ts';
import { headline } from './headline.ts';
import type { JobReport, PreviousJob } from './job-report.ts';
import { metricsTable } from './metrics-table.ts';
import { resultsList } from './results-list.ts';
import { timeText } from './shown.ts';
import { timeline } from './timeline.ts';

/** Rows of metrics that are open, and that are shown at all. */
const OPEN = 25;
const MOST_METRICS = 500;
/** Metrics and notices, if the page is too long. */
const FEW = 20;
const MOST_NOTICES = 100;

export function renderSummary(report: JobReport): string {
  const { previous, base, inputs, notices, results } = report;
  const other = previous ?? base;
  const sections: readonly Section[] = [
    { name: 'headline', importance: 100, text: headline(report) },
    { name: 'why it was skipped', importance: 95, text: skipLine(report) },
    failureBox(report),
    gateBox(report),
    tracebacks(report),
    { name: 'facts', importance: 85, text: `${factsTable(report)}<p>${linksLine(report, false)}</p>` },
    metricsSection(report, other),
    { name: 'charts', importance: 40, text: chartsOf(report.metrics) },
    { name: 'timeline', importance: 50, text: titled('Timeline', timeline(report.phases)) },
    { name: 'changes', importance: 55, text: changesText(report, other) },
    { name: 'results', importance: 75, text: titled('Results', resultsList(results)) },
    { name: 'notices', importance: 45, text: noticesText(notices, MOST_NOTICES), short: noticesText(notices, FEW) },
    { name: 'inputs', importance: 10, text: inputsText(inputs) },
  ];
  return fitSections(sections, {
    most: SUMMARY_BYTES,
    size: (text) => Buffer.byteLength(text),
    note: (left) =>
      `<p>✂️ Left out, because GitHub takes 1 MiB a step: ${left.join(', ')}. <code>report.json</code> has everything.</p>`,
  }).text;
}

/** Empty without content. */
function titled(title: string, content: string): string {
  return content === '' ? '' : `<h4>${title}</h4>\n\n${content}`;
}

function skipLine({ skipped, job, why }: JobReport): string {
  if (!skipped) return '';
  const when = job.created === undefined ? '' : ` of ${timeText(job.created)}`;
  return `<p>Skipped: took the results of ${code(job.name)}${when}, because ${words(why)}. This step started no job.</p>`;
}

function metricsSection({ metrics, previous }: JobReport, other: PreviousJob | undefined): Section {
  const title = other === previous ? 'Last run' : 'Base';
  const table = (open: number, most: number): string =>
    titled('Metrics', metricsTable(metrics, other, { title, withRange: true, open, most }));
  return { name: 'metrics', importance: 80, text: table(OPEN, MOST_METRICS), short: table(FEW, FEW) };
}

function changesText({ skipped, why }: JobReport, other: PreviousJob | undefined): string {
  if (skipped) return '';
  const lines = [
    ...(why === '' || (other?.changes !== undefined && why.startsWith(`the task has changed since ${other.job}: `))
      ? []
      : [`<p>This job ran because ${words(why)}.</p>`]),
    ...(other?.changes === undefined ? [] : [changeList(other)]),
  ];
  return titled('What changed', lines.join('\n\n'));
}

function changeList({ job, created, changes = [] }: PreviousJob): string {
  const against = `${code(job)}${created === undefined ? '' : ` of ${timeText(created)}`}`;
  if (changes.length === 0) return `<p>Nothing that counts has changed since ${against}.</p>`;
  const items = changes.map((change) => `<li>${words(change)}</li>`);
  return `<p>Changed since ${against}:</p><ul>${items.join('')}</ul>`;
}

function noticesText(notices: readonly string[], most: number): string {
  const items = notices.slice(0, most).map((notice) => `<li>${words(notice)}</li>`);
  const more = notices.length > most ? [`<li>… and ${notices.length - most} more, in the log</li>`] : [];
  return titled('Notices', items.length === 0 ? '' : `<ul>${[...items, ...more].join('')}</ul>`);
}

function inputsText(inputs: Readonly<Record<string, string>>): string {
  const rows = Object.entries(inputs).map(
    ([name, value]) => `<tr><th align="left">${code(name)}</th><td>${inputCell(value)}</td></tr>`,
  );
  return rows.length === 0 ? '' : `<details><summary>Inputs</summary><table>${rows.join('')}</table></details>`;
}

function inputCell(value: string): string {
  return value.split('\n').map(code).join('<br>');
}
