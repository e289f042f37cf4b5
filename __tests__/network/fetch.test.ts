/** Requests by a proxy that does what proxies do, and one that hangs up. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Network } from '../../src/network/network.ts';

let server: Server;
let asked: string[] = [];
let onConnect: (socket: Socket) => void;
let onRequest: RequestListener;
beforeEach(async () => {
  asked = [];
  onRequest = (_, answer) => void answer.end('direct');
  server = createServer((request, answer) => onRequest(request, answer));
  server.on('connect', (request, socket: Socket) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    onConnect(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const port = (): number => (server.address() as AddressInfo).port;
const by = (userinfo: string): Network => {
  const proxy = `http://${userinfo}127.0.0.1:${port()}`;
  return new Network({ HTTP_PROXY: proxy, HTTPS_PROXY: proxy });
};
/** Answers inside the tunnel. */
const answers = (text: string) => (socket: Socket) => {
  socket.write('HTTP/1.1 200 OK\r\n\r\n');
  socket.once('data', () => socket.end(`HTTP/1.1 ${text}`));
};

describe('fetch', () => {
  it.each([
    ['', ''],
    ['me:p%40ss@', ` Basic ${Buffer.from('me:p@ss').toString('base64')}`],
    ['me@', ` Basic ${Buffer.from('me:').toString('base64')}`],
  ])('goes by a proxy with the user "%s"', async (userinfo, header) => {
    onConnect = answers('200 OK\r\ncontent-length: 2\r\n\r\nhi');
    const answer = await by(userinfo).fetch(new URL('http://a.test/x'));
    expect([await answer.text(), asked]).toEqual(['hi', [`a.test:80${header}`]]);
  });

  it('finds the way of each host that it is redirected to', async () => {
    onConnect = answers(`302 Found\r\nlocation: http://127.0.0.1:${port()}/\r\ncontent-length: 0\r\n\r\n`);
    const answer = await by('').fetch(new URL('http://a.test/x'));
    expect([await answer.text(), asked]).toEqual(['direct', ['a.test:80']]);
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['hangs up', (socket) => socket.end(), 'cut the connection'],
    ['breaks off', (socket) => socket.resetAndDestroy(), 'cut the connection'],
    ['wants a password', (socket) => socket.end('HTTP/1.1 407 No\r\n\r\n'), 'requires a user name'],
    ['finds no host', (socket) => socket.end('HTTP/1.1 502 No\r\n\r\n'), 'cannot connect to a.test'],
  ])('tells of a proxy that %s, at once', async (_, how, message) => {
    onConnect = how;
    await expect(by('').fetch(new URL('https://a.test/x'))).rejects.toThrow(message);
    expect(asked.length).toBe(1);
  });

  it('tells of a host that is not there', async () => {
    const url = new URL(`http://127.0.0.1:${port()}/`);
    await new Promise((resolve) => server.close(resolve));
    await expect(new Network({}).fetch(url)).rejects.toThrow(`The host ${url.host} refuses the connection`);
  });
});
