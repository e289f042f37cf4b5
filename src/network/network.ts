/** How this process reaches other hosts: by which proxies, and with which authorities of certificates. */
import { trustBundle } from './certificates.ts';
import { type NetworkError, networkError } from './failure.ts';
import type { RequestInit, Response } from './fetch.ts';
import { libraryVariables } from './library-variables.ts';
import { type Environment, type HttpProxy, Proxies } from './proxies.ts';

export type { HttpProxy };

export class Network {
  readonly #proxies: Proxies;

  /** Reads the variables. Throws an ActionError if one is wrong. */
  constructor(environment: Environment) {
    this.#proxies = new Proxies(environment);
    const bundle = environment['AWS_CA_BUNDLE']?.trim();
    if (bundle) trustBundle(bundle);
  }

  /** The passwords of the proxies. */
  get secrets(): readonly string[] {
    return this.#proxies.secrets;
  }

  /** Undefined: the host is reached directly. */
  proxyFor(url: URL): HttpProxy | undefined {
    return this.#proxies.for(url);
  }

  /** Throws a NetworkError if there is no answer. */
  async fetch(url: URL, init: RequestInit = {}): Promise<Response> {
    const { fetchBy } = await import('./fetch.ts');
    return fetchBy(this.#proxies, url, init);
  }

  /** The error in words, if the host gave no answer. */
  errorOf(error: unknown, url: URL): NetworkError | undefined {
    return networkError(error, url, this.proxyFor(url));
  }

  /** For @actions/artifact, which uses clients of its own. */
  variablesFor(service: URL): Record<string, string> {
    return libraryVariables(this.#proxies, service);
  }
}
