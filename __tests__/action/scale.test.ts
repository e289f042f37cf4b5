/** 100,000 files and one of 5 GiB, against an S3 server that is as fast as one on the network. */
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT, type S3Server, SECRET, startS3Server } from '../../bench/servers/s3-server.ts';
import { Connection } from '../../src/aws/connection.ts';
import { s3 } from '../../src/aws/s3-client.ts';
import { listFolder } from '../../src/aws/s3-list.ts';
import { SyncProgress, syncFolder } from '../../src/data/sync.ts';
import { listCuts } from '../../src/data/sync-plan.ts';
import { hashFiles } from '../../src/files/hash.ts';
import { listData } from '../../src/files/tree.ts';
import { Network } from '../../src/network/network.ts';
import { listInPieces } from './list-in-pieces.ts';

const server = process.env['S3_SERVER'] ?? '';
const KEYS = { accessKeyId: ACCOUNT, secretAccessKey: SECRET };
const BUCKET = { name: 'scale', owner: KEYS.accessKeyId };
const NEVER = new AbortController().signal;
const MIB = 2 ** 20;
const root = join(import.meta.dirname, '..', '..', '.cache', 'tests');

let folder: string;
let gateway: S3Server;
let aws: Connection;

async function sync(name: string): Promise<{ progress: SyncProgress; seconds: number; sizeMib: number }> {
  const begun = Date.now();
  let most = 0;
  const sample = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 50);
  const files = await hashFiles(await listData(join(folder, name)), () => undefined, NEVER);
  const progress = new SyncProgress();
  const place = { folder: `p/t/input/${name}/`, manifestKey: `p/t/.sync/${name}.json` };
  await syncFolder(aws, BUCKET, place, files, progress, NEVER);
  clearInterval(sample);
  return { progress, seconds: (Date.now() - begun) / 1000, sizeMib: most / MIB };
}

describe.skipIf(server === '')('a sync', () => {
  beforeAll(async () => {
    mkdirSync(root, { recursive: true });
    folder = mkdtempSync(join(root, 'scale-'));
    gateway = await startS3Server(server, folder);
    const access = { region: 'us-east-1', endpoint: gateway.url, credentials: KEYS };
    const admin = new S3Client({ ...access, forcePathStyle: true });
    await admin.send(new CreateBucketCommand({ Bucket: BUCKET.name }));
    process.env['AWS_ENDPOINT_URL'] = gateway.url;
    aws = new Connection('us-east-1', 'test', async () => KEYS, new Network({}));
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('of 100,000 files sends each once, lists them in pieces, and notices the one that changed', async () => {
    for (let at = 0; at < 100_000; at += 1) {
      const below = join(folder, 'many', `f${Math.trunc(at / 1000)}`);
      if (at % 1000 === 0) mkdirSync(below, { recursive: true });
      writeFileSync(join(below, `n ${at}`), `${at}\n`);
    }
    const first = await sync('many');
    expect(first.progress).toMatchObject({ filesSent: 100_000, removed: 0 });
    const again = await sync('many');
    expect(again.progress).toMatchObject({ filesSent: 0, removed: 0 });
    writeFileSync(join(folder, 'many', 'f7', 'n 7007'), 'other');
    rmSync(join(folder, 'many', 'f8'), { recursive: true });
    const third = await sync('many');
    expect(third.progress).toMatchObject({ filesSent: 1, removed: 1_000 });
    const cuts = listCuts(await listData(join(folder, 'many')));
    expect(cuts).toHaveLength(98);
    const whole = await listFolder(aws, BUCKET, 'p/t/input/many/', NEVER);
    expect(whole).toHaveLength(99_000);
    expect(await listInPieces(aws, BUCKET, 'p/t/input/many/', cuts)).toEqual(whole);
    console.info(`100,000 files: ${first.seconds} s; again: ${again.seconds} s; ${Math.round(first.sizeMib)} MiB`);
  }, 900_000);

  it('of a file of 5 GiB keeps to its memory', async () => {
    mkdirSync(join(folder, 'large'));
    const file = openSync(join(folder, 'large', 'sparse'), 'w');
    ftruncateSync(file, 5 * 1024 * MIB);
    writeSync(file, 'the end', 5 * 1024 * MIB - 7);
    closeSync(file);
    const before = process.memoryUsage().rss / MIB;
    const { progress, seconds, sizeMib } = await sync('large');
    expect(progress).toMatchObject({ filesSent: 1, bytesSent: 5 * 1024 * MIB });
    const key = 'p/t/input/large/sparse';
    const { ContentLength, ETag } = await s3(aws).send(new HeadObjectCommand({ Bucket: BUCKET.name, Key: key }));
    expect(ContentLength).toBe(5 * 1024 * MIB);
    expect(ETag).toMatch(/-640"$/);
    // 128 MiB of parts, and what waits for the garbage collector.
    expect(sizeMib - before).toBeLessThan(512);
    expect((await sync('large')).progress.filesSent).toBe(0);
    console.info(`5 GiB: ${seconds} s; ${Math.round(before)} → ${Math.round(sizeMib)} MiB`);
  }, 900_000);
});
