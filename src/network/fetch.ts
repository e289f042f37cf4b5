/** `fetch` by the proxy that serves a URL, and each URL that it redirects to. Node's own reads no proxy or, by other rules, one. */
import {
  Agent,
  type buildConnector,
  Dispatcher,
  Pool,
  ProxyAgent,
  type RequestInit,
  type Response,
  fetch as undiciFetch,
} from 'undici';
import { networkError } from './failure.ts';
import type { HttpProxy, Proxies } from './proxies.ts';

export type { RequestInit, Response };

const ANSWER_MS = 30_000;

/** Throws a NetworkError if there is no answer. */
export async function fetchBy(proxies: Proxies, url: URL, init: RequestInit): Promise<Response> {
  try {
    return await undiciFetch(url, {
      signal: AbortSignal.timeout(ANSWER_MS),
      ...init,
      dispatcher: dispatcherOf(proxies),
    });
  } catch (error) {
    throw networkError(error, url, proxies.for(url)) ?? error;
  }
}

const dispatchers = new WeakMap<Proxies, Dispatcher>();

function dispatcherOf(proxies: Proxies): Dispatcher {
  const dispatcher = dispatchers.get(proxies) ?? new Routed(proxies);
  dispatchers.set(proxies, dispatcher);
  return dispatcher;
}

class Routed extends Dispatcher {
  readonly #proxies: Proxies;
  readonly #direct = new Agent();
  readonly #byProxy = new Map<HttpProxy, ProxyAgent>();

  constructor(proxies: Proxies) {
    super();
    this.#proxies = proxies;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandlers): boolean {
    const proxy = this.#proxies.for(new URL(String(options.origin)));
    return (proxy === undefined ? this.#direct : this.#agentOf(proxy)).dispatch(options, handler);
  }

  #agentOf(proxy: HttpProxy): ProxyAgent {
    const agent = this.#byProxy.get(proxy) ?? new ProxyAgent(settings(proxy));
    this.#byProxy.set(proxy, agent);
    return agent;
  }
}

/** undici by itself sends no user name without a password. */
function settings({ url }: HttpProxy): ProxyAgent.Options {
  const uri = Object.assign(new URL(url), { username: '', password: '' }).href;
  if (url.username === '') return { uri, factory };
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { uri, token: `Basic ${Buffer.from(pair).toString('base64')}`, factory };
}

/** undici asks a proxy that hangs up again and again, without end, unless the error has another code (seen with 6.29). */
function factory(origin: URL, options: { readonly connect?: buildConnector.connector }): Dispatcher {
  const { connect, ...others } = options;
  if (connect === undefined) return new Pool(origin, others);
  const once: buildConnector.connector = (target, callback) =>
    connect(target, (...[error, socket]) => {
      if (error === null) callback(error, socket);
      else callback(new Error('The proxy gave no connection.', { cause: error }), null);
    });
  return new Pool(origin, { ...others, connect: once });
}
