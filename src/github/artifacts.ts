/** Results as artifacts of the workflow run. The client is loaded when there is something to upload: it is large. */

import { ActionError } from '../task/errors.ts';
import type { Result } from '../task/spec.ts';
import { notice } from './log.ts';

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

/** Uploads one artifact, in place of an own earlier one of the name; answers its size in bytes. */
export async function uploadArtifact({ name, folder, files }: ArtifactFiles): Promise<number> {
  const { DefaultArtifactClient } = await import('@actions/artifact');
  const client = new DefaultArtifactClient();
  const upload = async (): Promise<number> => (await client.uploadArtifact(name, [...files], folder)).size ?? 0;
  try {
    return await upload();
  } catch (error) {
    if (!isConflict(error)) throw uploadError(name, error);
  }
  if (!(await isOwn(name))) {
    throw new ActionError(
      `The artifact ${name} was made by another job of this workflow run.`,
      'Give one of the two another "artifact-name", or set "upload-artifacts: none".',
    );
  }
  try {
    await client.deleteArtifact(name);
    return await upload();
  } catch (error) {
    throw uploadError(name, error);
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof Error && /\(409\)|already exists/.test(error.message);
}

/**
 * Whether an earlier step of this workflow job made it, by the service's own listing, or an earlier attempt: the service
 * does not tell an attempt's jobs apart from others, so from the second attempt on a name's owner is its last writer.
 */
async function isOwn(name: string): Promise<boolean> {
  const attempt = Number(process.env['GITHUB_RUN_ATTEMPT'] ?? '1');
  if (attempt > 1) {
    notice(`The artifact ${name} is replaced: this is attempt ${attempt} of the workflow run.`);
    return true;
  }
  const token = process.env['ACTIONS_RUNTIME_TOKEN'] ?? '';
  const [run = '', job = ''] = backendIds(token);
  const url = new URL(
    '/twirp/github.actions.results.api.v1.ArtifactService/ListArtifacts',
    process.env['ACTIONS_RESULTS_URL'],
  );
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ workflow_run_backend_id: run, workflow_job_run_backend_id: job, name_filter: name }),
  });
  if (!response.ok) throw uploadError(name, new Error(`its owner is not to be had: HTTP ${response.status}`));
  const { artifacts = [] } = (await response.json()) as { artifacts?: { workflow_job_run_backend_id?: string }[] };
  return artifacts.length > 0 && artifacts.every((artifact) => artifact.workflow_job_run_backend_id === job);
}

/** The run's and the job's ids, from the token's scope `Actions.Results:RUN:JOB`, as @actions/artifact reads them. */
function backendIds(token: string): readonly string[] {
  const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || '{}') as {
    scp?: string;
  };
  const scope = (payload.scp ?? '').split(' ').find((part) => part.startsWith('Actions.Results:'));
  return scope?.split(':').slice(1) ?? [];
}

function uploadError(name: string, cause: unknown): ActionError {
  return new ActionError(
    `The artifact ${name} was not uploaded: ${(cause as Error).message}`,
    'Run the workflow job again, or set "upload-artifacts: none".',
    { cause },
  );
}
