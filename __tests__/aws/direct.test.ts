/** Requests that are sent without the SDK's middleware: what S3 gets is as if the SDK had sent it, and what fails is sent by the SDK. */
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connection } from '../../src/aws/connection.ts';
import { listFolder } from '../../src/aws/s3-list.ts';
import { putObject } from '../../src/aws/s3-objects.ts';
import { SmallObjects } from '../../src/aws/small-objects.ts';
import { Network } from '../../src/network/network.ts';

interface Received {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}
interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** The connection is cut instead. */
  readonly cut?: true;
}

const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'a/secret+', sessionToken: 'a/session+token==' };
const BUCKET = { name: 'bucket', owner: '123456789012' };
const NEVER = new AbortController().signal;
const OK = { status: 200, headers: { ETag: '"etag"' } };

let server: Server;
let received: Received[] = [];
/** The answer to the request of this number. */
let answer: (number: number, request: Received) => Answer = () => OK;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const got = { method, url, headers, body: Buffer.concat(chunks) };
      received.push(got);
      const { status, headers: given = {}, body = '', cut } = answer(received.length, got);
      if (cut) request.socket.destroy();
      else response.writeHead(status, given).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint());
});
afterAll(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  received = [];
  answer = () => OK;
});

function connection(kmsKey?: string, network = new Network({})): Connection {
  return new Connection('eu-west-1', 'test', async () => KEYS, network, kmsKey);
}

const endpoint = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const contentOf = (text: string) => {
  const bytes = Buffer.from(text);
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
};
const isBySdk = ({ headers }: Received): boolean => headers['amz-sdk-invocation-id'] !== undefined;
/** The requests' senders, in order: `-` for one without the SDK's middleware. */
const senders = (): string => received.map((each) => (isBySdk(each) ? 'S' : '-')).join('');

