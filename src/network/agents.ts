/** Node's agents for requests by a proxy. */
import type { Agent, AgentOptions, ClientRequest } from 'node:http';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { ProxyRefusal } from './failure.ts';
import type { HttpProxy } from './proxies.ts';

export interface Agents {
  readonly httpAgent: Agent;
  readonly httpsAgent: Agent;
}

/** A request fails with a ProxyRefusal if the proxy does not connect: its answer must not be taken for the host's. */
export function proxyAgents({ url }: HttpProxy, options: AgentOptions): Agents {
  const httpsAgent = new HttpsProxyAgent(url, options);
  httpsAgent.on('proxyConnect', ({ statusCode }: { statusCode: number }, request: ClientRequest) => {
    if (statusCode !== 200) request.destroy(new ProxyRefusal(statusCode));
  });
  return { httpAgent: new HttpProxyAgent(url, options), httpsAgent };
}
