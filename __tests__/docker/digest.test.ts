/** Digests of images elsewhere, asked of a registry that has everybody get a token first, as Docker Hub does. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registryDigest } from '../../src/docker/registry-api.ts';
import { Network } from '../../src/network/network.ts';

const DIGEST = `sha256:${'d'.repeat(64)}`;

let server: Server;
let host = '';
/** What the token's address answers, and how the registry names it. */
let token = '';
let challenge = (): string => '';
beforeAll(async () => {
  server = createServer((request, answer) => {
    const url = new URL(request.url ?? '', 'http://host');
    if (url.pathname === '/token') return void answer.end(token.replace('QUERY', url.search));
    const isLetIn = request.headers.authorization === `Bearer ${encodeURI('?a=b&service=r&scope=s')}`;
    if (!isLetIn) return void answer.writeHead(401, { 'www-authenticate': challenge() }).end();
    const isThere =
      url.pathname === '/v2/group/name/manifests/1' && `${request.headers.accept}`.includes('oci.image.index');
    answer.writeHead(isThere ? 200 : 404, isThere ? { 'docker-content-digest': DIGEST } : {}).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const ask = (image: string): Promise<string | undefined> =>
  registryDigest(new Network({}), image, AbortSignal.timeout(20_000));

describe('a registry elsewhere', () => {
  const quoted = (): string => `Bearer realm="http://${host}/token?a=b",service="r",scope="s"`;
  it.each([
    ['{"token": "QUERY"}', quoted],
    ['{"access_token": "QUERY"}', () => `Bearer realm="http://${host}/token?a=b",service=r,scope=s`],
  ])('tells the digest to whom it gave %s', async (text, how) => {
    [token, challenge] = [text, how];
    expect(await ask(`${host}/group/name:1`)).toBe(DIGEST);
  });

  it.each([
    ['no JSON', '<html>', quoted],
    ['another token', '{"token": "x"}', quoted],
    ['no token', '{}', quoted],
    ['no address', '{"token": "QUERY"}', () => 'Bearer service="r"'],
    ['one without TLS', '{"token": "QUERY"}', () => 'Bearer realm="http://example.invalid/token"'],
    ['a password', '', () => 'Basic realm="r"'],
  ])('that wants or gives %s tells none', async (_, text, how) => {
    [token, challenge] = [text, how];
    expect(await ask(`${host}/group/name:1`)).toBeUndefined();
  });

  it('that has no such tag, or is not there, tells none', async () => {
    [token, challenge] = ['{"token": "QUERY"}', quoted];
    expect(await ask(`${host}/group/name:2`)).toBeUndefined();
    expect(await ask('127.0.0.1:9/group/name:1')).toBeUndefined();
  });

  it('is not asked what the name says', async () => {
    expect(await ask(`127.0.0.1:9/group/name@${DIGEST}`)).toBe(DIGEST);
  });
});
