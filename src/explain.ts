/** Explains a job's failure by what the checkout has and the job did not get. */

import type { TaskFiles } from './config/check.ts';
import type { TaskSpec } from './config/spec.ts';
import type { JobEnd } from './report/report.ts';

export type Explain = JobEnd['explain'];

/** For a job whose code is perhaps not that of this checkout. */
export const unexplained: Explain = async () => undefined;

/** Loads the search only for a job that failed. An error there must not hide the job's own. */
export function explainer({ code, channels }: TaskSpec, files: TaskFiles, workspace: string): Explain {
  const all = [...files.code, ...files.channels.flatMap((channel) => channel.files ?? [])];
  const paths = channels.map(({ name, source }) => [name, source.kind === 'local' ? source.path : undefined] as const);
  const sent = { code, channels: new Map(paths), files: all, workspace };
  return async (reason, lines) => {
    const { explainFailure } = await import('./code/explain.ts');
    return explainFailure(reason, lines, sent).catch(() => undefined);
  };
}
