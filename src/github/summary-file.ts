/** Writes the step's part of the job summary. */
import { summary } from '@actions/core';
import { redact } from './log.ts';

/** Adds Markdown to the job summary. Does nothing on a runner without summaries. */
export async function writeSummary(markdown: string): Promise<void> {
  if (!process.env['GITHUB_STEP_SUMMARY']) return;
  await summary.addRaw(redact(markdown)).write();
}
