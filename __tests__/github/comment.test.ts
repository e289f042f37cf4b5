/** A task's comment, by real requests to a server that checks them by GitHub's description of its API. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { COMMENT_CHARACTERS } from '../../src/core/fit-sections.ts';
import { GitHubError } from '../../src/github/api-failure.ts';
import { type Upserted, upsertComment } from '../../src/github/comment.ts';
import { type ContentRun, markerOf } from '../../src/github/comment-marker.ts';
import { maskSecrets } from '../../src/github/log.ts';
import { NetworkError } from '../../src/network/failure.ts';
import { Network } from '../../src/network/network.ts';
import { serverOfEachTest } from './api-access.ts';
import { BOT } from './api-store.ts';

const held = serverOfEachTest();
const KEY = 'pr-12/digits/train';
const RUN: ContentRun = { id: '17', attempt: 1 };

interface Given {
  readonly key?: string;
  readonly run?: ContentRun;
  readonly token?: string;
  readonly number?: number;
  readonly network?: Network;
  readonly signal?: AbortSignal;
}
function write(body: string, { token, key = KEY, run = RUN, number = 12, ...others }: Given = {}): Promise<Upserted> {
  return upsertComment({ ...held.access(token), key, run, number, body, ...others });
}
/** The comments without the marker's line. */
const bodies = (): string[] => held.server.store.comments.map(({ body }) => body.replace(/^<!-- simple-.*\n/, ''));
const asked = (): string[] => held.server.requests.map(({ method, path }) => `${method} ${path.split('/').at(-1)}`);
const statuses = (on: string): number[] =>
  held.server.requests.flatMap(({ method, path, status }) => (`${method} ${path}`.includes(on) ? [status] : []));
async function failure(work: Promise<unknown>): Promise<GitHubError> {
  const error = await work.catch((each: unknown) => each);
  if (!(error instanceof GitHubError)) throw error;
  return error;
}

describe("a task's comment", () => {
  it('is written, and changed by the next runs', async () => {
    const first = await write('one');
    expect(asked()).toEqual(['GET comments', 'POST comments', 'GET comments']);
    const second = await write('two');
    const third = await write('three', { run: { id: '18', attempt: 1 } });
    expect(bodies()).toEqual(['three']);
    const url = `https://github.com/org/repo/pull/12#issuecomment-${held.server.store.comments[0]?.id}`;
    expect([first, second, third]).toEqual(Array(3).fill({ kind: 'written', url }));
    expect(held.server.requests.every(({ userAgent }) => userAgent.startsWith('simple-sagemaker-action/'))).toBe(true);
  });

  it('is not written again if nothing changed', async () => {
    await write('same');
    await write('same');
    expect(asked().filter((each) => !each.startsWith('GET') && each !== 'POST graphql')).toEqual(['POST comments']);
  });

  it('is one for each task and each pull request', async () => {
    held.server.store.pulls.push({ number: 13, head: 'e'.repeat(40), state: 'open' });
    const keys = ['a/t', 'a/t1', 'a/t--1', 'a/t-%2D1', 'b/a/t'];
    for (const round of ['one', 'two']) {
      for (const key of keys) await write(`${key} ${round}`, { key });
      await write(`other ${round}`, { number: 13 });
    }
    expect(bodies().toSorted()).toEqual([...keys.map((key) => `${key} two`), 'other two'].toSorted());
  });

  it('is found among 300 others, on any page', async () => {
    for (let at = 0; at < 150; at += 1) held.server.store.add('somebody', `${at}`);
    const own = held.server.store.add(BOT, `${markerOf(KEY, RUN)}\nold`);
    for (let at = 0; at < 149; at += 1) held.server.store.add(undefined, `${at}`);
    await write('new');
    expect(own.body).toBe(`${markerOf(KEY, RUN)}\nnew`);
    // 300 are three full pages: only the fourth says that there is no more.
    expect(asked()).toEqual([
      'GET comments',
      'GET comments',
      'POST graphql',
      ...Array(2).fill('GET comments'),
      `PATCH ${own.id}`,
    ]);
    expect(held.server.store.comments.length).toBe(300);
  });

  it("is not somebody else's with the same marker", async () => {
    for (const author of ['somebody', 'github-actions', 'Github-Actions[bot]x', undefined])
      held.server.store.add(author, `${markerOf(KEY, { id: '99', attempt: 1 })}\nmine`);
    await write('ours');
    await write('ours again', { run: { id: '18', attempt: 1 } });
    expect(bodies()).toEqual(['mine', 'mine', 'mine', 'mine', 'ours again']);
  });

  it("is a person's own with the token of that person", async () => {
    await write('by the bot');
    await write('by a person', { token: 'ghp_person' });
    await write('by that person again', { token: 'ghp_person' });
    expect(bodies()).toEqual(['by the bot', 'by that person again']);
  });

  it('is not one of our own account that only quotes the marker', async () => {
    const quoting = held.server.store.add(BOT, `> quoted:\n${markerOf(KEY, RUN)}\nold`);
    await write('new');
    expect(quoting.body).toContain('old');
    expect(bodies().length).toBe(2);
  });

  it("keeps a newer run's content", async () => {
    const newer: ContentRun = { id: '100', attempt: 1 };
    await write('new', { run: newer });
    expect(await write('old', { run: { id: '99', attempt: 3 } })).toMatchObject({ kind: 'newer' });
    expect(bodies()).toEqual(['new']);
    expect(await write('again', { run: { id: '100', attempt: 2 } })).toMatchObject({ kind: 'written' });
    expect(await write('old', { run: newer })).toMatchObject({ kind: 'newer' });
    expect(bodies()).toEqual(['again']);
  });

  it('is one if several steps write it at once, with the newest content', async () => {
    const runs = ['19', '21', '20', '18'].map((id) => ({ id, attempt: 1 }));
    held.server.fault({ on: /GET .*comments/, times: runs.length, how: { kind: 'together' } });
    await Promise.all(runs.map((run) => write(`run ${run.id}`, { run })));
    expect(statuses('POST /repos/org/repo/issues/12/comments')).toEqual([201, 201, 201, 201]);
    expect(bodies()).toEqual(['run 21']);
    expect(held.server.store.comments[0]?.id).toBe(1_000_000_001);
  });

  it('is two if two tasks write theirs at once', async () => {
    await Promise.all([write('a', { key: 'p/a' }), write('b', { key: 'p/b' })]);
    expect(bodies().toSorted()).toEqual(['a', 'b']);
  });

  it('is written anew if somebody deletes it meanwhile', async () => {
    await write('old');
    const [{ id } = { id: 0 }] = held.server.store.comments;
    const act = (): void => {
      held.server.store.comments = [];
    };
    held.server.fault({ on: /PATCH/, how: { kind: 'before', act } });
    await write('new');
    expect(statuses('PATCH')).toEqual([404]);
    expect(bodies()).toEqual(['new']);
    expect(held.server.store.comments[0]?.id).not.toBe(id);
  });

  it('goes to the address of GitHub Enterprise Server', async () => {
    process.env['GITHUB_API_URL'] = `${held.server.url}/api/v3`;
    await write('one');
    await write('two');
    expect(bodies()).toEqual(['two']);
    expect(held.server.requests.map(({ path }) => path)).toContain('/api/graphql');
  });
});

