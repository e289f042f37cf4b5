/** Prints the plan and writes it to the job summary. */

import { ActionError } from '../core/errors.ts';
import { info, inGroup, warning } from '../github/log.ts';
import { writeSummary } from '../github/summary-file.ts';
import { type Plan, planLines, renderPlan } from './plan.ts';

/** Throws an ActionError if the run would fail. */
export async function planReport(plan: Plan, withSummary: boolean): Promise<void> {
  const { request } = plan;
  for (const line of planLines(plan)) info(line);
  if (request !== undefined) await inGroup('CreateTrainingJob', async () => info(request));
  if (withSummary) await writeSummary(renderPlan(plan));
  for (const { part, text } of plan.checks.filter(({ state }) => state === 'doubtful')) warning(`${part}: ${text}`);
  const missing = plan.checks.filter(({ state }) => state === 'missing');
  if (missing.length === 0) return;
  throw new ActionError(
    `The run would fail:\n${missing.map(({ part, text }) => `- ${part}: ${text}`).join('\n')}`,
    'Nothing was created.',
  );
}
