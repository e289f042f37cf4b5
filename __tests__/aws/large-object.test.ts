/** A large object is read in ranges: whole, in order, of one version, also where answers break off. */
import { randomBytes } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connection } from '../../src/aws/connection.ts';
import { openLargeObject } from '../../src/aws/large-object.ts';
import { RANGE } from '../../src/aws/ranges.ts';
import { Network } from '../../src/network/network.ts';

const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' };
const BUCKET = { name: 'bucket', owner: '123456789012' };
const NEVER = new AbortController().signal;
const CONTENT = randomBytes(5 * RANGE + 1_000);

/** What S3 has, and what it does to the answer of this number before it is sent. */
let stored = { content: CONTENT, etag: '"one"' };
let interfere: (number: number, response: ServerResponse, body: Buffer) => boolean = () => false;
let ranges: string[] = [];
let atOnce = 0;
let mostAtOnce = 0;
let server: Server;

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<Error><Code>${code}</Code></Error>`);
}

beforeAll(async () => {
  server = createServer((request, response) => {
    const { content, etag } = stored;
    const { range = '', 'if-match': wanted = etag } = request.headers;
    ranges.push(range);
    if (request.url?.includes('gone')) return refuse(response, 404, 'NoSuchKey');
    if (wanted !== etag) return refuse(response, 412, 'PreconditionFailed');
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
    if (from !== undefined && Number(from) >= content.length) return refuse(response, 416, 'InvalidRange');
    const body = from === undefined ? content : content.subarray(Number(from), Number(to) + 1);
    const end = Number(from) + body.length - 1;
    const partly = from === undefined ? {} : { 'content-range': `bytes ${from}-${end}/${content.length}` };
    response.writeHead(from === undefined ? 200 : 206, { etag, 'content-length': body.length, ...partly });
    if (interfere(ranges.length, response, body)) return;
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    setTimeout(() => {
      atOnce -= 1;
      response.end(body);
    }, 20);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterAll(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  stored = { content: CONTENT, etag: '"one"' };
  interfere = () => false;
  [ranges, atOnce, mostAtOnce] = [[], 0, 0];
});

async function read(key = 'model.tar.gz', etag?: string, signal = NEVER): Promise<Buffer | undefined> {
  const aws = new Connection('us-east-1', 'test', async () => KEYS, new Network({}));
  try {
    const body = await openLargeObject(aws, BUCKET, key, signal, etag);
    return body && Buffer.concat(await body.toArray());
  } finally {
    aws.destroy();
  }
}

/** A failing test prints it, and not all bytes. */
async function length(reading: Promise<Buffer | undefined>): Promise<number | undefined> {
  return (await reading)?.length;
}

describe('a large object', () => {
  it('is read in ranges at once, each once, and given out in order', async () => {
    expect((await read())?.equals(CONTENT)).toBe(true);
    expect(ranges).toHaveLength(6);
    expect(new Set(ranges).size).toBe(6);
    expect(mostAtOnce).toBeGreaterThan(1);
  });

  it.each([0, 1, RANGE - 1, RANGE, RANGE + 1, 2 * RANGE])('of %i bytes is read whole', async (size) => {
    stored = { content: CONTENT.subarray(0, size), etag: '"one"' };
    expect((await read())?.equals(stored.content)).toBe(true);
  });

  it('that does not exist is none', async () => {
    expect(await read('gone')).toBeUndefined();
  });

  it('of which answers break off is asked for these ranges again', async () => {
    interfere = (number, response, body) => {
      if (number !== 1 && number !== 3) return false;
      response.write(body.subarray(0, 100_000), () => response.destroy());
      return true;
    };
    expect((await read())?.equals(CONTENT)).toBe(true);
    expect(ranges).toHaveLength(8);
  });

  it('of which each answer breaks off is an error', async () => {
    interfere = (_, response, body) => {
      response.write(body.subarray(0, 100_000), () => response.destroy());
      return true;
    };
    await expect(length(read())).rejects.toThrow(/aborted|closed|reset/i);
  });

  it('that is another one than the wanted one is an error', async () => {
    await expect(length(read('model.tar.gz', '"another"'))).rejects.toThrow('was changed after its job ended');
  });

  it('that is replaced while it is read is an error, and never half of each', async () => {
    interfere = (number) => {
      if (number === 2) stored = { content: randomBytes(CONTENT.length), etag: '"two"' };
      return false;
    };
    await expect(length(read())).rejects.toThrow('was changed after its job ended');
  });

  it('is not waited for once the step is cancelled', async () => {
    const cancelled = new AbortController();
    interfere = (number) => {
      if (number === 3) cancelled.abort(new Error('cancelled'));
      return number >= 3;
    };
    await expect(length(read('model.tar.gz', undefined, cancelled.signal))).rejects.toThrow();
    // What was held is free again: another one is read.
    interfere = () => false;
    expect((await read())?.equals(CONTENT)).toBe(true);
  });

  it('that is left before its end is not read on, and another one can be', async () => {
    const aws = new Connection('us-east-1', 'test', async () => KEYS, new Network({}));
    const body = await openLargeObject(aws, BUCKET, 'model.tar.gz', NEVER);
    for await (const _ of body ?? []) break;
    expect(ranges.length).toBeLessThan(6);
    aws.destroy();
    expect((await read())?.equals(CONTENT)).toBe(true);
  });
});
