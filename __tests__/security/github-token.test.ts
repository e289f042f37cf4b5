/** What others can do with the token for GitHub, and with what the action writes there. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, vi } from 'vitest';
import { upsertComment } from '../../src/github/comment.ts';
import { markerOf } from '../../src/github/comment-marker.ts';
import { openPullRequest } from '../../src/github/find-pull-request.ts';
import { serverOfEachTest } from '../github/api-access.ts';
import { BOT } from '../github/api-store.ts';
import { Tally } from './tally.ts';

const tally = new Tally('the token for GitHub');
const held = serverOfEachTest();
const RUN = { id: '17', attempt: 1 };
const KEY = 'pr-12/p/train';
const MARKER = markerOf(KEY, RUN);

let elsewhere: Server;
/** What another host was sent: its headers and bodies. */
let sent = '';
beforeEach(async () => {
  sent = '';
  elsewhere = createServer((request, response) => {
    sent += JSON.stringify(request.headers);
    request.on('data', (chunk: Buffer) => {
      sent += chunk.toString();
    });
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('[]'));
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  elsewhere.closeAllConnections();
  elsewhere.close();
});
const other = (): string => `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/x`;
/** What the step tells, if it fails. */
const write = async (): Promise<string> => {
  try {
    await upsertComment({ ...held.access(), key: KEY, run: RUN, number: 12, body: 'text' });
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('an answer of the API', () => {
  tally.attack('sends the token to another host', [301, 302, 303, 307, 308], async (status) => {
    held.server.fault({ times: 99, how: { kind: 'answer', status, headers: { location: other() }, body: {} } });
    await write();
    return sent.includes('ghs_writer');
  });
  tally.attack('has the step ask another host for more', ['next', 'last'], async (rel) => {
    for (let at = 0; at < 100; at += 1) held.server.store.add(BOT, 'x');
    const headers = { link: `<${other()}>; rel="${rel}"` };
    const body = Array.from({ length: 100 }, (_, at) => ({ id: at + 1, url: other(), html_url: other() }));
    held.server.fault({ on: /GET .*comments/, how: { kind: 'answer', status: 200, headers, body } });
    await write();
    return sent !== '';
  });
  tally.attack('is printed by the client, past the log', ['##[error]x', '::error::x'], async (sunset) => {
    const printed = (['debug', 'info', 'log', 'warn', 'error'] as const).map((name) => vi.spyOn(console, name));
    const headers = { link: `<${other()}>; rel="deprecation"`, deprecation: 'true', sunset };
    held.server.fault({ on: /GET .*comments/, how: { kind: 'answer', status: 200, headers, body: [] } });
    await write();
    const calls = printed.flatMap(({ mock }) => mock.calls);
    vi.restoreAllMocks();
    return calls.length > 0;
  });
  const TEXTS = [
    '\n::error::x',
    '\r##[error]x',
    '\u2028::add-mask::x',
    '\u0085::x',
    '\0\u001b[31m',
    'x'.repeat(1_000_000),
  ];
  tally.attack('brings a line, or no end, into what the step tells', TEXTS, async (message) => {
    held.server.fault({ how: { kind: 'answer', status: 422, body: { message, errors: [{ message }] } } });
    const told = await write();
    expect(told).toContain('could not comment');
    return /[\p{Cc}\p{Zl}\p{Zp}]/u.test(told) || told.length > 1000;
  });
});

describe("somebody's comment", () => {
  const AUTHORS = ['somebody', 'github-actions', 'GITHUB-ACTIONS', 'github-actions[bot] ', 'github-actions[bot]x', ''];
  tally.attack("with the task's marker becomes the task's", AUTHORS, async (author) => {
    const theirs = held.server.store.add(author === '' ? undefined : author, `${MARKER}\ntheirs`);
    await write();
    await write();
    return theirs.body !== `${MARKER}\ntheirs` || held.server.store.comments.length !== 2;
  });
  tally.attack("with the number of a run to come stops the task's", ['18', '9'.repeat(20)], async (id) => {
    held.server.store.add('somebody', `${markerOf(KEY, { id, attempt: 9 })}\ntheirs`);
    await write();
    return !held.server.store.comments.some(({ body }) => body === `${MARKER}\ntext`);
  });
  const QUOTES = [`x ${MARKER}`, `> ${MARKER}`, `\n${MARKER}`, ` ${MARKER}`, `${MARKER}x`, `\ufeff${MARKER}`];
  tally.attack('of another program, which quotes the marker, is changed', QUOTES, async (body) => {
    const quoting = held.server.store.add(BOT, body);
    await write();
    return quoting.body !== body;
  });
});

describe('a pull request of another repository', () => {
  tally.attack('gets the comment of a commit', ['other/repo', 'org/repo2', 'org', '', 'xorg/repo'], async (base) => {
    held.server.store.pulls.splice(0, 1, { number: 12, head: 'f'.repeat(40), state: 'open', base });
    return (await openPullRequest(held.access(), 'f'.repeat(40))) !== undefined;
  });
});
