/** The bucket that is made: as it must be, whoever makes it at the same time. */
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { StandIn } from './stand-in.ts';

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start();
});
afterAll(() => aws.stop());

it('is private and encrypted and aborts old uploads, also when another run is making it', async () => {
  const busy = { kind: 'error', code: 'OperationAborted', status: 409, message: 'A conflicting conditional operation' };
  for (const operation of [
    's3:CreateBucket',
    's3:PutPublicAccessBlock',
    's3:PutBucketEncryption',
    's3:PutBucketLifecycle*',
  ])
    await aws.fault({ ...busy, operation, times: 2 });
  const inputs = { run: 'true', download: 'logs' };
  const runs = await Promise.all(['a', 'b'].map((task) => aws.run(aws.workspace({}), { ...inputs, task })));
  for (const { code, stdout } of runs) expect(code, stdout).toBe(0);
  const refused = (await aws.requests())
    .filter(({ action, status }) => action.startsWith('s3:') && status === 409)
    .map(({ operation }) => operation);
  expect(refused.toSorted()).toEqual([
    ...['CreateBucket', 'CreateBucket', 'PutBucketEncryption', 'PutBucketEncryption'],
    ...['PutBucketLifecycleConfiguration', 'PutBucketLifecycleConfiguration'],
    ...['PutPublicAccessBlock', 'PutPublicAccessBlock'],
  ]);
  const { PublicAccessBlockConfiguration } = await aws
    .s3()
    .send(new GetPublicAccessBlockCommand({ Bucket: aws.bucket }));
  expect(PublicAccessBlockConfiguration).toEqual({
    ...{ BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
  });
  const { ServerSideEncryptionConfiguration } = await aws
    .s3()
    .send(new GetBucketEncryptionCommand({ Bucket: aws.bucket }));
  const [rule] = ServerSideEncryptionConfiguration?.Rules ?? [];
  expect(rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm).toBe('AES256');
  const { Rules = [] } = await aws.s3().send(new GetBucketLifecycleConfigurationCommand({ Bucket: aws.bucket }));
  expect(Rules).toHaveLength(1);
  expect(Rules[0]).toMatchObject({ Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } });
  expect(Rules[0]).not.toHaveProperty('Expiration');
});
