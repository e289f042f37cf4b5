/** Results as artifacts of the workflow run. The client is loaded when there is something to upload: it is large. */

import { ActionError } from '../task/errors.ts';
import type { Result } from '../task/spec.ts';

export interface ArtifactFiles {
  readonly result: Result;
  readonly name: string;
  readonly folder: string;
  /** Absolute paths. */
  readonly files: readonly string[];
}

/** Whether this runner has an artifact service. */
export function hasArtifactService(): boolean {
  return Boolean(process.env['ACTIONS_RUNTIME_TOKEN']) && Boolean(process.env['ACTIONS_RESULTS_URL']);
}

/** Uploads one artifact; answers its size in bytes. */
export async function uploadArtifact({ name, folder, files }: ArtifactFiles): Promise<number> {
  const { DefaultArtifactClient } = await import('@actions/artifact');
  try {
    const { size } = await new DefaultArtifactClient().uploadArtifact(name, [...files], folder);
    return size ?? 0;
  } catch (error) {
    throw new ActionError(
      `The artifact ${name} was not uploaded: ${(error as Error).message}`,
      'An artifact of a name can be uploaded once a run: give the other step another "task", or set "upload-artifacts: none".',
      { cause: error },
    );
  }
}