describe('its text', () => {
  const HOSTILE =
    '`</details>` <!-- --> @team\r\n::error::x\u2028\u0085 {"a": "12n"} "12n" \\u0000 \ud800 💥 %0A ${{ github.token }}';
  it('arrives as it is, whatever it has', async () => {
    await write(HOSTILE);
    expect(bodies()).toEqual([HOSTILE.toWellFormed()]);
    await write(`${HOSTILE}2`);
    expect(bodies()).toEqual([`${HOSTILE.toWellFormed()}2`]);
  });

  it.each(['x', '💥', '\ud800'])('is cut if it is too long: %j', async (piece) => {
    await write(piece.repeat(70_000));
    expect(bodies()[0]?.length).toBeGreaterThan(COMMENT_CHARACTERS);
    expect(bodies()[0]?.endsWith('…')).toBe(true);
    expect(bodies()[0]?.isWellFormed()).toBe(true);
    await write('short');
    expect(bodies()).toEqual(['short']);
  });

  it('has all of the length that its renderer may use', async () => {
    await write('x'.repeat(COMMENT_CHARACTERS), { key: `${'p--'.repeat(40)}/${'q-'.repeat(64)}/${'-'.repeat(128)}` });
    expect(bodies()).toEqual(['x'.repeat(COMMENT_CHARACTERS)]);
  });

  it('has no secret', async () => {
    maskSecrets(['hush-hush-1']);
    await write('a hush-hush-1 b');
    expect(bodies()).toEqual(['a *** b']);
  });

  it.each<[string, ContentRun]>([
    ['--> <script>', RUN],
    ['a\nb', RUN],
    ['\ud800', RUN],
    ['p/t', { id: '--><b>', attempt: 1 }],
    ['p/t', { id: '', attempt: 0 }],
  ])('has a marker that nothing ends, with the key %j and the run %j', async (key, run) => {
    await write('one', { key, run });
    await write('two', { key, run });
    expect(held.server.store.comments.length).toBe(1);
    expect(held.server.store.comments[0]?.body).toMatch(/^<!-- (?!.*--.*-->)[\x21-\x7e ]+ -->\ntwo$/);
  });
});

