/**
 * Which proxy serves a URL, by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY. The names in small letters come first, as in
 * curl and Go: https://everything.curl.dev/usingcurl/proxies/env.html
 */
import { ActionError } from '../core/errors.ts';
import { readNoProxy, type Target } from './no-proxy.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface HttpProxy {
  /** With user name and password, percent-encoded. It is a secret. */
  readonly url: URL;
  /** Host and port, to be shown. */
  readonly host: string;
  /** The variable that names it. */
  readonly variable: string;
}

/** A shorter password is not masked: it may be an ordinary word. */
const SHORTEST = 4;

export class Proxies {
  readonly #https: HttpProxy | undefined;
  readonly #http: HttpProxy | undefined;
  readonly #isExempt: (target: Target) => boolean;
  readonly noProxy: string;

  /** Throws an ActionError if a value is not the URL of a proxy. */
  constructor(environment: Environment) {
    this.#https = readProxy(environment, 'HTTPS_PROXY', 'ALL_PROXY');
    this.#http = readProxy(environment, 'HTTP_PROXY', 'ALL_PROXY');
    this.noProxy = setting(environment, 'NO_PROXY')?.value ?? '';
    this.#isExempt = readNoProxy(this.noProxy);
  }

  /** The proxy for URLs of this scheme, whatever the host. */
  ofScheme(protocol: string): HttpProxy | undefined {
    return protocol === 'https:' ? this.#https : this.#http;
  }

  /** Undefined: the host is reached directly. */
  for(url: URL): HttpProxy | undefined {
    const proxy = this.ofScheme(url.protocol);
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    return proxy === undefined || this.#isExempt({ host: url.hostname, port }) ? undefined : proxy;
  }

  /** The passwords, in each form in which they may be printed. */
  get secrets(): string[] {
    const found = [this.#https, this.#http].flatMap((proxy) => {
      if (proxy === undefined) return [];
      const { username, password } = proxy.url;
      const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
      const isSecret = decodeURIComponent(password).length >= SHORTEST;
      return isSecret ? [password, decodeURIComponent(password), Buffer.from(pair).toString('base64')] : [];
    });
    return [...new Set(found)];
  }
}

function setting(
  environment: Environment,
  name: string,
): { readonly name: string; readonly value: string } | undefined {
  const found = [name.toLowerCase(), name].find((each) => environment[each]?.trim());
  return found === undefined ? undefined : { name: found, value: environment[found]?.trim() ?? '' };
}

/** The first of the variables that is set. */
function readProxy(environment: Environment, ...names: readonly string[]): HttpProxy | undefined {
  const found = names.flatMap((name) => setting(environment, name) ?? [])[0];
  if (found === undefined) return undefined;
  const { name: variable, value } = found;
  const url = parseProxy(variable, value);
  return {
    url,
    host: url.port === '' ? `${url.hostname}:${url.protocol === 'https:' ? 443 : 80}` : url.host,
    variable,
  };
}

/** The messages do not quote the value, because it may contain a password. */
function parseProxy(variable: string, value: string): URL {
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  if (url !== null && !['http:', 'https:'].includes(url.protocol)) {
    throw new ActionError(
      `${variable} names a proxy of the kind ${url.protocol}//, which the action cannot use.`,
      `Set ${variable} to an http:// or https:// proxy, or to nothing for this step.`,
    );
  }
  if (url === null || url.hostname === '' || /@/.test(url.pathname + url.search + url.hash) || !isDecodable(url)) {
    throw new ActionError(
      `${variable} is not the URL of a proxy.`,
      `Write http://HOST:PORT or http://USER:PASSWORD@HOST:PORT. In the password, write special characters as codes, ` +
        'for example %40 for "@", %23 for "#" and %25 for "%".',
    );
  }
  return url;
}

function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}
