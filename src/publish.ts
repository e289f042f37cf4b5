/** Shows a job's results on GitHub: artifacts and summary. */
import { relative } from 'node:path';
import type { Collected } from './collect.ts';
import { hasArtifactService, uploadArtifact } from './github/artifacts.ts';
import { info, notice } from './github/log.ts';
import type { TaskSpec } from './task/spec.ts';

/** Uploads those of the results that are wanted and hold something. */
export async function publishArtifacts(spec: TaskSpec, collected: readonly Collected[]): Promise<void> {
  const wanted = collected.filter(({ result, files }) => spec.artifacts.has(result) && files.length > 0);
  if (wanted.length === 0) return;
  if (!hasArtifactService()) {
    notice('This runner has no artifact service: nothing was uploaded.');
    return;
  }
  await Promise.all(
    wanted.map(async ({ result, folder, files }) => {
      const name = `${spec.artifactName}-${result}`;
      const bytes = await uploadArtifact({ result, name, folder, files });
      info(`Artifact ${name}: ${bytes} bytes`);
    }),
  );
}

/** A path as the summary shows it. */
export function shownPath(path: string, workspace: string): string {
  const shown = relative(workspace, path);
  return shown.startsWith('..') ? path : shown;
}
