/** Which proxy serves a URL: tables of values of the environment. */
import { describe, expect, it } from 'vitest';
import { ActionError } from '../../src/core/errors.ts';
import { type Environment, Proxies } from '../../src/network/proxies.ts';

const PROXY = 'http://proxy.corp:3128';

/** The proxy's host and the variable that names it, for a URL. */
function route(environment: Environment, url: string): string | undefined {
  const proxy = new Proxies(environment).for(new URL(url));
  return proxy && `${proxy.host} by ${proxy.variable}`;
}

describe('the proxy for a URL', () => {
  it.each<[Environment, string, string | undefined]>([
    [{}, 'https://a.test/', undefined],
    [{ HTTPS_PROXY: '' }, 'https://a.test/', undefined],
    [{ HTTPS_PROXY: ' ' }, 'https://a.test/', undefined],
    [{ HTTPS_PROXY: PROXY }, 'https://a.test/', 'proxy.corp:3128 by HTTPS_PROXY'],
    [{ HTTPS_PROXY: PROXY }, 'http://a.test/', undefined],
    [{ HTTP_PROXY: PROXY }, 'http://a.test/', 'proxy.corp:3128 by HTTP_PROXY'],
    [{ HTTP_PROXY: PROXY }, 'https://a.test/', undefined],
    [{ https_proxy: PROXY, HTTPS_PROXY: 'http://other' }, 'https://a.test/', 'proxy.corp:3128 by https_proxy'],
    [{ https_proxy: '', HTTPS_PROXY: PROXY }, 'https://a.test/', 'proxy.corp:3128 by HTTPS_PROXY'],
    [{ ALL_PROXY: PROXY }, 'https://a.test/', 'proxy.corp:3128 by ALL_PROXY'],
    [{ all_proxy: PROXY }, 'http://a.test/', 'proxy.corp:3128 by all_proxy'],
    [{ ALL_PROXY: PROXY, HTTPS_PROXY: 'http://other:1' }, 'https://a.test/', 'other:1 by HTTPS_PROXY'],
    [{ HTTPS_PROXY: 'proxy.corp:3128' }, 'https://a.test/', 'proxy.corp:3128 by HTTPS_PROXY'],
    [{ HTTPS_PROXY: 'proxy.corp' }, 'https://a.test/', 'proxy.corp:80 by HTTPS_PROXY'],
    [{ HTTPS_PROXY: '10.0.0.1:8080' }, 'https://a.test/', '10.0.0.1:8080 by HTTPS_PROXY'],
    [{ HTTPS_PROXY: 'https://proxy.corp/' }, 'https://a.test/', 'proxy.corp:443 by HTTPS_PROXY'],
    [{ HTTPS_PROXY: 'http://[fd00::1]:3128' }, 'https://a.test/', '[fd00::1]:3128 by HTTPS_PROXY'],
    [{ HTTPS_PROXY: 'user:p%40ss@proxy.corp:3128' }, 'https://a.test/', 'proxy.corp:3128 by HTTPS_PROXY'],
  ])('by %j serves %s: %s', (environment, url, expected) => {
    expect(route(environment, url)).toBe(expected);
  });

  it.each([
    'https://localhost:8443/',
    'https://aws.localhost/',
    'http://127.0.0.1:8765/',
    'http://127.9.9.9/',
    'http://[::1]:1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://169.254.170.2/v2/credentials',
    'http://[fd00:ec2::254]/',
  ])('is none for this machine itself: %s', (url) => {
    expect(route({ ALL_PROXY: PROXY }, url)).toBeUndefined();
  });
});

