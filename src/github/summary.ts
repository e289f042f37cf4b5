/** The job summary: a short page in Markdown. Nothing in it is taken as Markdown or HTML that did not come from us. */
import { summary } from '@actions/core';

export interface SummaryFacts {
  readonly task: string;
  readonly project: string;
  readonly job: string;
  readonly status: string;
  /** Whether an earlier job's results were taken instead of running. */
  readonly skipped: boolean;
  readonly reason: string;
  readonly instances: string;
  readonly image: string;
  readonly trainingSeconds: number | undefined;
  readonly billableSeconds: number | undefined;
  readonly spotSavings: number | undefined;
  readonly logsUrl: string;
  readonly metrics: ReadonlyMap<string, number>;
  readonly results: readonly { readonly result: string; readonly files: number; readonly path: string }[];
}

export async function writeSummary(facts: SummaryFacts): Promise<void> {
  if (!process.env['GITHUB_STEP_SUMMARY']) return;
  await summary.addRaw(renderSummary(facts)).write();
}

/** The page's text. */
export function renderSummary(facts: SummaryFacts): string {
  const icon = facts.status === 'Completed' ? '✅' : facts.status === 'Stopped' ? '⏹️' : '❌';
  const rows: [string, string][] = [
    ['Job', code(facts.job) + (facts.skipped ? ' (taken: nothing has changed since)' : '')],
    ['Instances', escapeText(facts.instances)],
    ['Image', code(facts.image)],
    ['Training', duration(facts.trainingSeconds)],
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
    ({ result, files, path }) =>
      `<li>${escapeText(result)}: ${files} ${files === 1 ? 'file' : 'files'} in ${code(path)}</li>`,
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

/** `1 h 02 m 05 s`; nothing for an unknown time. */
function duration(seconds: number | undefined): string {
  if (seconds === undefined) return '';
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 0) return `${hours} h ${minutes} m ${rest} s`;
  return minutes > 0 ? `${minutes} m ${rest} s` : `${rest} s`;
}

function billed({ billableSeconds, spotSavings }: SummaryFacts): string {
  const saved = spotSavings !== undefined && spotSavings > 0 ? ` (spot saved ${spotSavings} %)` : '';
  return billableSeconds === undefined ? '' : duration(billableSeconds) + saved;
}

function code(text: string): string {
  return `<code>${escapeText(text)}</code>`;
}

/** HTML's special characters, and those that Markdown would act on inside of an HTML block or a heading. */
function escapeText(text: string): string {
  return text.replace(/[&<>"'`*_[\]()#@|~\\!:\r\n]/g, (character) => `&#${character.charCodeAt(0)};`);
}
