/**
 * A stand-in for GitHub's API: a server with comments, pull requests, statuses and tokens. It checks every request and each
 * of its own answers by GitHub's description (api-description.ts), and says in `problems` what was wrong. It has faults, one
 * after the other. Of GraphQL it knows only whose token it is.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerProblems, type Matched, match, requestProblems } from './api-description.ts';
import { type Answer, error, Store, type Token } from './api-store.ts';

export interface Fault {
  /** Of `METHOD /path`. Default: any request. */
  readonly on?: RegExp;
  /** How many requests. Default: one. */
  readonly times?: number;
  readonly how:
    | {
        readonly kind: 'answer';
        readonly status: number;
        readonly headers?: Record<string, string>;
        readonly body?: unknown;
      }
    /** `done`: the request has its effect first. */
    | { readonly kind: 'reset'; readonly done?: boolean }
    /** Half of the answer. */
    | { readonly kind: 'cut' }
    | { readonly kind: 'slow'; readonly ms: number }
    /** Something happens before it is answered. */
    | { readonly kind: 'before'; readonly act: () => void }
    /** Answered when all `times` of them are there. */
    | { readonly kind: 'together' };
}
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly userAgent: string;
}

export class ApiServer {
  readonly store = new Store();
  /** What was asked, in order. */
  readonly requests: Request[] = [];
  /** Where a request or an answer was not as GitHub describes it. */
  readonly problems: string[] = [];
  readonly #faults: { on: RegExp; times: number; how: Fault['how'] }[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response));
  }

  static async start(): Promise<ApiServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ApiServer(server);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** For GITHUB_API_URL. With `/api/v3` at its end it is that of GitHub Enterprise Server. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  fault({ on = /./, times = 1, how }: Fault): void {
    this.#faults.push({ on, times, how });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? '';
    const url = new URL(request.url ?? '', this.url);
    const path = url.pathname.replace(/^\/api\/v3(?=\/)/, '');
    const text = Buffer.concat((await request.toArray()) as Buffer[]).toString();
    const how = this.#faultOf(`${method} ${path}`);
    const note = (status: number): void => {
      this.requests.push({ method, path, status, userAgent: request.headers['user-agent'] ?? '' });
    };
    if (how?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, how.ms));
    if (how?.kind === 'before') how.act();
    if (how?.kind === 'together') await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (how?.kind === 'reset') {
      if (how.done === true) this.#answer(request, method, url, path, text);
      note(0);
      request.socket.resetAndDestroy();
      return;
    }
    const {
      status,
      data,
      headers = {},
    } = how?.kind === 'answer' ? { ...how, data: how.body } : this.#answer(request, method, url, path, text);
    note(status);
    const body = data === undefined ? '' : typeof data === 'string' ? data : JSON.stringify(data);
    const length = String(Buffer.byteLength(body));
    const type = typeof data === 'string' ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8';
    response.writeHead(status, {
      ...(body === '' ? {} : { 'content-type': type, 'content-length': length }),
      ...headers,
    });
    if (how?.kind !== 'cut') response.end(body);
    else response.write(body.slice(0, body.length / 2), () => request.socket.destroy());
  }

  #faultOf(request: string): Fault['how'] | undefined {
    const fault = this.#faults.find(({ on, times }) => times > 0 && on.test(request));
    if (fault === undefined) return undefined;
    fault.times -= 1;
    if (fault.how.kind === 'together' && fault.times === 0)
      setImmediate(() => this.#waiting.forEach((go) => void go()));
    return fault.how;
  }

  #answer(request: IncomingMessage, method: string, url: URL, path: string, text: string): Answer {
    const { authorization = '', 'user-agent': userAgent = '', accept = '' } = request.headers;
    if (userAgent === '' || !/json/.test(accept)) this.problems.push(`${method} ${path}: its headers`);
    const token = this.store.tokens.get(/^(?:token|Bearer) (\S+)$/.exec(authorization)?.[1] ?? '');
    if (token === undefined) return error(401, 'Bad credentials');
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    if (/^(\/api)?\/graphql$/.test(path)) return this.#viewer(body, token);
    const matched = match(method, path);
    if (matched === undefined) {
      this.problems.push(`${method} ${path}: no such operation`);
      return error(404, 'Not Found');
    }
    if (this.#check(matched, requestProblems(matched, url.searchParams, body))) return error(422, 'Invalid request.');
    const answer = this.store.answer(matched, url.searchParams, (body ?? {}) as Record<string, string>, token);
    this.#check(matched, answerProblems(matched, answer.status, answer.data));
    return answer;
  }

  #check({ id }: Matched, problems: readonly string[]): boolean {
    this.problems.push(...problems.map((problem) => `${id}: ${problem}`));
    return problems.length > 0;
  }

  #viewer(body: unknown, { login }: Token): Answer {
    const { query } = body as { query: string };
    if (query === '{viewer{login}}') return { status: 200, data: { data: { viewer: { login } } } };
    this.problems.push(`GraphQL: ${query}`);
    return { status: 200, data: { data: null, errors: [{ message: 'a query that no test needs' }] } };
  }
}
