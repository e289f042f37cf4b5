/**
 * Sends the SDK's requests: by the proxy that serves the host, since the SDK itself reads no proxy from the environment.
 * A request without an answer fails with a NetworkError, whose `code` tells the SDK whether to try again.
 */
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';
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
const SILENCE_MS = 60_000;

export class RequestHandler extends NodeHttpHandler {
  readonly #network: Network;
  readonly #options: HandlerOptions;
  readonly #byProxy = new Map<HttpProxy, Promise<NodeHttpHandler>>();
  readonly #updates: Updated[] = [];

  constructor(network: Network, options: HandlerOptions = {}) {
    super({ ...settings(options), httpAgent: sockets(options), httpsAgent: sockets(options) });
    this.#network = network;
    this.#options = options;
  }

  override async handle(...[request, options]: Parameters<Handle>): ReturnType<Handle> {
    const port = request.port === undefined ? '' : `:${request.port}`;
    const url = new URL(`${request.protocol}//${request.hostname}${port}`);
    const proxy = this.#network.proxyFor(url);
    try {
      if (proxy === undefined) return await super.handle(request, options);
      const answer = await (await this.#handlerOf(proxy)).handle(request, options);
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
    super.destroy();
    for (const handler of this.#byProxy.values()) void handler.then((each) => each.destroy());
  }

  #handlerOf(proxy: HttpProxy): Promise<NodeHttpHandler> {
    const handler = this.#byProxy.get(proxy) ?? this.#newHandler(proxy);
    this.#byProxy.set(proxy, handler);
    return handler;
  }

  async #newHandler(proxy: HttpProxy): Promise<NodeHttpHandler> {
    const { proxyAgents } = await import('../network/agents.ts');
    const handler = new NodeHttpHandler({ ...settings(this.#options), ...proxyAgents(proxy, sockets(this.#options)) });
    for (const update of this.#updates) handler.updateHttpClientConfig(...update);
    return handler;
  }
}

function settings({ maxSockets, ...options }: HandlerOptions): NodeHttpHandlerOptions {
  const connection = maxSockets === undefined ? { connectionTimeout: CONNECTION_MS } : {};
  return { socketTimeout: SILENCE_MS, ...connection, ...options };
}

function sockets({ maxSockets = 50 }: HandlerOptions) {
  return { keepAlive: true, maxSockets };
}
