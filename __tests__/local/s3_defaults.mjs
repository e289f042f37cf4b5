// What the JavaScript SDK sends when nobody tells it otherwise: checksums in trailers, parts, conditions.
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';

const [endpoint, Bucket] = process.argv.slice(2);
const credentials = { accessKeyId: 'tester', secretAccessKey: 'tester' };
const client = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
const refusal = (command) =>
  client.send(command).then(
    () => 'none',
    (error) => error.name,
  );

const parts = { Bucket, Key: 'js/parts', Body: Readable.from([randomBytes(7 << 20), randomBytes(5 << 20)]) };
await new Upload({ client, params: parts }).done();
const { ETag } = await client.send(new HeadObjectCommand({ Bucket, Key: 'js/parts' }));
const Body = Readable.from([Buffer.from('stream'.repeat(1000))]);
await client.send(new PutObjectCommand({ Bucket, Key: 'js/stream', Body, ContentLength: 6000, IfNoneMatch: '*' }));
const again = await refusal(new PutObjectCommand({ Bucket, Key: 'js/stream', Body: 'x', IfNoneMatch: '*' }));
const got = await client.send(new GetObjectCommand({ Bucket, Key: 'js/stream', ChecksumMode: 'ENABLED' }));
const body = createHash('sha256')
  .update(await got.Body.transformToByteArray())
  .digest('hex');
const owner = await refusal(new PutObjectCommand({ Bucket, Key: 'x', Body: 'x', ExpectedBucketOwner: '111122223333' }));
console.log(
  JSON.stringify({ etagOfParts: /-\d+"$/.test(ETag), again, body, checksum: Boolean(got.ChecksumCRC32), owner }),
);
