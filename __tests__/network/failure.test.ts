/** What a user reads when a request got no answer. */
import { expect, it } from 'vitest';
import { networkError, ProxyRefusal } from '../../src/network/failure.ts';
import { Proxies } from '../../src/network/proxies.ts';

const STS = new URL('https://sts.eu-wst-1.amazonaws.com/');
const OTHER = new URL('https://aws.corp.test:8443/');
const proxied = (url: string) => new Proxies({ HTTPS_PROXY: url }).for(STS);
const PROXY = proxied('http://proxy.corp:3128');
const NAMED = proxied('http://me:secret-1@proxy.corp:3128');
const code = (value: string, message = value): Error => Object.assign(new Error(message), { code: value });

it.each<[string, unknown, URL, ReturnType<typeof proxied>, RegExp, RegExp]>([
  [
    'a name',
    code('ENOTFOUND'),
    STS,
    undefined,
    /^The host sts.eu-wst-1.amazonaws.com cannot be found \(ENOTFOUND\)/,
    /"aws-region".*HTTPS_PROXY.*VPC endpoint/,
  ],
  [
    'a name of no region',
    code('ENOTFOUND'),
    OTHER,
    undefined,
    /^The host aws.corp.test:8443 cannot be found/,
    /AWS_ENDPOINT_URL/,
  ],
  ['a name server', code('EAI_AGAIN'), STS, undefined, /name server does not answer/, /HTTPS_PROXY/],
  [
    "the proxy's name",
    code('ENOTFOUND'),
    STS,
    PROXY,
    /^The proxy proxy.corp:3128 \(HTTPS_PROXY\), which leads to sts.*cannot be found/,
    /Correct HTTPS_PROXY.*add sts.eu-wst-1.amazonaws.com to NO_PROXY/,
  ],
  ['a refusal', code('ECONNREFUSED'), OTHER, undefined, /aws.corp.test:8443 refuses the connection/, /firewall/],
  [
    'a proxy that refuses',
    code('ECONNREFUSED'),
    STS,
    PROXY,
    /^The proxy proxy.corp:3128 .* refuses the connection/,
    /Correct HTTPS_PROXY/,
  ],
  ['no answer', code('ETIMEDOUT'), STS, undefined, /does not answer in time/, /VPC endpoint/],
  [
    "the SDK's own limit",
    Object.assign(new Error('no connection'), { name: 'TimeoutError' }),
    STS,
    undefined,
    /in time \(ETIMEDOUT\)/,
    /HTTPS_PROXY/,
  ],
  ['a cut', code('ECONNRESET', 'socket hang up'), STS, undefined, /cut the connection/, /HTTPS_PROXY/],
  ['no route', code('ENETUNREACH'), STS, undefined, /cannot be reached/, /HTTPS_PROXY/],
  [
    'all addresses',
    Object.assign(new AggregateError([code('EHOSTUNREACH')]), { code: 'EHOSTUNREACH' }),
    STS,
    undefined,
    /cannot be reached/,
    /HTTPS_PROXY/,
  ],
  [
    "fetch's cause",
    new TypeError('fetch failed', { cause: code('ENOTFOUND') }),
    STS,
    undefined,
    /cannot be found/,
    /HTTPS_PROXY/,
  ],
  [
    "fetch's socket",
    new TypeError('fetch failed', { cause: code('UND_ERR_SOCKET') }),
    STS,
    undefined,
    /cut the connection/,
    /./,
  ],
  [
    'an unknown authority',
    code('SELF_SIGNED_CERT_IN_CHAIN'),
    STS,
    PROXY,
    /^The certificate of sts.*authority/,
    /NODE_EXTRA_CA_CERTS or AWS_CA_BUNDLE/,
  ],
  [
    'an authority that is missing',
    code('UNABLE_TO_GET_ISSUER_CERT_LOCALLY'),
    STS,
    undefined,
    /authority/,
    /AWS_CA_BUNDLE/,
  ],
  ['an old certificate', code('CERT_HAS_EXPIRED'), STS, undefined, /has expired/, /clock/],
  ['a certificate of tomorrow', code('CERT_NOT_YET_VALID'), STS, undefined, /not valid yet/, /clock/],
  ['a wrong name', code('ERR_TLS_CERT_ALTNAME_INVALID'), OTHER, undefined, /for another name/, /AWS_ENDPOINT_URL/],
  [
    'another certificate',
    code('CERT_REVOKED', 'revoked'),
    STS,
    undefined,
    /not accepted \(CERT_REVOKED: revoked\)/,
    /owner/,
  ],
  ['no TLS', code('ERR_SSL_WRONG_VERSION_NUMBER'), STS, undefined, /does not speak TLS/, /HTTPS_PROXY/],
  [
    'no TLS of the proxy',
    code('EPROTO'),
    STS,
    proxied('https://proxy.corp'),
    /proxy.corp:443.*does not speak TLS/,
    /http:\/\/ in HTTPS_PROXY/,
  ],
  [
    'a proxy that hangs up',
    new Error('Proxy connection ended before receiving CONNECT response'),
    STS,
    PROXY,
    /^The proxy proxy.corp:3128 .* cut the connection/,
    /Correct HTTPS_PROXY/,
  ],
  ['another program', new ProxyRefusal(Number.NaN), STS, PROXY, /does not answer as an HTTP proxy/, /host and port/],
  ['407', new ProxyRefusal(407), STS, PROXY, /proxy.corp:3128 \(HTTPS_PROXY\) requires a user name/, /USER:PASSWORD@/],
  ['407 with a password', new ProxyRefusal(407), STS, NAMED, /does not accept the user name and the password/, /%40/],
  [
    '403',
    new ProxyRefusal(403),
    STS,
    PROXY,
    /refuses to connect to sts.* \(HTTP 403\)/,
    /Allow the host.*"aws-region".*NO_PROXY/,
  ],
  ['502', new ProxyRefusal(502), STS, PROXY, /cannot connect to sts.* \(HTTP 502\)/, /NO_PROXY/],
  [
    "undici's words",
    new TypeError('fetch failed', { cause: new Error('Proxy response (403) !== 200 when HTTP Tunneling') }),
    STS,
    PROXY,
    /refuses to connect/,
    /Allow/,
  ],
])('%s', (_, error, url, proxy, message, hint) => {
  const told = networkError(error, url, proxy);
  expect(told?.message).toMatch(message);
  expect(told?.hint).toMatch(hint);
  expect(`${told?.message}${told?.hint}`).not.toContain('secret-1');
});

it.each([
  ['an abort', Object.assign(new Error('aborted', { cause: code('ENOTFOUND') }), { name: 'AbortError' })],
  ["a service's answer", Object.assign(new Error('denied'), { name: 'AccessDenied', $fault: 'client' })],
  ['a defect', new TypeError('x is not a function')],
  ['an error of the disk', code('ENOENT')],
])('%s is none of the network', (_, error) => {
  expect(networkError(error, STS, PROXY)).toBeUndefined();
});

it.each([
  ['ENOTFOUND', code('ENOTFOUND'), 'ENOTFOUND'],
  ['a proxy that cannot connect', new ProxyRefusal(503), 'ECONNREFUSED'],
  ['a proxy that wants a password', new ProxyRefusal(407), 'ERR_PROXY_REFUSED'],
])('%s keeps a code by which the SDK retries or not', (_, error, expected) => {
  expect(networkError(error, STS, PROXY)?.code).toBe(expected);
});
