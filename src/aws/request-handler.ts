/**
 * Sends the SDK's requests: by the proxy that serves the host, since the SDK itself reads no proxy from the environment.
 * A request without an answer fails with a NetworkError, whose `code` tells the SDK whether to try again.
 */
import { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';
import type { Agents } from '../network/agents.ts';
import { ProxyRefusal } from '../network/failure.ts';
import type { HttpProxy, Network } from '../network/network.ts';

type Handle = NodeHttpHandler['handle'];
type Updated = Parameters<NodeHttpHandler['updateHttpClientConfig']>;

export interface HandlerOptions {
  readonly requestTimeout?: number;
  readonly throwOnRequestTimeout?: boolean;
  /** How many connections to a host may be open, if more requests are sent at once than the SDK's default of 50. */
  readonly maxSockets?: number;
}

/**
 * A firewall may drop packets without an answer. The system's own limit is two minutes for each attempt. The SDK counts the
 * time in which a request waits for a free socket, too. So a client with many requests at once has no limit of its own.
 */
const CONNECTION_MS = 10_000;
/**
 * How long nothing may come or go while a request is under way: as long as AWS's other clients wait (`read_timeout` in
 * https://docs.aws.amazon.com/botocore/latest/reference/config.html). Else an answer that is lost is waited for without end.
 */
export const SILENCE_MS = 60_000;

/** A way to a host: its connections, and what sends the SDK's requests by them. */
interface Way {
  readonly agents: Agents;
  readonly handler: NodeHttpHandler;
}

export class RequestHandler extends NodeHttpHandler {
  readonly #network: Network;
  readonly #options: HandlerOptions;
  readonly #agents: Agents;
  readonly #byProxy = new Map<HttpProxy, Promise<Way>>();
  readonly #updates: Updated[] = [];

  constructor(network: Network, options: HandlerOptions = {}) {
    const agents = { httpAgent: new Agent(sockets(options)), httpsAgent: new HttpsAgent(sockets(options)) };
    super({ ...settings(options), ...agents });
    this.#agents = agents;
    this.#network = network;
    this.#options = options;
  }

  /** The connections by which a request for the URL goes. */
  async agentFor(url: URL): Promise<Agent> {
    const proxy = this.#network.proxyFor(url);
    const agents = proxy === undefined ? this.#agents : (await this.#wayBy(proxy)).agents;
    return url.protocol === 'https:' ? agents.httpsAgent : agents.httpAgent;
  }

  override async handle(...[request, options]: Parameters<Handle>): ReturnType<Handle> {
    const port = request.port === undefined ? '' : `:${request.port}`;
    const url = new URL(`${request.protocol}//${request.hostname}${port}`);
    const proxy = this.#network.proxyFor(url);
    try {
      if (proxy === undefined) return await super.handle(request, options);
      const answer = await (await this.#wayBy(proxy)).handler.handle(request, options);
      // Without TLS, the proxy's own answer comes as if it were the host's.
      if (answer.response.statusCode === 407) throw new ProxyRefusal(407);
      return answer;
    } catch (error) {
      throw this.#network.errorOf(error, url) ?? error;
    }
  }

  override updateHttpClientConfig(...update: Updated): void {
    super.updateHttpClientConfig(...update);
    this.#updates.push(update);
  }

  override destroy(): void {
    // The SDK's handlers close connections only after a request of their own.
    close(this.#agents);
    for (const way of this.#byProxy.values()) void way.then(({ agents }) => close(agents));
  }

  #wayBy(proxy: HttpProxy): Promise<Way> {
    const way = this.#byProxy.get(proxy) ?? this.#newWay(proxy);
    this.#byProxy.set(proxy, way);
    return way;
  }

  async #newWay(proxy: HttpProxy): Promise<Way> {
    const { proxyAgents } = await import('../network/agents.ts');
    const agents = proxyAgents(proxy, sockets(this.#options));
    const handler = new NodeHttpHandler({ ...settings(this.#options), ...agents });
    for (const update of this.#updates) handler.updateHttpClientConfig(...update);
    return { agents, handler };
  }
}

function close({ httpAgent, httpsAgent }: Agents): void {
  httpAgent.destroy();
  httpsAgent.destroy();
}

function settings({ maxSockets, ...options }: HandlerOptions): NodeHttpHandlerOptions {
  const connection = maxSockets === undefined ? { connectionTimeout: CONNECTION_MS } : {};
  return { socketTimeout: SILENCE_MS, ...connection, ...options };
}

function sockets({ maxSockets = 50 }: HandlerOptions) {
  return { keepAlive: true, maxSockets };
}
