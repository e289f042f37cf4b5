/**
 * The variables by which @actions/artifact finds the proxy that this action's own rules give. Its two HTTP clients read
 * the variables by rules of their own, each by others:
 * https://github.com/actions/toolkit/blob/main/packages/http-client/src/proxy.ts,
 * https://github.com/Azure/azure-sdk-for-js/blob/main/sdk/core/ts-http-runtime/src/policies/proxyPolicy.ts
 */
import { isIP } from 'node:net';
import type { Proxies } from './proxies.ts';

const PROXY_NAMES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'];
const OWN = ['localhost', '.localhost', '127.0.0.1', '[::1]'];

/** `service`: the URL of the artifact service. The store of the artifacts' bytes is elsewhere, at an unknown host. */
export function libraryVariables(proxies: Proxies, service: URL): Record<string, string> {
  const proxy = proxies.ofScheme(service.protocol);
  const exempt = [...OWN, ...proxies.noProxy.split(/[\s,]+/).flatMap(entriesOf)];
  if (proxies.for(service) === undefined) exempt.push(service.hostname);
  const isForNone = proxy === undefined || exempt.includes('*');
  const named = Object.fromEntries(PROXY_NAMES.map((name) => [name, isForNone ? '' : proxy.url.href]));
  const noProxy = exempt.join(',');
  // Azure's client takes ALL_PROXY for each URL.
  return { ...named, ALL_PROXY: '', all_proxy: '', NO_PROXY: noProxy, no_proxy: noProxy };
}

/**
 * Azure's client knows no ports, and takes a name without a dot at its beginning for that host alone. Neither knows
 * networks (10.0.0.0/8).
 */
function entriesOf(entry: string): string[] {
  const [, host = entry, port] = isIP(entry) === 0 ? (/^(.+?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? []) : [];
  const name = host.replace(/^\*?\./, '');
  if (entry === '*' || name === '') return entry === '*' ? ['*'] : [];
  if (entry.includes('/')) return [];
  const isAddress = isIP(name.replace(/^\[|\]$/g, '')) !== 0;
  const hosts = isAddress ? [isIP(name) === 6 ? `[${name}]` : name] : [name, `.${name}`];
  return port === undefined || port === '443' ? hosts : hosts.map((each) => `${each}:${port}`);
}
