/** Finds out why a request got no answer, whichever client made it. */
import { ActionError } from '../core/errors.ts';
import { failureWords, isProxyFault, refusalWords, type Words } from './failure-words.ts';
import type { HttpProxy } from './proxies.ts';

/**
 * A request got no answer from the service. `code` is Node's: by it, the SDK and the action know what may succeed later.
 */
export class NetworkError extends ActionError {
  readonly code: string;

  constructor({ message, hint }: Words, code: string, cause: unknown) {
    super(message, hint, { cause });
    this.code = code;
  }
}

/** A proxy refused to connect to the host. `status` is its HTTP status. */
export class ProxyRefusal extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`The proxy answered CONNECT with HTTP ${status}.`);
    this.status = status;
  }
}

/** Undefined if the error is not one of the network. `url`: what was asked; `proxy`: by which proxy, if by one. */
export function networkError(error: unknown, url: URL, proxy: HttpProxy | undefined): NetworkError | undefined {
  if (error instanceof NetworkError) return error;
  // What aborted the request may be an error of the network, but of another request.
  if (error instanceof Error && error.name === 'AbortError') return undefined;
  const status = chain(error).flatMap(refusalStatus)[0];
  if (status !== undefined && proxy !== undefined) {
    const code = isProxyFault(status) ? 'ECONNREFUSED' : 'ERR_PROXY_REFUSED';
    return new NetworkError(refusalWords(status, url, proxy), code, error);
  }
  const failed = chain(error).find((each) => codeOf(each) !== undefined);
  const code = codeOf(failed);
  const words = code === undefined ? undefined : failureWords(code, failed, url, proxy);
  return code === undefined || words === undefined ? undefined : new NetworkError(words, code, failed);
}

/** The error with its causes and parts: Node tries a host's addresses one by one, and puts their errors into one. */
function chain(error: unknown): readonly Error[] {
  if (!(error instanceof Error)) return [];
  const parts = error instanceof AggregateError ? error.errors.slice(0, 1) : [];
  return [error, ...[error.cause, ...parts].flatMap(chain)];
}

function codeOf(error: Error | undefined): string | undefined {
  if (error === undefined) return undefined;
  if ('code' in error && typeof error.code === 'string' && error.code.startsWith('UND_ERR_'))
    return undiciCode(error.code);
  // The answer ended in its head.
  if ('code' in error && error.code === 'HPE_INVALID_EOF_STATE') return 'ECONNRESET';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Of https-proxy-agent, without a code.
  if (error.message.startsWith('Proxy connection ended')) return 'ECONNRESET';
  // The SDK's own limit for a connection or an answer has no code.
  return error.name === 'TimeoutError' ? 'ETIMEDOUT' : undefined;
}

function undiciCode(code: string): string | undefined {
  if (code === 'UND_ERR_SOCKET') return 'ECONNRESET';
  return /TIMEOUT/.test(code) ? 'ETIMEDOUT' : undefined;
}

/** The status by which a proxy refused, as this action's agents and undici say it. */
function refusalStatus(error: Error): readonly number[] {
  if (error instanceof ProxyRefusal) return [error.status];
  const [, status] = /^Proxy response \((\d{3})\)/.exec(error.message) ?? [];
  return status === undefined ? [] : [Number(status)];
}
