/** Renders the comment on a pull request as Markdown: what the run's page shows, in short. */

import { COMMENT_CHARACTERS, fitSections, type Section } from '../core/fit-sections.ts';
import { instances } from '../core/format.ts';
import { code, words } from '../core/markdown.ts';
import { chartsOf } from './charts.ts';
import { linksLine } from './facts-table.ts';
import { failureBox, gateBox } from './failure-box.ts';
import { headline } from './headline.ts';
import type { JobReport, PreviousJob } from './job-report.ts';
import { metricsTable } from './metrics-table.ts';
import { artifactLinks } from './results-list.ts';
import { billedText, costText, timeText } from './shown.ts';

/** Rows of metrics that are open, that are shown at all, and that are if the comment is too long. */
const OPEN = 12;
const MOST_METRICS = 100;
const FEW = 10;
const MOST_CHARTS = 2;

/** The comment's body, of at most COMMENT_CHARACTERS. `commit`: what the run is about, if GitHub says so. */
export function renderComment(report: JobReport, commit?: string): string {
  const other = report.base ?? report.previous;
  const sections: readonly Section[] = [
    { name: 'headline', importance: 100, text: headline(report) },
    failureBox(report),
    gateBox(report),
    { name: 'metrics', importance: 80, text: metrics(report, other, MOST_METRICS), short: metrics(report, other, FEW) },
    { name: 'charts', importance: 40, text: chartsOf(report.metrics, MOST_CHARTS) },
    { name: 'what ran', importance: 70, text: `<p>${whatRan(report)}</p>` },
    { name: 'links', importance: 90, text: links(report) },
    { name: 'update', importance: 85, text: `<p><sub>${updated(report, commit)}</sub></p>` },
  ];
  return fitSections(sections, {
    most: COMMENT_CHARACTERS,
    size: (text) => text.length,
    note: (left) => `<p>✂️ Left out, because GitHub takes no longer comment: ${left.join(', ')}.</p>`,
  }).text;
}

function metrics({ metrics, base }: JobReport, other: PreviousJob | undefined, most: number): string {
  const title = other === base ? 'Base' : 'Last run';
  const table = metricsTable(metrics, other, { title, withRange: false, open: OPEN, most });
  if (other === undefined || !table.includes(`>${title}</th>`)) return table;
  const when = other.created === undefined ? '' : ` of ${timeText(other.created)}`;
  return `${table}<p><sub>${title}: ${code(other.job)}${when}</sub></p>`;
}

function whatRan(report: JobReport): string {
  const { job, skipped, cost } = report;
  const billed = billedText(report);
  const parts = [
    ...(skipped
      ? [`Results of ${code(job.name)}${job.created === undefined ? '' : ` of ${timeText(job.created)}`}`]
      : []),
    words(instances({ ...job, instanceTypes: [job.instanceType] })),
    ...(billed === '' ? [] : [`billed ${billed}`]),
    ...(cost === undefined ? [] : [`${words(costText(cost))}, an estimate by the ${words(cost.pricesOf)}`]),
  ];
  return parts.join(' · ');
}

function links(report: JobReport): string {
  const artifacts = artifactLinks(report.results);
  const line = linksLine(report, true);
  return `<p>${[line, ...(artifacts === '' ? [] : [`artifacts: ${artifacts}`])].filter((part) => part !== '').join(' · ')}</p>`;
}

/** GITHUB_SHA is not named: on a pull request it is a merge that no page of the pull request shows. */
function updated({ made }: JobReport, commit: string | undefined): string {
  return `Updated ${timeText(made)}${commit === undefined ? '' : ` for ${code(commit.slice(0, 7))}`}`;
}
