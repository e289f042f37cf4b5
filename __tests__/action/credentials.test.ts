/**
 * Credentials that end while a step follows its job: sessions of a role, of fifteen minutes and of an hour, on machines whose clocks
 * are five minutes off; and keys of the environment. AWS's clock and those of the steps go thirty times as fast as the tests'.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AssumeRoleWithWebIdentityCommand, type Credentials, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errors, notices, secrets } from './faults/checks.ts';
import { MAIN, runOf } from './setup.ts';
import { StandIn, type StepResult } from './stand-in.ts';

const isFull = process.env['SSM_TEST_FULL'] === '1';
const RATE = 30;
const ROLE = 'arn:aws:iam::123456789012:role/runner';
/** Of the clock that goes fast. */
const MINUTES = isFull ? 150 : 32;
const TIME = 15 * 60_000;

let aws: StandIn;
let since: number;
/** Answers at /NAME what the test of that name wants to have answered: GitHub's tokens, credentials of a container. */
let other: Server;
const answers = new Map<string, () => Promise<object | undefined>>();

beforeAll(async () => {
  aws = await StandIn.start(['--time-scale', '0.05']);
  if (!isFull) await aws.fault({ kind: 'short-session', seconds: 900 });
  since = Date.now();
  const pace = { method: 'PUT', body: JSON.stringify({ clock_rate: RATE }) };
  expect((await fetch(`${aws.url}/_local/pace`, pace)).ok).toBe(true);
  other = createServer(async (request, response) => {
    const answer = await answers.get(new URL(request.url ?? '', 'http://x').pathname)?.();
    response.writeHead(answer === undefined ? 503 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  other.close();
  await aws.stop();
});

function otherUrl(path: string, answer: () => Promise<object | undefined>): string {
  answers.set(path, answer);
  return `http://127.0.0.1:${(other.address() as AddressInfo).port}${path}`;
}

async function token(): Promise<{ value: string }> {
  const run = await runOf(aws, MAIN);
  const headers = { authorization: `Bearer ${run.ACTIONS_ID_TOKEN_REQUEST_TOKEN}` };
  const answer = await fetch(`${run.ACTIONS_ID_TOKEN_REQUEST_URL}&audience=sts.amazonaws.com`, { headers });
  return (await answer.json()) as { value: string };
}

/** A session of fifteen minutes. */
async function session(): Promise<Credentials> {
  const { value: WebIdentityToken } = await token();
  const sts = new STSClient({
    region: 'us-east-1',
    endpoint: aws.url,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  const request = { RoleArn: ROLE, RoleSessionName: 'keys', WebIdentityToken, DurationSeconds: 900 };
  const { Credentials: given } = await sts.send(new AssumeRoleWithWebIdentityCommand(request));
  if (given === undefined) throw new Error('STS gave no session');
  return given;
}

async function keys(): Promise<Record<string, string>> {
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = await session();
  return { AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey, AWS_SESSION_TOKEN: SessionToken };
}

const CLOCK = new URL('faults/clock.mjs', import.meta.url).href;
const NO_KEYS = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
function clock(ahead = 0): Record<string, string> {
  const speed = { CLOCK_SINCE: String(since), CLOCK_RATE: String(RATE), CLOCK_AHEAD: String(ahead) };
  return { ...speed, NODE_OPTIONS: `--import=${CLOCK}` };
}

/** A job that prints a line a second for so many minutes of the fast clock. */
function inputs(task: string, minutes: number, more: Record<string, string> = {}): Record<string, string> {
  const run = `i=0; while [ $i -lt ${2 * minutes} ]; do i=$((i+1)); echo "line $i"; sleep 1; done`;
  return { task, run, download: 'logs', 'upload-artifacts': 'none', ...more };
}

function role(name: string): Record<string, string> {
  return { 'role-to-assume': ROLE, 'role-session-name': name };
}

function linesOf({ stdout }: StepResult): number {
  return new Set(stdout.match(/^line \d+$/gm)).size;
}

async function stops(job: string): Promise<number> {
  const all = (await aws.requests()).filter(({ operation }) => operation === 'StopTrainingJob');
  return all.filter(({ resource }) => resource.endsWith(job)).length;
}

/** The step has ended, its job goes on, and the log says how to come back. */
async function expectLeft(
  step: StepResult,
  workspace: string,
  given: Record<string, string>,
  env: Record<string, string>,
) {
  const job = step.outputs['job-name'] ?? '?';
  expect(step.code).toBe(1);
  expect(step.outputs['detached']).toBe('true');
  expect(notices(step).join()).toContain(`${job} goes on without this step`);
  expect((await aws.step(workspace, given, env, step.state).done).code).toBe(0);
  expect(await stops(job)).toBe(0);
  expect((await aws.describe(job)).TrainingJobStatus).toBe('InProgress');
  return job;
}

describe.concurrent('a role that is assumed', () => {
  // `npm test` has time for one clock.
  const clocks: [string, number][] = [
    ['as AWS’s', 0],
    ['five minutes late', -300],
  ];
  it.each([...(isFull ? clocks : []), ['five minutes early', 300] as const])(
    'lasts as long as the job, by a clock %s',
    async (_, ahead) => {
      const task = `role-${ahead}`;
      const env = { ...(await runOf(aws, MAIN)), ...NO_KEYS, ...clock(ahead) };
      const step = await aws.run(aws.workspace({}), inputs(task, MINUTES, role(task)), env);
      expect(step.code, step.stdout).toBe(0);
      expect([...errors(step), ...notices(step), ...secrets('main', step)]).toEqual([]);
      expect(linesOf(step)).toBe(2 * MINUTES);
      const masked = step.stdout.match(/^::add-mask::ASIA/gm)?.length ?? 0;
      // Each nine minutes, or each 54; and not for each call.
      expect(masked).toBeGreaterThanOrEqual(3);
      expect(masked).toBeLessThanOrEqual(isFull ? 5 : 8);
    },
    TIME,
  );

  it(
    'is used as long as it lasts while GitHub gives no tokens',
    async () => {
      const [begun, workspace] = [Date.now(), aws.workspace({})];
      let refused = 0;
      const url = otherUrl('/late', async () => {
        const minutes = ((Date.now() - begun) * RATE) / 60_000;
        // At nine minutes the session of fifteen is to be renewed.
        const isOut = (isFull ? 51 : 6) < minutes && minutes < (isFull ? 57 : 13);
        refused += isOut ? 1 : 0;
        return isOut ? undefined : token();
      });
      const env = {
        ...NO_KEYS,
        ...clock(),
        ACTIONS_ID_TOKEN_REQUEST_URL: `${url}?a=b`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x',
      };
      const step = await aws.run(workspace, inputs('late', isFull ? 70 : 24, role('late')), env);
      expect(step.code, step.stdout).toBe(0);
      expect(refused).toBeGreaterThan(0);
      expect(secrets('main', step)).toEqual([]);
    },
    TIME,
  );

  it(
    'and cannot be again, leaves the job running',
    async () => {
      const workspace = aws.workspace({});
      let given = 0;
      const url = otherUrl('/never', async () => {
        given += 1;
        return given === 1 ? token() : undefined;
      });
      const env = {
        ...NO_KEYS,
        ...clock(),
        ACTIONS_ID_TOKEN_REQUEST_URL: `${url}?a=b`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x',
      };
      const task = inputs('never', isFull ? 70 : 40, role('never'));
      const step = await aws.run(workspace, task, env);
      expect(errors(step).join()).toMatch(/GitHub did not issue an OIDC token.*%0A.*githubstatus/);
      await aws.stopJob(await expectLeft(step, workspace, task, env));
    },
    TIME,
  );
});

describe.concurrent('keys of the environment', () => {
  it(
    'that expire leave the job running, and the same workflow follows it with others',
    async () => {
      const workspace = aws.workspace({});
      const task = inputs('keys', 22);
      const env = { ...(await keys()), ...clock() };
      const step = await aws.run(workspace, task, env);
      expect(errors(step).join()).toMatch(/AWS credentials have expired.*%0A.*role-to-assume/);
      const job = await expectLeft(step, workspace, task, env);
      expect(secrets('main', step)).toEqual([]);
      const next = await aws.run(workspace, task, { ...(await keys()), ...clock(), GITHUB_RUN_ATTEMPT: '2' });
      expect(next.code, next.stdout).toBe(0);
      expect(next.outputs['job-name']).toBe(job);
      expect(linesOf(next)).toBe(44);
    },
    TIME,
  );

  it.runIf(isFull)(
    'that a container has again and again last as long as the job',
    async () => {
      let given = 0;
      const AWS_CONTAINER_CREDENTIALS_FULL_URI = otherUrl('/container', async () => {
        given += 1;
        const { Expiration, SessionToken, ...others } = await session();
        return { ...others, Token: SessionToken, Expiration: Expiration?.toISOString() };
      });
      const env = { ...NO_KEYS, ...clock(), AWS_CONTAINER_CREDENTIALS_FULL_URI };
      const step = await aws.run(aws.workspace({}), inputs('container', 26), env);
      expect(step.code, step.stdout).toBe(0);
      expect(linesOf(step)).toBe(52);
      expect(given).toBeGreaterThan(1);
    },
    TIME,
  );
});