/** The signature by the documentation alone: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signatureOf({ method, url, headers }: Received): string {
  const [, scope = '', signed = ''] =
    /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+),/.exec(headers.authorization ?? '') ?? [];
  const [path = '', query = ''] = url.split('?');
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [
    method,
    path,
    query.split('&').sort().join('&'),
    lines.join(''),
    signed,
    headers['x-amz-content-sha256'],
  ];
  const hash = createHash('sha256').update(canonical.join('\n')).digest('hex');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash].join('\n');
  const key = scope
    .split('/')
    .reduce<Buffer>(
      (secret, part) => createHmac('sha256', secret).update(part).digest(),
      Buffer.from(`AWS4${KEYS.secretAccessKey}`),
    );
  return createHmac('sha256', key).update(text).digest('hex');
}

describe('a small object', () => {
  it.each([undefined, 'alias/ml'])('arrives as the SDK would send it, with the KMS key %s', async (kmsKey) => {
    const names = ['a b', 'a+b', 'a%20b', 'ü/深い', "quote'd!(*)", '.../x', '?c=d&e#f', '__proto__', '\u{1f600}~_-.'];
    const objects = new SmallObjects(connection(kmsKey), BUCKET);
    for (const name of names) {
      received = [];
      expect(await objects.put(`p/t/${name}`, contentOf(name), NEVER)).toBe('"etag"');
      await putObject(connection(kmsKey), BUCKET, `p/t/${name}`, Buffer.from(name), NEVER);
      const [own, theirs] = received;
      expect(senders()).toBe('-S');
      expect(own?.url).toBe(theirs?.url);
      expect(own?.headers.authorization?.split('Signature=')[1]).toBe(own && signatureOf(own));
      expect(own?.body).toEqual(theirs?.body);
      const different = [...new Set([own, theirs].flatMap((each) => Object.keys(each?.headers ?? {})))].filter(
        (header) => own?.headers[header] !== theirs?.headers[header],
      );
      // The checksum is the SHA-256, which is known, instead of a CRC32.
      expect(
        different.filter(
          (header) => !/^(amz-sdk-|authorization|x-amz-date|user-agent|x-amz-(sdk-)?checksum-)/.test(header),
        ),
      ).toEqual([]);
      expect(own?.headers['x-amz-checksum-sha256']).toBe(createHash('sha256').update(name).digest('base64'));
    }
  });

  it('is signed by the rules', async () => {
    await new SmallObjects(connection(), BUCKET).put('p/ü +%', contentOf('x'), NEVER);
    const [own] = received;
    expect(own?.headers['x-amz-security-token']).toBe(KEYS.sessionToken);
    expect(own?.headers.authorization).toContain('/eu-west-1/s3/aws4_request');
    expect(own?.headers.authorization?.split('Signature=')[1]).toBe(own && signatureOf(own));
  });

  it('goes by the proxy that serves the host', async () => {
    const HTTP_PROXY = endpoint().replace('//', '//me:secret@');
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://s3.test:8080');
    const objects = new SmallObjects(connection(undefined, new Network({ HTTP_PROXY })), BUCKET);
    expect(await objects.put('k', contentOf('x'), NEVER)).toBe('"etag"');
    vi.stubEnv('AWS_ENDPOINT_URL', endpoint());
    expect(senders()).toBe('-');
    const { url, headers } = received[0] as Received;
    expect(url).toMatch(/^http:\/\/(bucket\.)?s3\.test:8080\/(bucket\/)?k\?x-id=PutObject$/);
    expect(headers['proxy-authorization']).toBe(`Basic ${Buffer.from('me:secret').toString('base64')}`);
  });

  it.each<[string, Answer]>([
    ['an error', { status: 500 }],
    ['a request to slow down', { status: 503, body: '<Error><Code>SlowDown</Code></Error>' }],
    ['an answer without an ETag', { status: 200 }],
    ['another success', { status: 204, headers: { ETag: '"x"' } }],
    ['a redirection', { status: 307, headers: { Location: 'http://127.0.0.1:1/' } }],
    ['no answer', { status: 0, cut: true }],
  ])('is sent by the SDK after %s', async (_what, first) => {
    answer = (number) => (number === 1 ? first : OK);
    expect(await new SmallObjects(connection(), BUCKET).put('k', contentOf('x'), NEVER)).toBe('"etag"');
    expect(senders()).toBe('-S');
  });

  it('has the error of the SDK if that fails too', async () => {
    answer = () => ({
      status: 403,
      body: '<Error><Code>AccessDenied</Code><Message>with an explicit deny in a resource-based policy</Message></Error>',
    });
    const sending = new SmallObjects(connection(), BUCKET).put('k', contentOf('x'), NEVER);
    await expect(sending).rejects.toThrow('The policy of the bucket denies this write');
    expect(senders()).toBe('-S');
  });

  it('is not tried without the SDK again and again', async () => {
    answer = (_number, request) => (isBySdk(request) ? OK : { status: 501 });
    const objects = new SmallObjects(connection(), BUCKET);
    for (let at = 0; at < 12; at += 1) await objects.put(`k${at}`, contentOf('x'), NEVER);
    expect(senders()).toBe(`${'-S'.repeat(8)}SSSS`);
  });

  it('has the time that the SDK has learned', async () => {
    const date = new Date(Date.now() + 3_600_000);
    const headers = { ...OK.headers, Date: date.toUTCString() };
    const skewed = { status: 403, headers, body: '<Error><Code>RequestTimeTooSkewed</Code></Error>' };
    answer = (number) => (number < 3 ? skewed : { ...OK, headers });
    const objects = new SmallObjects(connection(), BUCKET);
    await objects.put('a', contentOf('x'), NEVER);
    await objects.put('b', contentOf('x'), NEVER);
    expect(senders()).toBe('-SS-');
    const hours = received.map(({ headers }) => String(headers['x-amz-date']).slice(0, 11));
    expect(hours[3]).toBe(date.toISOString().replace(/[-:]/g, '').slice(0, 11));
  });

  it('ends with the step', async () => {
    const reason = new Error('cancelled');
    const cancelled = new AbortController();
    answer = () => {
      cancelled.abort(reason);
      return { status: 500 };
    };
    const sending = new SmallObjects(connection(), BUCKET).put('k', contentOf('x'), cancelled.signal);
    await expect(sending).rejects.toBe(reason);
    expect(senders()).toBe('-');
  });
});

describe('a page of a long listing', () => {
  const page = (names: readonly string[], token?: string): Answer => ({
    status: 200,
    body:
      `<?xml version="1.0"?><ListBucketResult><EncodingType>url</EncodingType><KeyCount>${names.length}</KeyCount>` +
      `<IsTruncated>${token !== undefined}</IsTruncated>${token ? `<NextContinuationToken>${token}</NextContinuationToken>` : ''}` +
      names
        .map((name) => `<Contents><Key>p/${name}</Key><ETag>&quot;${name}&quot;</ETag><Size>1</Size></Contents>`)
        .join('') +
      '</ListBucketResult>',
  });
  const expected = ['a', 'b', 'c', 'd'].map((path) => ({ path, etag: `"${path}"`, size: 1 }));
  const query = (name: string): (string | null)[] =>
    received.map(({ url }) => new URL(url, 'http://x').searchParams.get(name));

  it('is asked for by the SDK’s own request, signed by the rules', async () => {
    answer = (number) => page(number === 1 ? ['a', 'b'] : ['c', 'd'], number === 1 ? 'to/ken+=' : undefined);
    expect(await listFolder(connection(), BUCKET, 'p/', NEVER)).toEqual(expected);
    expect(senders()).toBe('S-');
    expect(query('prefix')).toEqual(['p/', 'p/']);
    expect(query('encoding-type')).toEqual(['url', 'url']);
    expect(query('start-after')).toEqual([null, 'p/b']);
    expect(received.map(({ headers }) => headers['x-amz-expected-bucket-owner'])).toEqual([BUCKET.owner, BUCKET.owner]);
    const own = received[1];
    expect(own?.headers.authorization?.split('Signature=')[1]).toBe(own && signatureOf(own));
  });

  it('goes on where the one before ended', async () => {
    answer = (number) => page([expected[number - 1]?.path ?? ''], number < 4 ? `to/ken+=${number}` : undefined);
    expect(await listFolder(connection(), BUCKET, 'p/', NEVER)).toEqual(expected);
    expect(senders()).toBe('S---');
    expect(query('continuation-token')).toEqual([null, null, 'to/ken+=2', 'to/ken+=3']);
  });

  it.each<[string, Answer]>([
    ['an error', { status: 503, body: '<Error><Code>SlowDown</Code></Error>' }],
    ['no answer', { status: 0, cut: true }],
    ['what is no listing', { status: 200, body: '<html></html>' }],
    ['a listing that is cut off', { status: 200, body: page(['c']).body?.slice(0, -5) ?? '' }],
  ])('is asked for by the SDK after %s', async (_what, second) => {
    answer = (number) => (number === 1 ? page(['a', 'b'], 't') : number === 2 ? second : page(['c', 'd']));
    expect(await listFolder(connection(), BUCKET, 'p/', NEVER)).toEqual(expected);
    expect(senders()).toBe('S-S');
  });
});
