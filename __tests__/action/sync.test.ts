/** A folder kept in S3: a real S3 API has what the runner has, and nothing is sent that is there. */
import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Connection } from '../../src/aws/connection.ts';
import { listFolder } from '../../src/aws/s3-list.ts';
import { removeFolder } from '../../src/aws/s3-objects.ts';
import { SyncProgress, syncFolder } from '../../src/data/sync.ts';
import { hashFiles } from '../../src/files/hash.ts';
import { listData } from '../../src/files/tree.ts';
import { Network } from '../../src/network/network.ts';
import { listInPieces } from './list-in-pieces.ts';
import { StandIn } from './stand-in.ts';

const MIB = 2 ** 20;
const NEVER = new AbortController().signal;
const place = { folder: 'project/sync/input/data/', manifestKey: 'project/sync/.sync/data.json' };
let aws: StandIn;
let local: string;

beforeAll(async () => {
  aws = await StandIn.start();
  await aws.s3().send(new CreateBucketCommand({ Bucket: aws.bucket }));
});
afterAll(() => aws.stop());
beforeEach(async () => {
  local = aws.workspace({});
  await aws.liftFaults();
  await removeFolder(client(), bucket(), 'project/', NEVER);
});

const bucket = () => ({ name: aws.bucket, owner: '123456789012' });

function client(kmsKey?: string): Connection {
  process.env['AWS_ACCESS_KEY_ID'] = 'AKIAIOSFODNN7EXAMPLE';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'x';
  process.env['AWS_ENDPOINT_URL'] = aws.url;
  return new Connection('us-east-1', 'test', undefined, new Network({}), kmsKey);
}

/** What the sync did, and the calls that it made of each operation. */
async function sync(
  signal = NEVER,
  kmsKey?: string,
): Promise<{ progress: SyncProgress; calls: Record<string, number> }> {
  const files = await hashFiles(await listData(local), () => undefined, NEVER);
  const progress = new SyncProgress();
  await aws.clearRequests();
  await syncFolder(client(kmsKey), bucket(), place, files, progress, signal);
  return { progress, calls: await aws.calls() };
}

async function content(path: string): Promise<string> {
  const { Body } = await aws.s3().send(new GetObjectCommand({ Bucket: aws.bucket, Key: place.folder + path }));
  return createHash('sha256')
    .update((await Body?.transformToByteArray()) ?? '')
    .digest('hex');
}

const remote = async (): Promise<string[]> =>
  (await listFolder(client(), bucket(), place.folder, NEVER)).map(({ path }) => path).toSorted();

const write = (path: string, text: string | Uint8Array): void => {
  mkdirSync(join(local, path, '..'), { recursive: true });
  writeFileSync(join(local, path), text);
};

describe('a folder', () => {
  const ODD = [
    ...['a b', 'a+b', 'a%b', 'a%20b', 'a#b', 'a?b=c&d', 'ü/深い', 'e\u0301', "quote'd", '"double"', '-dash', '.hidden'],
    ...['back\\slash', '__proto__', 'a;b:c@d,e=f$g', '[x]{y}|z^~`', 'x<y>z', '\u{1f600}', '\uff5e', '.../x', 'a/.../b'],
  ];
  it('is there with all its names, empty files too, and is not sent twice', async () => {
    for (const name of ODD) write(name, name);
    write('empty', '');
    const first = await sync();
    expect(first.progress).toMatchObject({ filesSent: ODD.length + 1, filesToSend: ODD.length + 1, removed: 0 });
    expect(await remote()).toEqual([...ODD, 'empty'].toSorted());
    for (const name of ODD) expect(await content(name)).toBe(createHash('sha256').update(name).digest('hex'));
    // A fresh checkout: every file has another time.
    for (const name of ODD) utimesSync(join(local, name), new Date(), new Date());
    const second = await sync();
    expect(second.progress.filesSent).toBe(0);
    expect(second.calls).toEqual({ ListObjectsV2: 1, GetObject: 1 });
  });

  it('loses what is gone here, and a file can become a folder', async () => {
    for (const name of ['stays', 'goes', 'odd +%#ü/goes', 'turns']) write(name, name);
    await sync();
    rmSync(join(local, 'goes'));
    rmSync(join(local, 'odd +%#ü'), { recursive: true });
    rmSync(join(local, 'turns'));
    write('turns/deeper', 'x');
    const { progress } = await sync();
    expect(progress).toMatchObject({ filesSent: 1, removed: 3 });
    expect(await remote()).toEqual(['stays', 'turns/deeper']);
  });

  it('is rid of what others put there, whatever its name', async () => {
    write('mine', 'x');
    const theirs = ['theirs', 'control\u0001', 'a&<b>', 'folder/'];
    const s3 = aws.s3();
    for (const name of theirs) {
      await s3.send(new PutObjectCommand({ Bucket: aws.bucket, Key: place.folder + name, Body: 'x' }));
    }
    expect(await remote()).toEqual(theirs.toSorted());
    await sync();
    expect(await remote()).toEqual(['mine']);
  });

  it('is not sent again where another tool sent it, or the manifest is lost', async () => {
    write('same', 'as there');
    write('other', 'as here');
    for (const [name, text] of Object.entries({ same: 'as there', other: 'not this' })) {
      const request = { Bucket: aws.bucket, Key: place.folder + name, Body: text };
      await aws.s3().send(new PutObjectCommand(request));
    }
    expect((await sync()).progress).toMatchObject({ filesSent: 1, removed: 0 });
    expect(await content('other')).toBe(createHash('sha256').update('as here').digest('hex'));
    await removeFolder(client(), bucket(), 'project/sync/.sync/', NEVER);
    const { progress, calls } = await sync();
    expect(progress.filesSent).toBe(0);
    // The manifest.
    expect(calls['PutObject']).toBe(1);
    expect((await sync()).calls['PutObject']).toBeUndefined();
  });

  it('is sent again where somebody changed the object', async () => {
    write('a', 'mine');
    await sync();
    await aws.s3().send(new PutObjectCommand({ Bucket: aws.bucket, Key: `${place.folder}a`, Body: 'evil' }));
    expect((await sync()).progress.filesSent).toBe(1);
    expect(await content('a')).toBe(createHash('sha256').update('mine').digest('hex'));
  });
});

