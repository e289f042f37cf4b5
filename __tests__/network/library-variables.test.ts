/** The variables for @actions/artifact, read by its two HTTP clients themselves, in a process of their own. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { libraryVariables } from '../../src/network/library-variables.ts';
import { type Environment, Proxies } from '../../src/network/proxies.ts';

const MODULES = join(import.meta.dirname, '..', '..', 'node_modules');
const of = (path: string): string => JSON.stringify(pathToFileURL(join(MODULES, path)).href);
const SERVICE = 'https://results.actions.test/';
const STORE = 'https://store1.blob.core.windows.net/';

/** [environment, the service's URL, the store's URL, the proxies that they are to be reached by] */
const ROWS: readonly (readonly [Environment, string, string, string, string])[] = [
  [{}, SERVICE, STORE, '', ''],
  [{ HTTPS_PROXY: 'p.test:1' }, SERVICE, STORE, 'p.test:1', 'p.test:1'],
  [{ https_proxy: 'http://p.test:1', HTTPS_PROXY: 'http://q.test:1' }, SERVICE, STORE, 'p.test:1', 'p.test:1'],
  [{ all_proxy: 'http://p.test:1' }, SERVICE, STORE, 'p.test:1', 'p.test:1'],
  [{ HTTP_PROXY: 'http://p.test:1' }, SERVICE, STORE, '', ''],
  [{ HTTPS_PROXY: 'http://p.test:1' }, 'http://results.test/', 'http://store.test/', '', ''],
  [{ HTTPS_PROXY: 'http://p.test:1', NO_PROXY: '*' }, SERVICE, STORE, '', ''],
  [{ HTTPS_PROXY: 'http://p.test:1', NO_PROXY: 'windows.net' }, SERVICE, STORE, 'p.test:1', ''],
  [{ HTTPS_PROXY: 'http://p.test:1', NO_PROXY: '.Windows.net' }, SERVICE, STORE, 'p.test:1', ''],
  [{ HTTPS_PROXY: 'http://p.test:1', NO_PROXY: '*.windows.net:443' }, SERVICE, STORE, 'p.test:1', ''],
  [{ HTTPS_PROXY: 'http://p.test:1', NO_PROXY: 'actions.test:443' }, SERVICE, STORE, '', 'p.test:1'],
  [{ HTTPS_PROXY: 'http://p.test:1', NO_PROXY: 'actions.test:8443' }, SERVICE, STORE, 'p.test:1', 'p.test:1'],
  [{ HTTPS_PROXY: 'http://p.test:1', NO_PROXY: '10.0.0.0/8' }, 'https://10.1.1.1/', 'https://10.1.1.1/x', '', ''],
  [{ HTTPS_PROXY: 'http://p.test:1' }, 'https://127.0.0.1:1/', 'https://localhost/', '', ''],
];

const SCRIPT = `
  import { getProxyUrl } from ${of('@actions/http-client/lib/proxy.js')};
  const found = [];
  for (const [variables, service, store] of JSON.parse(process.argv[1])) {
    Object.assign(process.env, variables);
    const { proxyPolicy } = await import(${of('@typespec/ts-http-runtime/dist/esm/policies/proxyPolicy.js')} + '?' + found.length);
    const request = { url: store };
    await proxyPolicy().sendRequest(request, async () => {});
    found.push([getProxyUrl(new URL(service))?.host ?? '', request.agent?.proxy.host ?? '']);
  }
  console.log(JSON.stringify(found));`;

describe('the clients of @actions/artifact', () => {
  const given = ROWS.map(([environment, service, store]) => [
    libraryVariables(new Proxies(environment), new URL(service)),
    service,
    store,
  ]);
  const text = execFileSync(process.execPath, ['--input-type=module', '-e', SCRIPT, JSON.stringify(given)], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  const found = JSON.parse(text) as readonly (readonly [string, string])[];
  it.each(ROWS.map((row, at) => [...row, at] as const))('with %j reach %s and %s by "%s" and "%s"', (...row) => {
    expect(found[row[5]]).toEqual([row[3], row[4]]);
  });
});
