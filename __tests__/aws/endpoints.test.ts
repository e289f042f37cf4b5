/** Which hosts the SDK's clients ask, by the variables that all of AWS's SDKs read: seen by a proxy, which lets none through. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudWatchLogsClient, DescribeLogStreamsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Connection } from '../../src/aws/connection.ts';
import { accountId, assumedRole } from '../../src/aws/credentials.ts';
import { s3 } from '../../src/aws/s3-client.ts';
import { describeJob } from '../../src/aws/sagemaker.ts';
import { Network } from '../../src/network/network.ts';

let server: Server;
let network: Network;
/** host:port of each CONNECT, or the URL of a request without TLS. */
let asked: string[] = [];
beforeAll(async () => {
  server = createServer((request, answer) => {
    asked.push(request.url ?? '');
    answer.writeHead(403).end();
  });
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  network = new Network({ HTTPS_PROXY: proxy, HTTP_PROXY: proxy });
});
afterAll(() => void server.close());
afterEach(() => vi.unstubAllEnvs());

const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' };
type Ask = (aws: Connection, signal: AbortSignal) => Promise<unknown>;

/** Each service of the action by one of its calls. */
const CALLS: Readonly<Record<string, Ask>> = {
  sts: accountId,
  'sts in assume': (aws) => {
    const role = { roleArn: 'arn:aws:iam::123456789012:role/x', sessionName: 'x', region: aws.region, network };
    return assumedRole({ ...role, token: async () => 'token', mask: () => {}, tell: () => {} })();
  },
  s3: (aws) => s3(aws).send(new HeadBucketCommand({ Bucket: 'bucket' })),
  sagemaker: (aws, signal) => describeJob(aws, 'job', signal),
  logs: (aws) => aws.client(CloudWatchLogsClient).send(new DescribeLogStreamsCommand({ logGroupName: 'x' })),
  ecr: (aws) => aws.client(ECRClient).send(new DescribeRepositoriesCommand({})),
  iam: (aws) => aws.client(IAMClient).send(new GetRoleCommand({ RoleName: 'x' })),
};

/** The host that each service is asked at. */
async function hosts(region: string, environment: Record<string, string>): Promise<Record<string, string>> {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const found: Record<string, string> = {};
  for (const [name, ask] of Object.entries(CALLS)) {
    asked = [];
    const aws = new Connection(region, 'test', async () => KEYS, network);
    const error = await ask(aws, AbortSignal.timeout(20_000)).catch((failed: unknown) => failed);
    aws.destroy();
    expect(error, name).toBeInstanceOf(Error);
    found[name] = [...new Set(asked.map((each) => each.replace(/:443$/, '')))].join(' ');
  }
  return found;
}

/** The hosts, STS's in `assume` too. */
const table = (sts: string, others: Record<string, string>): Record<string, string> => ({
  sts,
  'sts in assume': sts,
  ...others,
});

describe('the services are asked at', () => {
  it.each<[string, string, Record<string, string>, Record<string, string>]>([
    [
      'a region’s own hosts',
      'eu-west-1',
      {},
      table('sts.eu-west-1.amazonaws.com', {
        s3: 'bucket.s3.eu-west-1.amazonaws.com',
        sagemaker: 'api.sagemaker.eu-west-1.amazonaws.com',
        logs: 'logs.eu-west-1.amazonaws.com',
        ecr: 'api.ecr.eu-west-1.amazonaws.com',
        iam: 'iam.amazonaws.com',
      }),
    ],
    [
      'FIPS hosts',
      'us-east-1',
      { AWS_USE_FIPS_ENDPOINT: 'True' },
      table('sts-fips.us-east-1.amazonaws.com', {
        s3: 'bucket.s3-fips.us-east-1.amazonaws.com',
        sagemaker: 'api-fips.sagemaker.us-east-1.amazonaws.com',
        logs: 'logs-fips.us-east-1.amazonaws.com',
        ecr: 'api.ecr-fips.us-east-1.amazonaws.com',
        iam: 'iam-fips.amazonaws.com',
      }),
    ],
    [
      'dual-stack hosts',
      'us-east-1',
      { AWS_USE_DUALSTACK_ENDPOINT: 'true' },
      table('sts.us-east-1.api.aws', {
        s3: 'bucket.s3.dualstack.us-east-1.amazonaws.com',
        sagemaker: 'api.sagemaker.us-east-1.api.aws',
        logs: 'logs.us-east-1.api.aws',
        ecr: 'ecr.us-east-1.api.aws',
        iam: 'iam.global.api.aws',
      }),
    ],
    [
      'China’s hosts',
      'cn-north-1',
      {},
      table('sts.cn-north-1.amazonaws.com.cn', {
        s3: 'bucket.s3.cn-north-1.amazonaws.com.cn',
        sagemaker: 'api.sagemaker.cn-north-1.amazonaws.com.cn',
        logs: 'logs.cn-north-1.amazonaws.com.cn',
        ecr: 'api.ecr.cn-north-1.amazonaws.com.cn',
        iam: 'iam.cn-north-1.amazonaws.com.cn',
      }),
    ],
    [
      'GovCloud’s hosts',
      'us-gov-west-1',
      {},
      table('sts.us-gov-west-1.amazonaws.com', {
        s3: 'bucket.s3.us-gov-west-1.amazonaws.com',
        sagemaker: 'api.sagemaker.us-gov-west-1.amazonaws.com',
        logs: 'logs.us-gov-west-1.amazonaws.com',
        ecr: 'api.ecr.us-gov-west-1.amazonaws.com',
        iam: 'iam.us-gov.amazonaws.com',
      }),
    ],
    [
      'VPC endpoints by service, and one for the others',
      'eu-west-1',
      {
        AWS_ENDPOINT_URL: 'https://aws.corp.test',
        AWS_ENDPOINT_URL_STS: 'https://vpce-1.sts.eu-west-1.vpce.amazonaws.com',
        AWS_ENDPOINT_URL_S3: 'https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com',
        AWS_ENDPOINT_URL_SAGEMAKER: 'https://vpce-1.api.sagemaker.eu-west-1.vpce.amazonaws.com',
        AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: 'https://vpce-1.logs.eu-west-1.vpce.amazonaws.com',
        AWS_ENDPOINT_URL_ECR: 'https://vpce-1.api.ecr.eu-west-1.vpce.amazonaws.com',
      },
      table('vpce-1.sts.eu-west-1.vpce.amazonaws.com', {
        s3: 'bucket.bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com',
        sagemaker: 'vpce-1.api.sagemaker.eu-west-1.vpce.amazonaws.com',
        logs: 'vpce-1.logs.eu-west-1.vpce.amazonaws.com',
        ecr: 'vpce-1.api.ecr.eu-west-1.vpce.amazonaws.com',
        iam: 'aws.corp.test',
      }),
    ],
  ])('%s', async (_, region, environment, expected) => {
    expect(await hosts(region, environment)).toEqual(expected);
  });

  it.each([
    ['AWS_USE_FIPS_ENDPOINT', 'yes'],
    ['AWS_USE_DUALSTACK_ENDPOINT', '1'],
  ])('none, if %s is %s', (name, value) => {
    vi.stubEnv(name, value);
    const make = (): Connection => new Connection('us-east-1', 'test', undefined, network);
    expect(make).toThrow(`${name} is "${value}", which is neither true nor false.`);
  });
});
