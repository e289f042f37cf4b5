/** The first line of a page: what ended, and how. */

import { escapeText, words } from '../core/markdown.ts';
import type { JobReport } from './job-report.ts';

type Headed = Pick<JobReport, 'project' | 'task' | 'skipped' | 'job' | 'gate'>;

export function headline(report: Headed): string {
  const [icon, end] = ending(report);
  return `<h3>${icon} ${words(report.project)} / ${words(report.task)}: ${end}</h3>`;
}

/** An icon, and HTML. */
function ending({ skipped, job: { status }, gate }: Headed): readonly [icon: string, end: string] {
  const shown = skipped ? 'skipped' : escapeText(status);
  if (status === 'Completed' && gate.some(({ fails }) => fails))
    return ['❌', `${shown}, but <code>fail-if</code> fails`];
  if (skipped) return ['⏭️', shown];
  switch (status) {
    case 'Completed':
      return ['✅', shown];
    case 'Stopped':
      return ['⏹️', shown];
    case 'InProgress':
      return ['⏳', 'in progress'];
    default:
      return ['❌', words(status)];
  }
}