describe('NO_PROXY', () => {
  const exempts = (noProxy: string, url: string): boolean =>
    route({ ALL_PROXY: PROXY, NO_PROXY: noProxy }, url) === undefined;

  it.each([
    ['*', 'https://a.test/'],
    ['a.test', 'https://a.test/'],
    ['A.Test', 'https://a.TEST/'],
    ['a.test', 'https://b.a.test/'],
    ['.a.test', 'https://b.a.test/'],
    ['.a.test', 'https://a.test/'],
    ['*.a.test', 'https://b.a.test/'],
    ['x, a.test', 'https://a.test/'],
    ['x a.test', 'https://a.test/'],
    ['a.test:443', 'https://a.test/'],
    ['a.test:443', 'https://b.a.test/'],
    ['.a.test:8443', 'https://b.a.test:8443/'],
    ['a.test', 'https://a.test./'],
    ['a.test.', 'https://a.test/'],
    ['10.1.2.3', 'https://10.1.2.3/'],
    ['10.1.2.3:8080', 'http://10.1.2.3:8080/'],
    ['10.0.0.0/8', 'https://10.200.1.1/'],
    ['10.1.2.3/32', 'https://10.1.2.3/'],
    ['0.0.0.0/0', 'https://192.0.2.1/'],
    ['fd00::1', 'https://[fd00::1]/'],
    ['[fd00::1]', 'https://[fd00:0::1]/'],
    ['[fd00::1]:8443', 'https://[fd00::1]:8443/'],
    ['fd00::/8', 'https://[fd12::1]/'],
    ['[fd00::]/8', 'https://[fd12::1]/'],
    ['.amazonaws.com', 'https://bucket.s3.eu-west-1.amazonaws.com/'],
  ])('%s exempts %s', (noProxy, url) => {
    expect(exempts(noProxy, url)).toBe(true);
  });

  it.each([
    ['', 'https://a.test/'],
    [',', 'https://a.test/'],
    ['.', 'https://a.test/'],
    ['a.test', 'https://ba.test/'],
    ['a.test', 'https://a.test.evil/'],
    ['b.a.test', 'https://a.test/'],
    ['a.test:8443', 'https://a.test/'],
    ['a.test:443', 'http://a.test/'],
    ['10.1.2.3', 'https://10.1.2.30/'],
    ['10.1.2.3:8080', 'http://10.1.2.3/'],
    ['10.0.0.0/8', 'https://11.0.0.1/'],
    ['10.0.0.0/33', 'https://10.0.0.1/'],
    ['10.0.0.0/8', 'https://ten.test/'],
    ['[fd00::1]:8443', 'https://[fd00::1]/'],
    ['fd00::/8', 'https://[fe00::1]/'],
    ['test', 'https://10.0.0.1/'],
  ])('%j does not exempt %s', (noProxy, url) => {
    expect(exempts(noProxy, url)).toBe(false);
  });

  it('in small letters comes first', () => {
    const both = { ALL_PROXY: PROXY, no_proxy: 'a.test', NO_PROXY: 'b.test' };
    expect([route(both, 'https://a.test/'), route(both, 'https://b.test/')]).toEqual([
      undefined,
      'proxy.corp:3128 by ALL_PROXY',
    ]);
  });
});

describe('a value that names no proxy', () => {
  it.each<[Environment, string]>([
    [{ HTTPS_PROXY: 'http://' }, 'HTTPS_PROXY is not the URL of a proxy'],
    [{ https_proxy: 'http://proxy:99999' }, 'https_proxy is not the URL of a proxy'],
    [{ HTTP_PROXY: 'http://user:hunter2#x@proxy:1' }, 'HTTP_PROXY is not the URL of a proxy'],
    [{ HTTPS_PROXY: 'http://user:hunter2/x@proxy:1' }, 'HTTPS_PROXY is not the URL of a proxy'],
    [{ HTTPS_PROXY: 'http://hunter2/x@proxy:1' }, 'HTTPS_PROXY is not the URL of a proxy'],
    [{ HTTPS_PROXY: 'http://user:hunter2%zz@proxy:1' }, 'HTTPS_PROXY is not the URL of a proxy'],
    [{ ALL_PROXY: 'socks5://user:hunter2@proxy:1' }, 'ALL_PROXY names a proxy of the kind socks5://'],
  ])('%j is told without its password', (environment, message) => {
    const made = (): unknown => new Proxies(environment);
    expect(made).toThrow(message);
    try {
      made();
    } catch (error) {
      expect(error).toBeInstanceOf(ActionError);
      expect(`${(error as ActionError).message} ${(error as ActionError).hint}`).not.toContain('hunter2');
    }
  });
});

it("a proxy's password is a secret in each form", () => {
  const { secrets } = new Proxies({ HTTPS_PROXY: 'http://me:p%40ssword@proxy:1', HTTP_PROXY: 'me:abc@proxy:1' });
  expect(secrets).toEqual(['p%40ssword', 'p@ssword', Buffer.from('me:p@ssword').toString('base64')]);
});
