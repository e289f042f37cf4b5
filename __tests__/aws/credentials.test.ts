/** What is told of the first call of AWS, by who answers it: STS, a fault of STS, or something in its place. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Connection } from '../../src/aws/connection.ts';
import { accountId, assumedRole } from '../../src/aws/credentials.ts';
import { Network } from '../../src/network/network.ts';

let server: Server;
let answer: readonly [status: number, body: string] = [200, ''];
beforeAll(async () => {
  server = createServer((_, response) => void response.writeHead(answer[0]).end(answer[1]));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => void server.close());
afterEach(() => vi.unstubAllEnvs());

const error = (code: string, type = 'Sender'): string =>
  `<ErrorResponse><Error><Type>${type}</Type><Code>${code}</Code><Message>${code}!</Message></Error></ErrorResponse>`;
const ask = (): Promise<string> => {
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const keys = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' };
  return accountId(new Connection('us-east-1', 'test', async () => keys, new Network({})), AbortSignal.timeout(20_000));
};
const assume = (): Promise<unknown> => {
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${port}`);
  const role = { roleArn: 'arn:aws:iam::123456789012:role/x', sessionName: 'x', region: 'us-east-1' };
  return assumedRole({
    ...role,
    network: new Network({}),
    token: async () => 'token',
    mask: () => {},
    tell: () => {},
  })();
};

describe('the answer', () => {
  const REFUSED = 'AWS does not accept the credentials: InvalidClientTokenId!';
  const ELSE = 'AWS STS cannot be asked, or the answer is not one of AWS';
  it.each<[string, number, string, string]>([
    ['a refusal of STS', 403, error('InvalidClientTokenId'), REFUSED],
    ["a firewall's page", 403, '<html><body>Blocked</body></html>', `${ELSE}: HTTP 403.`],
    ["a firewall's text", 403, 'Host not allowed', `${ELSE}: HTTP 403.`],
    ['an empty refusal', 403, '', `${ELSE}: HTTP 403.`],
    ['a redirect to a login', 302, '', `${ELSE}: HTTP 302.`],
    ['a login page', 200, '<html><body>Log in</body></html>', `${ELSE}: STS answered without an account.`],
    ['JSON', 404, '{}', `${ELSE}: HTTP 404.`],
  ])('%s', async (_, status, body, message) => {
    answer = [status, body];
    await expect(ask()).rejects.toThrow(message);
  });

  it.each<[string, number, string, string]>([
    ['a refusal of STS', 403, error('AccessDenied'), '(role-to-assume) cannot be assumed: AccessDenied!'],
    ["a firewall's page", 403, '<html><body>Blocked</body></html>', `${ELSE}: HTTP 403.`],
    ['a login page', 200, '<html><body>Log in</body></html>', ELSE],
  ])('%s to a role', async (_, status, body, message) => {
    answer = [status, body];
    await expect(assume()).rejects.toThrow(message);
  });
});