describe('a fault', () => {
  const LIST = /GET .*comments/;
  const CREATE = /POST .*comments/;
  it.each<[string, RegExp, number, Parameters<typeof held.server.fault>[0]['how']]>([
    ['500', LIST, 2, { kind: 'answer', status: 500, body: { message: 'Server Error' } }],
    ['502 of a proxy', LIST, 1, { kind: 'answer', status: 502, body: '<html>Bad Gateway</html>' }],
    ['503 with a time', LIST, 1, { kind: 'answer', status: 503, headers: { 'retry-after': '1' }, body: {} }],
    ['a reset', LIST, 2, { kind: 'reset' }],
    ['half an answer', LIST, 1, { kind: 'cut' }],
    ['a page that is not GitHub’s', LIST, 1, { kind: 'answer', status: 200, body: '<html>Log in</html>' }],
    ['no JSON', LIST, 1, { kind: 'answer', status: 200, body: '[{' }],
    ['JSON of another shape', LIST, 1, { kind: 'answer', status: 200, body: [{ id: '7' }] }],
    ['a list that is none', LIST, 1, { kind: 'answer', status: 200, body: { id: 7 } }],
    ['a status that is none', LIST, 1, { kind: 'answer', status: 799, body: {} }],
    ['500', CREATE, 1, { kind: 'answer', status: 500, body: {} }],
    ['a reset', CREATE, 1, { kind: 'reset' }],
    ['half an answer', CREATE, 1, { kind: 'cut' }],
    ['a created comment without an id', CREATE, 1, { kind: 'answer', status: 201, body: {} }],
    ['a lost answer', CREATE, 1, { kind: 'reset', done: true }],
    [
      'an abuse limit of the past',
      CREATE,
      1,
      { kind: 'answer', status: 403, headers: { 'retry-after': '1' }, body: {} },
    ],
    ['a secondary limit', CREATE, 1, { kind: 'answer', status: 429, headers: { 'retry-after': '0' }, body: {} }],
  ])('in passing is passed over, and one comment remains: %s (%s, %i times)', async (_, on, times, how) => {
    held.server.fault({ on, times, how });
    await write('text');
    expect(bodies()).toEqual(['text']);
  });

  it.each<[string, Parameters<typeof held.server.fault>[0]['how']]>([
    ['GraphQL’s own fault', { kind: 'answer', status: 200, body: { errors: [{ message: 'Something went wrong' }] } }],
    ['no login', { kind: 'answer', status: 200, body: { data: { viewer: null } } }],
    ['502', { kind: 'answer', status: 502, body: 'x' }],
  ])('of GraphQL is passed over: %s', async (_, how) => {
    await write('one');
    held.server.fault({ on: /graphql/, how });
    await write('two');
    expect(bodies()).toEqual(['two']);
  });

  it('that lasts is told, after four attempts', async () => {
    held.server.fault({
      on: LIST,
      times: 99,
      how: { kind: 'answer', status: 502, body: { message: 'Server\n::error::Error' } },
    });
    const error = await failure(write('text'));
    expect(error.kind).toBe('unanswered');
    expect(error.message).toBe('The step could not comment on pull request #12: Server ::error::Error (HTTP 502).');
    expect(error.hint).toContain('githubstatus.com');
    expect(statuses('GET')).toEqual([502, 502, 502, 502]);
  });

  it('of the network is told in its words', async () => {
    await held.server.close();
    const error = await failure(write('text'));
    expect(error.kind).toBe('unanswered');
    expect(error.message).toMatch(
      /^The step could not comment on pull request #12: The host 127\.0\.0\.1:\d+ refuses the/,
    );
    expect(error.cause).toBeInstanceOf(NetworkError);
  });

  it('without end is a foreign answer', async () => {
    const text = `[${'1,'.repeat(21 * 1024 * 1024)}1]`;
    held.server.fault({ on: LIST, times: 99, how: { kind: 'answer', status: 200, body: text } });
    const error = await failure(write('text'));
    expect(error.message).toContain("the answer is not one of GitHub's API");
    expect(error.cause).toBeUndefined();
  });
});

