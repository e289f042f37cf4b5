/** Explains a job's failure by the checkout: what it has and the job did not get, and which line of it failed. */

import { resolve } from 'node:path';
import type { TaskFiles } from './config/check.ts';
import type { TaskSpec } from './config/spec.ts';
import { locator, nowhere } from './failure/locate.ts';
import type { JobEnd } from './report/report.ts';

export type Explain = JobEnd['explain'];

/** For a job whose code is perhaps not that of this checkout. */
export const unexplained: Explain = { lacks: async () => undefined, locate: nowhere };

/** Loads the search only for a job that failed. An error there must not hide the job's own. */
export function explainer({ code, channels }: TaskSpec, files: TaskFiles, workspace: string): Explain {
  const all = [...files.code, ...files.channels.flatMap((channel) => channel.files ?? [])];
  const paths = channels.map(({ name, source }) => [name, source.kind === 'local' ? source.path : undefined] as const);
  const sent = { code, channels: new Map(paths), files: all, workspace };
  const locate = locator(files.code, resolve(workspace));
  return {
    lacks: async (reason, lines) => {
      const { explainFailure } = await import('./code/explain.ts');
      return explainFailure(reason, lines, sent).catch(() => undefined);
    },
    locate: (frames) => locate(frames).catch(() => undefined),
  };
}
