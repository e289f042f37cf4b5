/**
 * GitHub's artifact service: a mock, for the service cannot be had, and act's own refuses today's clients. It speaks the
 * calls of @actions/artifact 6: Twirp in JSON, and block blobs.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

interface Artifact {
  readonly id: number;
  readonly name: string;
  /** The workflow job that made it. */
  readonly job: string;
  readonly created: Date;
  /** When it is removed, if the client says so. */
  readonly expires: string | undefined;
  readonly blocks: Map<string, Buffer>;
  bytes: Buffer;
  done: boolean;
}

interface Call {
  readonly name?: string;
  readonly size?: string;
  readonly hash?: string;
  readonly workflow_job_run_backend_id?: string;
  readonly workflowJobRunBackendId?: string;
  readonly expires_at?: string;
  readonly expiresAt?: string;
  readonly name_filter?: string;
  readonly nameFilter?: string;
}

const SERVICE = '/twirp/github.actions.results.api.v1.ArtifactService/';

export class ArtifactServer {
  #artifacts: Artifact[] = [];
  #made = 0;
  /** Artifacts of such names are cut in the middle of their bytes. */
  cut: RegExp | undefined;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      if (this.#isCut(request)) return void request.once('data', () => request.socket.resetAndDestroy());
      this.#answer(request).then(
        ([status, body]) => {
          response.writeHead(status, { 'content-type': 'application/json', etag: '"x"', 'x-ms-request-id': 'x' });
          response.end(JSON.stringify(body));
        },
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
  }

  static async start(): Promise<ArtifactServer> {
    const server = new ArtifactServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** The variables by which the client finds it. */
  get environment(): Record<string, string> {
    return this.environmentOf('job-1');
  }

  /** Those of another workflow job of the run. */
  environmentOf(job: string): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = [
      part({ alg: 'none' }),
      part({ scp: `Actions.Results:run-1:${job}`, exp: 4_000_000_000 }),
      'signature',
    ].join('.');
    return { ACTIONS_RESULTS_URL: `http://127.0.0.1:${port}/`, ACTIONS_RUNTIME_TOKEN: token };
  }

  /** Name → the zip's bytes. */
  get artifacts(): Map<string, Buffer> {
    return new Map(this.#artifacts.filter((artifact) => artifact.done).map(({ name, bytes }) => [name, bytes]));
  }

  /** Name → when the artifact is removed, of those whose client said so. */
  get expirations(): Map<string, string> {
    return new Map(this.#artifacts.flatMap(({ name, expires }) => (expires === undefined ? [] : [[name, expires]])));
  }

  /** Another workflow job makes an artifact. */
  add(name: string, job: string): void {
    this.#made += 1;
    const made = { id: this.#made, name, job, created: new Date(), expires: undefined, blocks: new Map() };
    this.#artifacts.push({ ...made, bytes: Buffer.alloc(0), done: true });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<[number, object]> {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const body = await buffer(request);
    if (!url.pathname.startsWith(SERVICE)) return this.#store(url, body);
    if (request.headers.authorization?.startsWith('Bearer ') !== true) return [401, { code: 'unauthenticated' }];
    const call = JSON.parse(body.toString()) as Call;
    const found = this.#artifacts.find((artifact) => artifact.name === call.name);
    switch (url.pathname.slice(SERVICE.length)) {
      case 'CreateArtifact': {
        if (found !== undefined)
          return [
            409,
            { code: 'already_exists', msg: 'an artifact with this name already exists on the workflow run' },
          ];
        this.#made += 1;
        const id = this.#made;
        const job = call.workflow_job_run_backend_id ?? call.workflowJobRunBackendId ?? '';
        this.#artifacts.push({
          id,
          name: call.name ?? '',
          job,
          created: new Date(),
          expires: call.expires_at ?? call.expiresAt,
          blocks: new Map(),
          bytes: Buffer.alloc(0),
          done: false,
        });
        return [200, { ok: true, signed_upload_url: `${url.origin}/blob/${id}?sig=signature-of-the-mock` }];
      }
      case 'FinalizeArtifact': {
        if (found === undefined) return [404, { code: 'not_found' }];
        const hash = `sha256:${createHash('sha256').update(found.bytes).digest('hex')}`;
        if (call.size !== String(found.bytes.length) || call.hash !== hash)
          return [400, { code: 'invalid_argument', msg: hash }];
        found.done = true;
        return [200, { ok: true, artifact_id: String(found.id) }];
      }
      case 'ListArtifacts': {
        const named = call.name_filter ?? call.nameFilter;
        const artifacts = this.#artifacts
          .filter(({ name }) => named === undefined || name === named)
          .map(({ id, name, job, bytes, created }) => ({
            ...{ workflow_run_backend_id: 'run-1', workflow_job_run_backend_id: job, database_id: String(id), name },
            size: String(bytes.length),
            created_at: created.toISOString(),
          }));
        return [200, { artifacts }];
      }
      case 'DeleteArtifact': {
        if (found === undefined) return [404, { code: 'not_found' }];
        this.#artifacts = this.#artifacts.filter((artifact) => artifact !== found);
        return [200, { ok: true, artifact_id: String(found.id) }];
      }
      default:
        return [404, { code: 'bad_route', msg: url.pathname }];
    }
  }

  #isCut({ url = '' }: IncomingMessage): boolean {
    const artifact = this.#artifacts.find(({ id }) => url.startsWith(`/blob/${id}?`));
    return artifact !== undefined && this.cut?.test(artifact.name) === true;
  }

  /** Put Block, Put Block List, Put Blob. */
  #store(url: URL, body: Buffer): [number, object] {
    const artifact = this.#artifacts.find(({ id }) => url.pathname === `/blob/${id}`);
    if (artifact === undefined) return [404, {}];
    const block = url.searchParams.get('blockid');
    if (block !== null) {
      artifact.blocks.set(block, body);
    } else if (url.searchParams.get('comp') === 'blocklist') {
      const ids = [...body.toString().matchAll(/<Latest>([^<]+)<\/Latest>/g)].map(([, id = '']) => id);
      artifact.bytes = Buffer.concat(ids.map((id) => artifact.blocks.get(id) ?? Buffer.alloc(0)));
    } else {
      artifact.bytes = body;
    }
    return [201, {}];
  }
}
