/** Which calls are made again, how often, and what is said of it: against a server that answers as AWS does. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { HeadBucketCommand, ListBucketsCommand } from '@aws-sdk/client-s3';
import { ListTrainingJobsCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { RetryErrorInfo } from '@aws-sdk/types';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { streamEvents } from '../../src/aws/cloudwatch-logs.ts';
import { Connection, type Credentials } from '../../src/aws/connection.ts';
import { Retries } from '../../src/aws/retries.ts';
import { s3 } from '../../src/aws/s3-client.ts';
import { readText } from '../../src/aws/s3-objects.ts';
import { isTransient } from '../../src/aws/service-errors.ts';
import { Network } from '../../src/network/network.ts';

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** Bytes that come. The headers speak of all. */
  readonly sent?: number;
}

let server: Server;
let answers: readonly Answer[] = [];
let asked: IncomingHttpHeaders[] = [];
const said: string[] = [];
const open: Connection[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const { status = 200, headers = {}, body = '', sent } = answers[Math.min(asked.length, answers.length - 1)] ?? {};
    asked.push(request.headers);
    response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
    if (sent === undefined) response.end(body);
    else response.write(body.slice(0, sent), () => void response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => void server.close());
afterEach(() => {
  for (const each of open.splice(0)) each.destroy();
  said.splice(0);
  asked = [];
  vi.unstubAllEnvs();
});

const KEYS = async () => ({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' });

function connect(given: readonly Answer[], endpoint?: string, credentials: Credentials = KEYS): Connection {
  answers = given;
  const url = endpoint ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('AWS_ENDPOINT_URL', url);
  // Each line once: a step prints it so.
  const tell = (line: string): void => {
    if (!said.includes(line)) said.push(line);
  };
  open.push(new Connection('us-east-1', 'test', credentials, new Network({}), undefined, tell));
  return open.at(-1) as Connection;
}

const CALLS = {
  sagemaker: (aws: Connection) => aws.client(SageMakerClient).send(new ListTrainingJobsCommand({})),
  s3: (aws: Connection) => s3(aws).send(new ListBucketsCommand({})),
  head: (aws: Connection) => s3(aws).send(new HeadBucketCommand({ Bucket: 'b' })),
  iam: (aws: Connection) => aws.client(IAMClient).send(new GetRoleCommand({ RoleName: 'r' })),
} as const;

const json = (code: string, status = 400): Answer => ({
  ...{ status, body: JSON.stringify({ __type: code, message: code }) },
  headers: { 'content-type': 'application/x-amz-json-1.1' },
});
const xml = (code: string, status: number): Answer => ({ status, body: `<Error><Code>${code}</Code></Error>` });
const iam = (code: string, status: number): Answer => ({
  status,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code></Error></ErrorResponse>`,
});
const JOBS: Answer = { body: '{"TrainingJobSummaries":[]}' };
const BUCKETS: Answer = { body: '<ListAllMyBucketsResult></ListAllMyBucketsResult>' };
const ROLE: Answer = { body: '<GetRoleResponse><GetRoleResult></GetRoleResult></GetRoleResponse>' };
const PAGE: Answer = { status: 503, body: '<html>no server</html>', headers: { 'content-type': 'text/html' } };
/** By a clock that is six minutes before this machine's. */
const late = (answer: Answer): Answer => ({
  ...answer,
  headers: { ...answer.headers, date: new Date(Date.now() + 360_000).toUTCString() },
});

describe('a call is made again', () => {
  it.each<[string, keyof typeof CALLS, readonly Answer[], number, string]>([
    [
      "after faults of the service's own",
      's3',
      [xml('InternalError', 500), xml('InternalError', 500), BUCKETS],
      3,
      'S3 has a fault of its own (HTTP 500)',
    ],
    [
      'after too many calls',
      'sagemaker',
      [json('ThrottlingException'), JOBS],
      2,
      'SageMaker is asked too often in this account (ThrottlingException)',
    ],
    [
      'after too many calls of S3',
      's3',
      [xml('SlowDown', 503), BUCKETS],
      2,
      'S3 is asked too often in this account (SlowDown)',
    ],
    [
      'after too many calls of IAM',
      'iam',
      [iam('Throttling', 400), ROLE],
      2,
      'IAM is asked too often in this account (Throttling)',
    ],
    ["after a load balancer's page", 'sagemaker', [PAGE, JOBS], 2, 'SageMaker has a fault of its own (HTTP 503)'],
    ["after a load balancer's page in XML's place", 's3', [PAGE, BUCKETS], 2, 'S3 has a fault of its own (HTTP 503)'],
    ["after a load balancer's page in IAM's place", 'iam', [PAGE, ROLE], 2, 'IAM has a fault of its own (HTTP 503)'],
    ['after half an answer', 'sagemaker', [{ ...JOBS, sent: 9 }, JOBS], 2, 'SageMaker gives no answer (ECONNRESET)'],
    ['after half an answer in XML', 's3', [{ ...BUCKETS, sent: 9 }, BUCKETS], 2, 'S3 gives no answer (ECONNRESET)'],
    [
      'after half an error',
      'iam',
      [{ ...iam('NoSuchEntity', 404), sent: 30 }, ROLE],
      2,
      'IAM gives no answer (ECONNRESET)',
    ],
    [
      'after a request that came too slowly',
      's3',
      [xml('RequestTimeout', 400), BUCKETS],
      2,
      'S3 did not get the whole request in time (RequestTimeout)',
    ],
    [
      'by the right time after a wrong one',
      's3',
      [late(xml('RequestTimeTooSkewed', 403)), late(BUCKETS)],
      2,
      "S3 does not accept the time of this machine's clock",
    ],
    [
      'by the right time, if there is no text',
      'sagemaker',
      [late(json('InvalidSignatureException')), late(JOBS)],
      2,
      "SageMaker does not accept the time of this machine's clock",
    ],
  ])('%s', async (_, call, given, calls, line) => {
    await CALLS[call](connect(given));
    expect(asked).toHaveLength(calls);
    expect(said).toEqual([`${line}; trying again …`]);
  });

  it('when the service says so, but not five seconds later', async () => {
    const wish = (ms: number): Answer => ({
      ...json('ThrottlingException'),
      headers: { 'x-amz-retry-after': String(ms) },
    });
    const begun = Date.now();
    await CALLS.sagemaker(connect([wish(1_500), JOBS]));
    expect(Date.now() - begun).toBeGreaterThan(1_400);
    await CALLS.sagemaker(connect([JOBS, wish(600_000), JOBS]));
  });
});

describe('the log, which has a pace of its own', () => {
  const call = (answer: Answer): Promise<Error> =>
    streamEvents(connect([answer]), 's', undefined, new AbortController().signal).then(
      () => new Error('it succeeded'),
      (error: Error) => error,
    );

  it.each<[string, Answer]>([
    ["after a load balancer's page", PAGE],
    ['after half an answer', { body: '{"events":[]}', sent: 5 }],
    ['after too many calls', json('ThrottlingException')],
    ["after a fault of the service's own", json('ServiceUnavailableException', 503)],
  ])('is asked again later %s', async (_, answer) => {
    expect(isTransient(await call(answer))).toBe(true);
    expect(asked).toHaveLength(1);
  });

  it('is not asked again when that is denied', async () => {
    expect(isTransient(await call(json('AccessDeniedException')))).toBe(false);
  });
});

describe('a call is made once', () => {
  it.each<[string, keyof typeof CALLS, Answer, number]>([
    ['that is denied', 'sagemaker', json('AccessDeniedException'), 1],
    ['that S3 denies', 's3', xml('AccessDenied', 403), 1],
    ['that is denied without a word', 'head', { status: 403 }, 1],
    ['that is wrong', 'sagemaker', json('ValidationException'), 1],
    ['whose credentials have expired', 'sagemaker', json('ExpiredTokenException'), 1],
    ['whose credentials have expired in S3', 's3', xml('ExpiredToken', 400), 1],
    ['that would be more than there may be', 'iam', iam('LimitExceeded', 409), 1],
    ['that is denied while the clock is wrong', 'sagemaker', late(json('AccessDeniedException')), 1],
    ['twice, where the signature itself is wrong', 's3', late(xml('SignatureDoesNotMatch', 403)), 2],
  ])('%s', async (_, call, answer, calls) => {
    await expect(CALLS[call](connect([answer]))).rejects.toThrow();
    expect(asked).toHaveLength(calls);
  });
});

describe('a call whose session has ended', () => {
  const EXPIRED = json('ExpiredTokenException');

  it.each<[string, readonly Answer[], number, boolean]>([
    ['is made with the next one', [EXPIRED, JOBS], 2, true],
    ['is made with the one after that, if that has ended too', [EXPIRED, EXPIRED, JOBS], 3, true],
    ['is given up after three more', [EXPIRED], 4, false],
  ])('%s', async (_, given, calls, succeeds) => {
    let count = 0;
    const ended: string[] = [];
    const credentials = Object.assign(
      async () => ({
        accessKeyId: `AKIA${count}`,
        secretAccessKey: 'x',
        expiration: new Date(count === 0 ? 1e14 : 2e14),
      }),
      {
        end: (key: string): void => {
          ended.push(key);
          count += 1;
        },
      },
    );
    const call = CALLS.sagemaker(connect(given, undefined, credentials));
    await (succeeds ? call : expect(call).rejects.toThrow('ExpiredToken'));
    expect(asked).toHaveLength(calls);
    expect(ended).toEqual(ended.map((_, at) => `AKIA${at}`));
    expect(said).toEqual(['The session of the role has ended early; assuming the role again …']);
  });
});

describe('the time for a call', () => {
  const error = Object.assign(new Error('x'), { name: 'InternalError', $metadata: { httpStatusCode: 500 } });
  const token = (ago: number) => ({ since: Date.now() - ago, getRetryCount: () => 3, getRetryDelay: () => 0 });

  it('is three minutes', async () => {
    const retries = new Retries(
      () => 'S3',
      () => {},
    );
    const failed = { error, errorType: 'TRANSIENT' } as RetryErrorInfo;
    expect((await retries.refreshRetryTokenForRetry(token(170_000), failed)).getRetryCount()).toBe(4);
    await expect(retries.refreshRetryTokenForRetry(token(180_001), failed)).rejects.toThrow('is over');
  });

  it.each([
    ['2', 2],
    ['1', 1],
    ['many', 3],
  ])('is cut short by AWS_MAX_ATTEMPTS=%s, if that is a number', async (given, calls) => {
    vi.stubEnv('AWS_MAX_ATTEMPTS', given);
    const call = CALLS.sagemaker(connect([json('InternalFailure', 500), json('InternalFailure', 500), JOBS]));
    await (calls === 3 ? call : expect(call).rejects.toThrow('InternalFailure'));
    expect(asked).toHaveLength(calls);
  });

  it('is short for a host that never answered', async () => {
    const begun = Date.now();
    await expect(CALLS.s3(connect([], 'http://127.0.0.1:9'))).rejects.toThrow('refuses the connection');
    expect(Date.now() - begun).toBeLessThan(60_000);
    expect(said).toEqual(['S3 gives no answer (ECONNREFUSED); trying again …']);
  });

  it('ends with the connection', async () => {
    const aws = connect([json('ThrottlingException')]);
    const call = CALLS.sagemaker(aws).catch((failure: Error) => failure.name);
    await vi.waitUntil(() => said.length > 0, 10_000);
    aws.destroy();
    expect(await call).toBe('ThrottlingException');
  });
});

describe('an object whose answer ends too early', () => {
  const BUCKET = { name: 'b', owner: '123456789012' };
  const NEVER = new AbortController().signal;
  const text = 'abcdefghij'.repeat(100);
  const rest = (from: number, sent?: number): Answer => ({
    ...{ status: 206, body: text.slice(from), headers: { etag: '"e"' } },
    ...(sent !== undefined && { sent }),
  });

  it('is read on where it ended, if it is the same', async () => {
    const aws = connect([{ body: text, headers: { etag: '"e"' }, sent: 400 }, rest(400, 300), rest(700)]);
    expect(await readText(aws, BUCKET, 'k', NEVER)).toBe(text);
    expect(asked.map(({ range, 'if-match': etag }) => [range, etag])).toEqual([
      [undefined, undefined],
      ['bytes=400-', '"e"'],
      ['bytes=700-', '"e"'],
    ]);
    expect(said).toEqual(['S3 ends an answer before its end; reading the rest …']);
  });

  it('is given up if nothing more comes', async () => {
    const aws = connect([{ body: text, headers: { etag: '"e"' }, sent: 400 }, rest(400, 0)]);
    await expect(readText(aws, BUCKET, 'k', NEVER)).rejects.toThrow();
    expect(asked).toHaveLength(6);
  });
});
