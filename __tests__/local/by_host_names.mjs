// The JavaScript SDK against AWS's own host names. It reads no HTTPS_PROXY itself, Node's own agent does (24.5 and later).
import { Agent } from 'node:https';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

const requestHandler = { httpsAgent: new Agent({ keepAlive: true, proxyEnv: process.env }) };
const options = { region: 'us-east-1', maxAttempts: 1, requestHandler };
const { Account } = await new STSClient({ ...options, region: 'eu-north-1' }).send(new GetCallerIdentityCommand({}));
const s3 = new S3Client(options);
const place = { Bucket: 'from-javascript', Key: 'ä b/☃' };
await s3.send(new CreateBucketCommand({ Bucket: place.Bucket }));
await s3.send(new PutObjectCommand({ ...place, Body: Buffer.alloc(5_000_000, 'x') }));
const { Body } = await s3.send(new GetObjectCommand(place));
console.log(JSON.stringify({ Account, length: (await Body.transformToByteArray()).length }));
