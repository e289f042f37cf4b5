/**
 * Says in words why a request got no answer: which host failed, by which proxy, and what to do. The codes are Node's:
 * https://nodejs.org/api/errors.html#common-system-errors, https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
import type { HttpProxy } from './proxies.ts';

export interface Words {
  readonly message: string;
  readonly hint: string;
}

/** The hosts of AWS, in each partition. */
const AWS_HOST =
  /\.(amazonaws\.(com|com\.cn|eu)|api\.(aws|amazonwebservices\.(com\.cn|eu))|c2s\.ic\.gov|sc2s\.sgov\.gov)$/;

const UNKNOWN_ISSUER = new Set([
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'INVALID_CA',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
/** Whether the proxy itself could not connect, so that a later attempt may succeed. */
export function isProxyFault(status: number): boolean {
  return [502, 503, 504].includes(status);
}

/** A proxy refused to connect, with this HTTP status. It is NaN if the answer was not one of HTTP. */
export function refusalWords(status: number, url: URL, proxy: HttpProxy): Words {
  const name = `The proxy ${proxy.host} (${proxy.variable})`;
  if (Number.isNaN(status))
    return {
      message: `${name} does not answer as an HTTP proxy.`,
      hint: `Correct host and port in ${proxy.variable}.`,
    };
  if (status === 407) {
    const isNamed = proxy.url.username !== '';
    return {
      message: `${name} ${isNamed ? 'does not accept the user name and the password in its URL' : 'requires a user name and a password'} (HTTP 407).`,
      hint: `Set ${proxy.variable} to http://USER:PASSWORD@HOST:PORT. In the password, write special characters as codes, for example %40 for "@".`,
    };
  }
  return {
    message: `${name} ${isProxyFault(status) ? 'cannot connect' : 'refuses to connect'} to ${url.host} (HTTP ${status}).`,
    hint: `Allow the host in the proxy${nameRemedy(url)}. ${withoutProxy(url)}`,
  };
}

/** A request failed with this code. Undefined if the code is not one of the network. */
export function failureWords(
  code: string,
  error: Error | undefined,
  url: URL,
  proxy: HttpProxy | undefined,
): Words | undefined {
  if (/CERT|^INVALID_CA$|^UNABLE_TO_|^HOSTNAME_MISMATCH$/.test(code)) return certificateWords(code, url, error);
  if (/^(ERR_SSL_|EPROTO$)/.test(code)) {
    return {
      message: `${via(url, proxy)} does not speak TLS as expected (${code}).`,
      hint:
        proxy?.url.protocol === 'https:'
          ? `Write http:// in ${proxy.variable} if the proxy itself has no TLS.`
          : "A proxy or firewall may answer in its place. Set HTTPS_PROXY in the runner's environment if this network has a proxy.",
    };
  }
  const happened = happening(code);
  if (happened === undefined) return undefined;
  return {
    message: `${via(url, proxy)} ${happened} (${code}).`,
    hint: proxy === undefined ? directRemedy(code, url) : proxyRemedy(url, proxy),
  };
}

function happening(code: string): string | undefined {
  switch (code) {
    case 'ENOTFOUND':
      return 'cannot be found';
    case 'EAI_AGAIN':
      return 'cannot be looked up: the name server does not answer';
    case 'ECONNREFUSED':
      return 'refuses the connection';
    case 'ETIMEDOUT':
      return 'does not answer in time';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'cut the connection';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return 'cannot be reached from this network';
    case 'EACCES':
    case 'EPERM':
      return 'may not be reached from this machine';
    default:
      return undefined;
  }
}

/** What failed: the proxy, if the request went to one, because the connection is to the proxy. */
function via(url: URL, proxy: HttpProxy | undefined): string {
  return proxy === undefined
    ? `The host ${url.host}`
    : `The proxy ${proxy.host} (${proxy.variable}), which leads to ${url.host},`;
}

function directRemedy(code: string, url: URL): string {
  const isName = code === 'ENOTFOUND' || code === 'EAI_AGAIN';
  const first = isName && isAws(url) ? 'Check that "aws-region" is spelled correctly. ' : '';
  const endpoint = isAws(url) ? ' or create a VPC endpoint for the service' : '';
  const other = isAws(url)
    ? ''
    : 'Check whether a firewall blocks it and, if AWS_ENDPOINT_URL names it, whether the address is right. ';
  return `${first}${other}If this network has a proxy, set HTTPS_PROXY in the runner's environment${endpoint}. docs/network.md shows how.`;
}

function proxyRemedy(url: URL, proxy: HttpProxy): string {
  return `Correct ${proxy.variable}${nameRemedy(url)}. ${withoutProxy(url)}`;
}

/** The proxy looks the name up, so a wrong name is seen as its refusal. */
function nameRemedy(url: URL): string {
  return isAws(url) ? ', and check that "aws-region" is spelled correctly' : '';
}

function withoutProxy(url: URL): string {
  return `If the runner reaches the host without the proxy, add ${url.hostname} to NO_PROXY.`;
}

function isAws(url: URL): boolean {
  return AWS_HOST.test(url.hostname);
}

function certificateWords(code: string, url: URL, error: Error | undefined): Words {
  const host = url.host;
  if (UNKNOWN_ISSUER.has(code)) {
    return {
      message: `The certificate of ${host} is from an authority that this machine does not know (${code}).`,
      hint:
        'If a proxy or firewall of this network ends TLS, save the certificate of its authority (PEM) on the runner, and set ' +
        "NODE_EXTRA_CA_CERTS or AWS_CA_BUNDLE to the file's path in the runner's environment.",
    };
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return {
      message: `The certificate of ${host} ${code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet'} (${code}).`,
      hint: "Check the runner's clock. If it is right, the owner of the host, or of the proxy that ends TLS, must renew the certificate.",
    };
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    return {
      message: `The certificate of ${host} is for another name (${code}).`,
      hint:
        'A proxy or firewall may answer in the place of the host. Check HTTPS_PROXY, and the address in AWS_ENDPOINT_URL if one is set: ' +
        'the name in it must be one of the certificate.',
    };
  }
  return {
    message: `The certificate of ${host} is not accepted (${code}${error === undefined ? '' : `: ${error.message}`}).`,
    hint: 'Ask the owner of the host, or of the proxy that ends TLS, for a valid certificate.',
  };
}
