/** Uploads artifacts of the workflow run. Loads the client only for an upload, because it is large. */

import { ActionError } from '../core/errors.ts';
import type { Network } from '../network/network.ts';
import { notice } from './log.ts';

export interface ArtifactFiles {
  readonly name: string;
  readonly folder: string;
  /** Absolute paths of files, and of empty folders, which end in a slash. */
  readonly files: readonly string[];
  /** Where else they are: `in FOLDER`. */
  readonly kept: string;
  /** Undefined: as the repository's settings say. */
  readonly retentionDays: number | undefined;
  /** Of zlib: 0 to 9. */
  readonly compressionLevel: number;
}

export interface UploadedArtifact {
  readonly name: string;
  /** Bytes of the zip. */
  readonly bytes: number;
  /** GitHub's number of it. Undefined if the service does not say. */
  readonly id: number | undefined;
}

/** Where artifacts can be uploaded to. */
export type ArtifactService =
  | { readonly kind: 'there' }
  /** A runner without GitHub, such as act. */
  | { readonly kind: 'absent' }
  /** GitHub Enterprise Server has only the service of older clients. `server`: its URL. */
  | { readonly kind: 'enterprise'; readonly server: string };

/** Of a step with these variables. As @actions/artifact decides it: `isGhes` in its shared/config.ts. */
export function artifactService(env: Readonly<Record<string, string | undefined>>): ArtifactService {
  const server = env['GITHUB_SERVER_URL'] || 'https://github.com';
  const host = URL.parse(server)?.hostname.toLowerCase() ?? '';
  if (host !== 'github.com' && !host.endsWith('.ghe.com') && !host.endsWith('.localhost'))
    return { kind: 'enterprise', server };
  const isThere = Boolean(env['ACTIONS_RUNTIME_TOKEN']) && Boolean(env['ACTIONS_RESULTS_URL']);
  return { kind: isThere ? 'there' : 'absent' };
}

interface Way {
  readonly kept: string;
  readonly service: URL;
  readonly network: Network;
}

/** Uploads an artifact. Replaces an earlier one of this workflow job with the same name. */
export async function uploadArtifact(
  { name, folder, files, kept, retentionDays, compressionLevel }: ArtifactFiles,
  network: Network,
): Promise<UploadedArtifact> {
  const service = new URL(process.env['ACTIONS_RESULTS_URL'] ?? '');
  const way: Way = { kept, service, network };
  Object.assign(process.env, network.variablesFor(service));
  // The client uses `Buffer()` for a proxy's password, of which Node would warn in the log.
  process.noDeprecation = true;
  const { DefaultArtifactClient } = await import('@actions/artifact');
  const client = new DefaultArtifactClient();
  const options = { compressionLevel, ...(retentionDays !== undefined && { retentionDays }) };
  const upload = async (): Promise<UploadedArtifact> => {
    const { size = 0, id } = await client.uploadArtifact(name, [...files], folder, options);
    return { name, bytes: size, id };
  };
  try {
    return await upload();
  } catch (error) {
    if (!isConflict(error)) throw uploadError(name, error, way);
  }
  if (!(await isOfThisJob(name, way))) {
    throw new ActionError(
      `Another job of this workflow run has created the artifact ${name} already.`,
      'Set another "artifact-name" in one of the two, or set "upload-artifacts" to none.',
    );
  }
  try {
    await client.deleteArtifact(name);
    return await upload();
  } catch (error) {
    throw uploadError(name, error, way);
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof Error && /\(409\)|already exists/.test(error.message);
}

/**
 * Whether this workflow job created the artifact, in an earlier step or attempt. What it created in an earlier attempt may
 * have another job's ID. So from the second attempt on, only an artifact that another job made while this step ran is
 * known to be another one's.
 */
async function isOfThisJob(name: string, way: Way): Promise<boolean> {
  const { service, network } = way;
  const attempt = Number(process.env['GITHUB_RUN_ATTEMPT'] ?? '1');
  const token = process.env['ACTIONS_RUNTIME_TOKEN'] ?? '';
  const [run = '', job = ''] = backendIds(token);
  const url = new URL('/twirp/github.actions.results.api.v1.ArtifactService/ListArtifacts', service);
  const response = await network.fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ workflow_run_backend_id: run, workflow_job_run_backend_id: job, name_filter: name }),
  });
  if (!response.ok)
    throw uploadError(
      name,
      new Error(`the artifact service refused to list the artifacts (HTTP ${response.status})`),
      way,
    );
  const { artifacts = [] } = (await response.json()) as { artifacts?: ListedArtifact[] };
  const others = artifacts.filter((artifact) => artifact.workflow_job_run_backend_id !== job);
  if (artifacts.length > 0 && others.length === 0) return true;
  const since = Date.now() - process.uptime() * 1_000;
  if (attempt === 1 || others.some(({ created_at: created = '' }) => Date.parse(created) > since)) return false;
  notice(
    `The artifact ${name} exists already and is replaced, because this is attempt ${attempt} of the workflow run.`,
  );
  return true;
}

/** A part of what the service says: `ListArtifactsResponse.MonolithArtifact` of @actions/artifact. */
interface ListedArtifact {
  readonly workflow_job_run_backend_id?: string;
  readonly created_at?: string;
}

/** The run's and the job's IDs, from the token's scope `Actions.Results:RUN:JOB`, as @actions/artifact reads them. */
function backendIds(token: string): readonly string[] {
  const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || '{}') as {
    scp?: string;
  };
  const scope = (payload.scp ?? '').split(' ').find((part) => part.startsWith('Actions.Results:'));
  return scope?.split(':').slice(1) ?? [];
}

function uploadError(name: string, cause: unknown, { kept, service, network }: Way): ActionError {
  const { message } = cause as Error;
  const retry =
    'Run the workflow job again: it takes the results of a job that completed, without running it anew. Or set ' +
    '"upload-artifacts" to none.';
  const hint = OF_THE_NETWORK.test(message)
    ? `The runner must reach ${service.host} and GitHub's storage (*.blob.core.windows.net)${byProxy(service, network)}.`
    : retry;
  return new ActionError(`The artifact ${name} was not uploaded: ${message}`, `Its files are ${kept}. ${hint}`, {
    cause,
  });
}

/** The client says only so much of a request without an answer. */
const OF_THE_NETWORK = /\bE(NOTFOUND|AI_AGAIN|CONN\w+|TIMEDOUT|HOSTUNREACH|NETUNREACH)\b|certificate|tunneling socket/;

function byProxy(service: URL, network: Network): string {
  const proxy = network.proxyFor(service);
  return proxy === undefined
    ? '. If this network has a proxy, set HTTPS_PROXY in its environment'
    : ` by the proxy ${proxy.host} (${proxy.variable})`;
}
