/** "kms-key" holds for all that a step and its jobs write, in buckets that refuse everything else. */
import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';
import { DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  CreateBucketCommand,
  GetBucketEncryptionCommand,
  GetBucketOwnershipControlsCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { DescribeTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Connection } from '../../src/aws/connection.ts';
import { createRepository } from '../../src/aws/ecr.ts';
import { Network } from '../../src/network/network.ts';
import { StandIn, type StepResult } from './stand-in.ts';

const SSE = 's3:x-amz-server-side-encryption';
const ALIAS = 'alias/ml';
let aws: StandIn;
let tls: Server;
let env: Record<string, string>;
beforeAll(async () => {
  aws = await StandIn.start(['--tls']);
  tls = await tlsServer(new URL(aws.tls.proxy));
  const { port } = tls.address() as { port: number };
  // The certificate is S3's own, whatever the address.
  env = { AWS_ENDPOINT_URL: `https://127.0.0.1:${port}`, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
});
afterAll(async () => {
  tls.close();
  await aws.stop();
});

/** A port behind which the stand-in speaks TLS, as S3's does. */
async function tlsServer({ hostname, port }: URL): Promise<Server> {
  const server = createServer((client) => {
    const proxy = connect(Number(port), hostname, () => {
      proxy.write('CONNECT s3.us-east-1.amazonaws.com:443 HTTP/1.1\r\nHost: s3.us-east-1.amazonaws.com:443\r\n\r\n');
      proxy.once('data', () => client.pipe(proxy).pipe(client));
    });
    for (const socket of [client, proxy]) socket.on('error', () => [client, proxy].map((each) => each.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** The ARN of the key of the alias, as S3 names it. */
async function keyOfAlias(bucket: string): Promise<string> {
  const put = {
    Bucket: bucket,
    Key: 'outside',
    Body: 'x',
    ServerSideEncryption: 'aws:kms',
    SSEKMSKeyId: ALIAS,
  } as const;
  return (await aws.s3().send(new PutObjectCommand(put))).SSEKMSKeyId ?? '';
}

/** A bucket with all the usual policies of those who demand encryption with one key. Returns the key's ARN. */
async function strictBucket(name: string): Promise<string> {
  await aws.s3().send(new CreateBucketCommand({ Bucket: name }));
  const key = await keyOfAlias(name);
  const denied = (Sid: string, Condition: object): object => {
    return {
      Sid,
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutObject',
      Resource: `arn:aws:s3:::${name}/*`,
      Condition,
    };
  };
  const Resource = [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`];
  const plain = { Bool: { 'aws:SecureTransport': 'false' } };
  const Statement = [
    denied('NoHeader', { Null: { [SSE]: 'true' } }),
    denied('NotKms', { StringNotEquals: { [SSE]: 'aws:kms' } }),
    denied('S3Keys', { StringEquals: { [SSE]: 'AES256' } }),
    denied('NoKey', { Null: { [`${SSE}-aws-kms-key-id`]: 'true' } }),
    denied('OtherKey', { StringNotEqualsIfExists: { [`${SSE}-aws-kms-key-id`]: key } }),
    { Sid: 'Plain', Effect: 'Deny', Principal: '*', Action: 's3:*', Resource, Condition: plain },
  ];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await aws.s3().send(new PutBucketPolicyCommand({ Bucket: name, Policy }));
  return key;
}

/** Key of the object → ARN of the key that encrypts it. */
async function encryptions(bucket: string): Promise<Map<string, string | undefined>> {
  const requestHandler = { httpsAgent: { rejectUnauthorized: false } };
  const credentials = { accessKeyId: 'AKIASOMEBODYELSE0000', secretAccessKey: 'x' };
  const endpoint = env['AWS_ENDPOINT_URL'] ?? '';
  const s3 = new S3Client({ region: 'us-east-1', endpoint, credentials, forcePathStyle: true, requestHandler });
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  const found = Contents.map(async ({ Key = '' }) => {
    const { SSEKMSKeyId } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }));
    return [Key, SSEKMSKeyId] as const;
  });
  return new Map(await Promise.all(found));
}

const given = {
  ...{ task: 'train', bucket: 'corp-ml', 'kms-key': ALIAS, inputs: 'data=./data', 'upload-artifacts': 'none' },
  run: 'cp $SM_CHANNEL_DATA/small $SM_MODEL_DIR/m; echo 1 > $SSM_STATE/s; echo 1 > $SM_OUTPUT_DATA_DIR/o',
};
const run = (inputs: Record<string, string>, workspace = aws.workspace({})): Promise<StepResult> =>
  aws.run(workspace, inputs, env);

describe('a bucket that demands TLS and encryption with one key', () => {
  it('has everything encrypted with it: objects, parts, results, state, records, leases', async () => {
    const key = await strictBucket('corp-ml');
    const workspace = aws.workspace({ 'data/large': randomBytes(20 * 2 ** 20), 'data/small': 'x' });
    const done = await run(given, workspace);
    expect(done.code, done.stdout).toBe(0);
    expect(done.stdout).toContain('Input data: 2 sent');
    // What the pins and the manifest say still holds, though no ETag is an MD5.
    expect((await run(given, workspace)).outputs['skipped']).toBe('true');
    const again = await run({ ...given, 'skip-if': 'never' }, workspace);
    expect(again.stdout).toContain('Input data: 0 sent (0 B), 2 unchanged, 0 removed');
    // The post step writes the lease too.
    await aws.fault({ kind: 'slow', operation: 's3:UploadPart', seconds: 2 });
    const sends = { ...given, task: 'sends' };
    const begun = async (): Promise<number> => (await aws.calls())['UploadPart'] ?? 0;
    const before = await begun();
    const sending = aws.step(workspace, sends, env);
    await expect.poll(begun, { timeout: 30_000, interval: 50 }).toBeGreaterThan(before);
    sending.kill('SIGKILL');
    const post = await aws.step(workspace, sends, env, (await sending.done).state).done;
    await aws.liftFaults();
    expect(post.code, post.stdout).toBe(0);
    expect(post.stdout).toContain('Its unfinished uploads are aborted and the lease is released.');
    // A step without "kms-key" writes the record.
    const step = aws.step(workspace, { ...given, task: 'killed', run: 'echo up; sleep 5' }, env);
    await step.printed('\nup\n');
    step.kill('SIGKILL');
    await step.done;
    const collected = await run({ task: 'killed', mode: 'collect', bucket: 'corp-ml', download: 'none' }, workspace);
    expect(collected.code, collected.stdout).toBe(0);
    const job = await aws.newestJob('train');
    const described = await aws.sagemaker().send(new DescribeTrainingJobCommand({ TrainingJobName: job }));
    expect(described.ResourceConfig?.VolumeKmsKeyId).toBe(ALIAS);
    const found = await encryptions('corp-ml');
    expect([...new Set(found.values())]).toEqual([key]);
    const names = [...found.keys()].map((name) =>
      name
        .split('/')
        .slice(2)
        .join('/')
        .replace(/.*-train-[^/]*/, 'JOB'),
    );
    expect(names).toEqual(
      expect.arrayContaining([
        ...['.sync/data.json', 'input/data/large', 'input/data/small', 'state/s', 'JOB/record.json'],
        ...['JOB/output/model.tar.gz', 'JOB/output/output.tar.gz', 'JOB/source/sourcedir.tar.gz'],
      ]),
    );
  });

  it.each([
    [
      'another key',
      'alias/other',
      /If it demands another key than "kms-key" \(alias\/other\), set "kms-key" to that one/,
    ],
    ['no key', '', /If it demands encryption with a KMS key, set "kms-key" to that key/],
  ])('refuses %s before anything starts, and the error says what to do', async (_what, key, hint) => {
    const bucket = `refuses-${key === '' ? 'none' : 'other'}`;
    await strictBucket(bucket);
    await aws.clearRequests();
    const { code, stdout } = await run({ task: 'x', run: 'true', bucket, 'kms-key': key });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /::error::The policy of the bucket denies this write: User: \S+ is not authorized to perform: s3:PutObject on resource: "\S+" with an explicit deny in a resource-based policy/,
    );
    expect(stdout).toMatch(hint);
    const calls = await aws.calls();
    for (const made of ['CreateTrainingJob', 'CreateRole', 'CreateMultipartUpload'])
      expect(calls).not.toHaveProperty(made);
  });
});

describe('a key that does not exist', () => {
  it('is a clear error', async () => {
    await aws.bucketWith('any', 'x', 'x');
    const message = `Alias arn:aws:kms:us-east-1:123456789012:${ALIAS} is not found.`;
    const fault = { kind: 'error', code: 'KMS.NotFoundException', status: 400, message };
    await aws.fault({ ...fault, operation: 's3:PutObject' });
    const { code, stdout } = await run({ task: 'x', run: 'true', bucket: 'any', 'kms-key': ALIAS });
    await aws.liftFaults();
    expect(code).toBe(1);
    expect(stdout).toContain(`::error::S3 cannot encrypt with the KMS key: ${message}%0ACheck "kms-key"`);
  });
});

describe('what the action creates', () => {
  it('is encrypted with the key by default: the bucket', async () => {
    const made = await run({ ...given, bucket: 'made-with-key', inputs: '', run: 'true' });
    expect(made.code, made.stdout).toBe(0);
    const { ServerSideEncryptionConfiguration } = await aws
      .s3()
      .send(new GetBucketEncryptionCommand({ Bucket: 'made-with-key' }));
    expect(ServerSideEncryptionConfiguration?.Rules?.[0]).toMatchObject({
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: ALIAS },
      BucketKeyEnabled: true,
    });
    const owned = await aws.s3().send(new GetBucketOwnershipControlsCommand({ Bucket: 'made-with-key' }));
    expect(owned.OwnershipControls?.Rules?.[0]?.ObjectOwnership).toBe('BucketOwnerEnforced');
  });

  it('is encrypted with the key: the repository of images', async () => {
    const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' };
    process.env['AWS_ENDPOINT_URL'] = aws.url;
    const connection = new Connection('us-east-1', 'test', async () => credentials, new Network({}), ALIAS);
    await createRepository(connection, 'images', new AbortController().signal);
    const ecr = new ECRClient({ region: 'us-east-1', endpoint: aws.url, credentials });
    const { repositories = [] } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['images'] }));
    expect(repositories[0]?.encryptionConfiguration).toEqual({ encryptionType: 'KMS', kmsKey: ALIAS });
  });
});