describe('a list', () => {
  it('is the same, however it is cut', async () => {
    for (let at = 0; at < 2_300; at += 1) write(`f ${String(at).padStart(5, '0')}ü`, '');
    await sync();
    const whole = await listFolder(client(), bucket(), place.folder, NEVER);
    expect(whole).toHaveLength(2_300);
    for (const cuts of [['f 00500ü'], ['f 01200ü', 'f 01200ü+', 'f 02000'], ['a', 'z'], ['f 00999ü', 'f 01999ü']]) {
      await aws.clearRequests();
      expect(await listInPieces(client(), bucket(), place.folder, cuts)).toEqual(whole);
      expect((await aws.calls())['ListObjectsV2']).toBeLessThanOrEqual(4 + cuts.length);
    }
  });
});

describe('a large file', () => {
  const begun = async (): Promise<number> => {
    const { Uploads = [] } = await aws.s3().send(new ListMultipartUploadsCommand({ Bucket: aws.bucket }));
    return Uploads.length;
  };

  it('goes on where it was interrupted', async () => {
    const bytes = randomBytes(130 * MIB + 5);
    write('large +%#ü', bytes);
    await aws.fault({ kind: 'error', code: 'InternalError', status: 400, operation: 's3:UploadPart', calls: [12] });
    await expect(sync()).rejects.toThrow('InternalError');
    expect(await begun()).toBe(1);
    const { progress, calls } = await sync();
    expect(progress).toMatchObject({ filesSent: 1, bytesSent: bytes.length });
    const parts = Math.ceil(bytes.length / (8 * MIB));
    expect(parts).toBe(17);
    // At most those parts are lost that were on their way with the one that failed.
    expect(calls['UploadPart']).toBeGreaterThan(0);
    expect(calls['UploadPart']).toBeLessThanOrEqual(parts - 4);
    expect(calls['CreateMultipartUpload']).toBeUndefined();
    expect(await content('large +%#ü')).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(await begun()).toBe(0);
    expect((await sync()).calls).toEqual({ ListObjectsV2: 1, GetObject: 1 });
  });

  it('that changed meanwhile keeps only the parts that are the same', async () => {
    const bytes = randomBytes(40 * MIB);
    write('large', bytes);
    await aws.fault({ kind: 'error', code: 'Oops', status: 400, operation: 's3:CompleteMultipartUpload' });
    await expect(sync()).rejects.toThrow('Oops');
    await aws.liftFaults();
    bytes[9 * MIB] = (bytes[9 * MIB] ?? 0) ^ 1;
    write('large', bytes);
    expect((await sync()).calls).toMatchObject({ UploadPart: 1, CompleteMultipartUpload: 1 });
    expect(await content('large')).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('leaves no parts behind that nobody needs', async () => {
    const upload = { Bucket: aws.bucket, Key: `${place.folder}gone` };
    const other = { Bucket: aws.bucket, Key: 'project/other/input/data/large' };
    await aws.s3().send(new CreateMultipartUploadCommand({ ...upload, ChecksumAlgorithm: 'SHA256' }));
    await aws.s3().send(new CreateMultipartUploadCommand({ ...upload, Key: `${place.folder}large` }));
    await aws.s3().send(new CreateMultipartUploadCommand(other));
    write('large', randomBytes(9 * MIB));
    const { calls } = await sync();
    expect(calls).toMatchObject({ AbortMultipartUpload: 2, CreateMultipartUpload: 1 });
    expect(await begun()).toBe(1);
  });

  it('or a small one that changes while it is being sent is an error', async () => {
    for (const [name, size] of Object.entries({ large: 20 * MIB, small: 100 })) {
      rmSync(local, { recursive: true });
      write(name, randomBytes(size));
      const files = await hashFiles(await listData(local), () => undefined, NEVER);
      appendFileSync(join(local, name), 'x');
      const sending = syncFolder(client(), bucket(), place, files, new SyncProgress(), NEVER);
      await expect(sending).rejects.toThrow(`${name} was changed during its upload`);
      renameSync(join(local, name), join(local, `${name} no more`));
    }
    expect(await remote()).toEqual([]);
  });
});

describe('a folder that is encrypted with a KMS key', () => {
  const syncWith = (key: string | undefined): ReturnType<typeof sync> => sync(NEVER, key);
  const keyOf = async (path: string): Promise<string | undefined> => {
    const request = { Bucket: aws.bucket, Key: place.folder + path };
    return (await aws.s3().send(new HeadObjectCommand(request))).SSEKMSKeyId;
  };
  const [first, second] = ['1', '2'].map(
    (digit) => `arn:aws:kms:us-east-1:123456789012:key/${digit.repeat(8)}-12ab-34cd-56ef-1234567890ab`,
  );

  it('is not sent twice, though no ETag is an MD5, but all of it for another key', async () => {
    write('large', randomBytes(9 * MIB));
    write('small', 'x');
    await syncWith(undefined);
    for (const key of [first, second]) {
      expect((await syncWith(key)).progress.filesSent).toBe(2);
      expect([await keyOf('large'), await keyOf('small')]).toEqual([key, key]);
      expect((await syncWith(key)).calls).toEqual({ ListObjectsV2: 1, GetObject: 1 });
    }
    expect((await syncWith(undefined)).progress.filesSent).toBe(0);
  });

  it('is gone on with where it was interrupted, but not with another key', async () => {
    const bytes = randomBytes(40 * MIB);
    write('large', bytes);
    const interrupted = async (key: string | undefined): Promise<void> => {
      await aws.fault({ kind: 'error', code: 'Oops', status: 400, operation: 's3:CompleteMultipartUpload' });
      await expect(syncWith(key)).rejects.toThrow('Oops');
      await aws.liftFaults();
    };
    await interrupted(first);
    const resumed = await syncWith(first);
    expect(resumed.calls).toMatchObject({ CompleteMultipartUpload: 1 });
    expect(resumed.calls).not.toHaveProperty('UploadPart');
    expect(await content('large')).toBe(createHash('sha256').update(bytes).digest('hex'));
    rmSync(join(local, 'large'));
    await syncWith(first);
    write('large', bytes);
    await interrupted(first);
    expect((await syncWith(second)).calls).toMatchObject({ AbortMultipartUpload: 1, UploadPart: 5 });
    expect(await keyOf('large')).toBe(second);
  });
});

describe('a step that fails during its sync', () => {
  it('is gone on with by the next one', async () => {
    const workspace = aws.workspace({ 'data/large': randomBytes(160 * MIB), 'data/small': 'x' });
    const inputs = { task: 'resumed', inputs: 'data=./data', run: 'ls -l $SM_CHANNEL_DATA', download: 'logs' };
    await aws.fault({ kind: 'slow', operation: 's3:UploadPart', seconds: 1 });
    await aws.clearRequests();
    const parts = async (): Promise<number> => {
      const made = (await aws.requests()).filter(({ operation }) => operation === 'UploadPart');
      return made.filter(({ status }) => status === 200).length;
    };
    await aws.fault({ kind: 'error', code: 'Oops', status: 400, operation: 's3:UploadPart', calls: [12] });
    const first = await aws.run(workspace, inputs);
    expect(first.code, first.stdout).toBe(1);
    expect(await parts()).toBeGreaterThanOrEqual(8);
    await aws.liftFaults();
    await aws.clearRequests();
    const second = await aws.run(workspace, inputs);
    expect(second.code, second.stdout).toBe(0);
    expect(await parts()).toBeLessThanOrEqual(12);
    expect(second.stdout).toContain('Input data: 1 sent (160.0 MiB), 1 unchanged, 0 removed');
    expect(second.stdout).toMatch(/167772160 .* large/);
  });
});
