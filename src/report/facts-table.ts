/** What ran, how long, and what it cost. */

import { instances } from '../core/format.ts';
import { code, link, words } from '../core/markdown.ts';
import type { CostEstimate, JobReport } from './job-report.ts';
import { billedText, costText, secondsText, timeText } from './shown.ts';

/** An HTML table of what is known. */
export function factsTable(report: JobReport): string {
  const { job, cost, links } = report;
  const rows: readonly (readonly [name: string, html: string])[] = [
    ['Job', link(links.job, code(job.name))],
    ['Instances', words(instances({ ...job, instanceTypes: [job.instanceType] }))],
    ['Image', code(job.image)],
    ['Started', job.created === undefined ? '' : timeText(job.created)],
    ['Time', timeCell(report)],
    ['Billed', billedText(report)],
    ['Cost', cost === undefined ? '' : costCell(cost)],
  ];
  const cells = rows.filter(([, html]) => html !== '');
  return `<table>${cells.map(([name, html]) => `<tr><th align="left">${name}</th><td>${html}</td></tr>`).join('')}</table>`;
}

/** The pages of the job in AWS's console and of the run, in a line. */
export function linksLine({ links }: JobReport, withRun: boolean): string {
  const pages = [
    ...(withRun ? ([['Workflow run', links.run]] as const) : []),
    ...([
      ['SageMaker job', links.job],
      ['CloudWatch logs', links.logs],
      ['S3 folder', links.s3],
    ] as const),
  ];
  return pages
    .filter(([, url]) => url !== '')
    .map(([name, url]) => link(url, name))
    .join(' · ');
}

/** `45 m 2 s: 2 m 20 s waiting, 41 m 3 s training, …` */
function timeCell({ phases }: JobReport): string {
  if (phases.length === 0) return '';
  const names = [...new Set(phases.map(({ name }) => name))];
  const sum = (seconds: readonly number[]): number => seconds.reduce((total, each) => total + each, 0);
  const parts = names.map((name) => {
    const own = phases.filter((phase) => phase.name === name);
    const times = own.length > 1 ? ` (${own.length} times)` : '';
    return `${secondsText(sum(own.map(({ seconds }) => seconds)))} ${name}${times}`;
  });
  return `${secondsText(sum(phases.map(({ seconds }) => seconds)))}: ${parts.join(', ')}`;
}

function costCell(cost: CostEstimate): string {
  return `${words(costText(cost))}: an estimate by the ${words(cost.pricesOf)}, without storage and taxes`;
}