describe('a refusal', () => {
  it('for a token that can only read, as a fork’s, names the permission', async () => {
    const error = await failure(write('text', { token: 'ghs_reader' }));
    expect(error.kind).toBe('denied');
    expect(error.message).toBe(
      'The step could not comment on pull request #12: Resource not accessible by integration (HTTP 403).',
    );
    expect(error.hint).toContain('Add `pull-requests: write` to the `permissions` of the workflow job');
    expect(error.hint).toContain('fork');
    expect(statuses('POST')).toEqual([403]);
  });

  it.each<[string, Given, () => void, string, RegExp, RegExp]>([
    ['a token that is over', { token: 'ghs_old' }, () => {}, 'refused', /Bad credentials \(HTTP 401\)\.$/, /24 hours/],
    ['no such pull request', { number: 99 }, () => {}, 'absent', /#99: Not Found \(HTTP 404\)\.$/, /still exists/],
    [
      'a locked pull request',
      {},
      () => held.server.store.pulls.splice(0, 1, { number: 12, head: '', state: 'open', locked: true }),
      'refused',
      /: Unable to create comment because issue is locked\. \(HTTP 403\)\.$/,
      /set "comment" to false/,
    ],
    [
      'a text that GitHub does not take',
      {},
      () =>
        held.server.fault({
          on: CREATE_OR_CHANGE,
          how: {
            kind: 'answer',
            status: 422,
            body: { message: 'Validation Failed', errors: [{ message: 'body is odd' }, 'x', 7] },
          },
        }),
      'refused',
      /: Validation Failed: body is odd: x \(HTTP 422\)\.$/,
      /set "comment" to false/,
    ],
    [
      'no reason',
      {},
      () => held.server.fault({ on: CREATE_OR_CHANGE, how: { kind: 'answer', status: 451 } }),
      'refused',
      /: GitHub gives no reason \(HTTP 451\)\.$/,
      /./,
    ],
    [
      'a limit that is far',
      {},
      () => held.server.fault({ how: { kind: 'answer', status: 403, headers: { 'retry-after': '3600' }, body: {} } }),
      'limited',
      /\(HTTP 403\)\.$/,
      /share GitHub's limit/,
    ],
  ])('is told once: %s', async (_, given, prepare, kind, message, hint) => {
    prepare();
    const error = await failure(write('text', given));
    expect(error.kind).toBe(kind);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
    expect(bodies()).toEqual([]);
    expect(held.server.requests.filter(({ status }) => status >= 400).length).toBe(1);
  });
  const CREATE_OR_CHANGE = /POST|PATCH/;

  it('of an older duplicate that is gone meanwhile does not matter', async () => {
    for (const body of ['one', 'two']) held.server.store.add(BOT, `${markerOf(KEY, RUN)}\n${body}`);
    held.server.fault({ on: /DELETE/, how: { kind: 'answer', status: 404, body: { message: 'Not Found' } } });
    expect(await write('three')).toMatchObject({ kind: 'written' });
    expect(bodies()).toEqual(['three', 'two']);
  });
});

describe('a cancelled step', () => {
  it('ends a request and a wait at once', async () => {
    for (const how of [
      { kind: 'slow', ms: 20_000 },
      { kind: 'answer', status: 429, headers: { 'retry-after': '60' }, body: {} },
    ] as const) {
      const cancelled = new AbortController();
      held.server.fault({ how });
      const writing = write('text', { signal: cancelled.signal });
      await new Promise((resolve) => setTimeout(resolve, 500));
      cancelled.abort(new Error('cancelled'));
      await expect(writing).rejects.toThrow('cancelled');
    }
    expect(bodies()).toEqual([]);
  });
});

describe('a proxy', () => {
  it('is used, as for every request', async () => {
    process.env['GITHUB_API_URL'] = 'http://github.test/api/v3';
    const asked: string[] = [];
    const proxy = createServer().on('connect', (request, socket: Socket) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`);
      const { hostname, port } = new URL(held.server.url);
      const onward = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = `http://me:pass@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    await write('by a proxy', { network: new Network({ HTTP_PROXY: address }) });
    expect(bodies()).toEqual(['by a proxy']);
    expect(new Set(asked)).toEqual(new Set([`github.test:80 Basic ${Buffer.from('me:pass').toString('base64')}`]));
    proxy.close();
  });
});

describe("GitHub's client", () => {
  it('is loaded by the first request, not before', async () => {
    const source = (name: string): string => new URL(`../../src/github/${name}.ts`, import.meta.url).href;
    const code = `
      import { registerHooks } from 'node:module';
      const resolve = (name, context, next) => (name.startsWith('@') && console.log(name), next(name, context));
      registerHooks({ resolve });
      const [{ upsertComment }] = await Promise.all(
        ${JSON.stringify(['comment', 'commit-status', 'find-pull-request'].map(source))}.map((each) => import(each)),
      );
      const { Network } = await import(${JSON.stringify(new URL('../../src/network/network.ts', import.meta.url).href)});
      console.log('request');
      const { signal } = new AbortController();
      const access = { network: new Network({}), token: 'ghs_writer', repository: 'org/repo', signal };
      await upsertComment({ ...access, key: 'p/t', number: 12, run: { id: '1', attempt: 1 }, body: 'text' });
    `;
    const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', code]);
    const printed = (await child.stdout.toArray()).join('').split('\n');
    expect(bodies()).toEqual(['text']);
    expect(printed.slice(0, printed.indexOf('request'))).not.toContain('@actions/github');
    expect(printed.slice(printed.indexOf('request'))).toContain('@actions/github');
  });
});
