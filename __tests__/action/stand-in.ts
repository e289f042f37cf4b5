/** The stand-in for AWS and the built action as processes: what a runner does with a step, without the runner. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  DescribeTrainingJobCommand,
  type DescribeTrainingJobCommandOutput,
  SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { startStep } from '../../scripts/step.mjs';

const root = join(import.meta.dirname, '..', '..');
/** Of `stand_ins.py`, where the checks have started it. */
const socket = process.env['STAND_INS'] ?? '';
const python = join(process.env['SAGEMAKER_LOCAL_VENV'] || join(root, '.cache', 'venv'), 'bin', 'python');

export interface Request {
  /** When it was answered, in seconds. */
  readonly time: number;
  readonly principal: string;
  readonly action: string;
  readonly service: string;
  readonly operation: string;
  readonly resource: string;
  /** Further permissions that it needed. */
  readonly also: readonly { readonly action: string; readonly resource: string }[];
  readonly status: number;
}

export interface StepResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly outputs: Record<string, string>;
  readonly state: Record<string, string>;
  readonly summary: string;
}

export interface Step {
  readonly pid: number | undefined;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves when the output holds the text. */
  readonly printed: (text: string) => Promise<void>;
  readonly done: Promise<StepResult>;
}

/** Somebody else's. */
const ELSE = { accessKeyId: 'AKIASOMEBODYELSE0000', secretAccessKey: 'x' };

export const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

interface Told {
  readonly url: string;
  readonly pid: number;
  readonly tls?: { readonly proxy: string; readonly bundle: string };
}

/** A process, whose standard output closes when it has ended. */
interface Started {
  readonly output: Readable;
  readonly failed: Promise<never>;
}

function spawned(words: readonly string[], env: NodeJS.ProcessEnv): Started {
  const options = { cwd: join(root, 'local'), env };
  const child = spawn(python, ['-m', 'sagemaker_local', ...words], { ...options, stdio: ['ignore', 'pipe', 'ignore'] });
  return { output: child.stdout, failed: new Promise((_, reject) => child.once('error', reject)) };
}

/** By the process that `stand_ins.py` is; the last line is the exit code. */
function forked(words: readonly string[], environment: NodeJS.ProcessEnv): Started {
  const connection = connect(socket);
  connection.write(`${JSON.stringify({ arguments: words, environment })}\n`);
  return { output: connection, failed: new Promise((_, reject) => connection.once('error', reject)) };
}

/** A server with a folder of its own; jobs' instances see a /tmp of their own, so that folder lies elsewhere. */
export class StandIn {
  readonly folder: string;
  readonly url: string;
  /** With --tls: the proxy that answers for AWS's own hosts, and the bundle of certificates that vouches for it. */
  readonly tls: { readonly proxy: string; readonly bundle: string };
  readonly #end: () => Promise<void>;

  private constructor(folder: string, { url, tls = { proxy: '', bundle: '' } }: Told, end: () => Promise<void>) {
    this.folder = folder;
    this.url = url;
    this.tls = tls;
    this.#end = end;
  }

  /** A Docker engine that happens to be there changes nothing, unless `flags` say so. */
  static async start(flags: readonly string[] = [], env: Record<string, string> = {}): Promise<StandIn> {
    const containers = flags.includes('--containers') ? [] : ['--containers', 'none'];
    mkdirSync(join(root, '.cache', 'tests'), { recursive: true });
    const folder = mkdtempSync(join(root, '.cache', 'tests', 'stand-in-'));
    const words = ['--port', '0', '--data', join(folder, 'data'), ...containers, ...flags];
    const environment = { ...process.env, ...env };
    const { output, failed } = socket === '' ? spawned(words, environment) : forked(words, environment);
    const closed = new Promise<void>((resolve) => output.once('close', () => resolve()));
    const firstLine = new Promise<string>((resolve, reject) => {
      createInterface({ input: output }).once('line', resolve);
      void closed.then(() => reject(new Error('the stand-in has ended')));
    });
    const told = JSON.parse(await Promise.race([firstLine, failed])) as Told | number;
    if (typeof told === 'number') throw new Error(`the stand-in has ended with exit code ${told}`);
    const end = async (): Promise<void> => {
      process.kill(told.pid, 'SIGTERM');
      await closed;
      rmSync(folder, { recursive: true, force: true });
    };
    return new StandIn(folder, told, end);
  }

  stop(): Promise<void> {
    return this.#end();
  }

  /** A folder with these files, as a checkout. */
  workspace(files: Record<string, string | Uint8Array>): string {
    const workspace = mkdtempSync(join(this.folder, 'workspace-'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(workspace, path)), { recursive: true });
      writeFileSync(join(workspace, path), text);
    }
    return workspace;
  }

  environment(workspace: string): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.folder,
      // The bundle is compiled once for all tests.
      NODE_COMPILE_CACHE: join(root, '.cache', 'compiled'),
      AWS_ENDPOINT_URL: this.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: SECRET,
      GITHUB_WORKSPACE: workspace,
      GITHUB_REPOSITORY: 'org/project',
      GITHUB_REF: 'refs/heads/main',
      GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
      GITHUB_RUN_ID: '17',
    };
  }

  /** Starts dist/index.js as a step, or dist/post.js as its post step if `state` is main's. `watch` receives the output. */
  step(
    workspace: string,
    inputs: Record<string, string>,
    env: Record<string, string> = {},
    state?: Record<string, string>,
    watch: (chunk: string) => void = () => {},
  ): Step {
    let text = '';
    const waiting: { text: string; resolve: () => void }[] = [];
    const onOutput = (chunk: string): void => {
      watch(chunk);
      text += chunk;
      for (const wait of waiting) if (text.includes(wait.text)) wait.resolve();
    };
    const bundle = join(root, 'dist', state === undefined ? 'index.js' : 'post.js');
    const started = startStep({
      bundle,
      folder: join(this.folder, 'steps'),
      inputs,
      env: { ...this.environment(workspace), ...env },
      state: state ?? {},
      onOutput,
    });
    return {
      pid: started.child.pid,
      kill: (signal) => void started.child.kill(signal),
      printed: (wanted) =>
        text.includes(wanted) ? Promise.resolve() : new Promise((resolve) => waiting.push({ text: wanted, resolve })),
      done: started.done,
    };
  }

  run(workspace: string, inputs: Record<string, string>, env: Record<string, string> = {}): Promise<StepResult> {
    return this.step(workspace, inputs, env).done;
  }

  async requests(): Promise<Request[]> {
    return (await (await fetch(`${this.url}/_local/requests`)).json()) as Request[];
  }

  async clearRequests(): Promise<void> {
    await fetch(`${this.url}/_local/requests`, { method: 'DELETE' });
  }

  /** The newest job of a task, by the request that made it. */
  async newestJob(task: string): Promise<string> {
    const made = (await this.requests()).filter(
      ({ operation, resource }) => operation === 'CreateTrainingJob' && resource.includes(`-${task}-`),
    );
    return made.at(-1)?.resource.split('/').at(-1) ?? '';
  }

  /** Somebody else stops the job. */
  async stopJob(job: string): Promise<void> {
    await this.sagemaker().send(new StopTrainingJobCommand({ TrainingJobName: job }));
  }

  /** The job's status once it ended. */
  async ended(job: string): Promise<string | undefined> {
    for (;;) {
      const { TrainingJobStatus } = await this.sagemaker().send(
        new DescribeTrainingJobCommand({ TrainingJobName: job }),
      );
      if (TrainingJobStatus !== 'InProgress' && TrainingJobStatus !== 'Stopping') return TrainingJobStatus;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  describe(job: string): Promise<DescribeTrainingJobCommandOutput> {
    return this.sagemaker().send(new DescribeTrainingJobCommand({ TrainingJobName: job }));
  }

  get bucket(): string {
    return 'sagemaker-us-east-1-123456789012';
  }

  s3(): S3Client {
    return new S3Client({ region: 'us-east-1', endpoint: this.url, credentials: ELSE, forcePathStyle: true });
  }

  /** The keys below a prefix of the bucket. */
  async keys(Prefix: string, Bucket = this.bucket): Promise<string[]> {
    const { Contents = [] } = await this.s3().send(new ListObjectsV2Command({ Bucket, Prefix }));
    return Contents.map(({ Key = '' }) => Key);
  }

  /** An object of the bucket, as text. */
  async get(Key: string): Promise<{ readonly Body: string }> {
    const { Body } = await this.s3().send(new GetObjectCommand({ Bucket: this.bucket, Key }));
    return { Body: (await Body?.transformToString()) ?? '' };
  }

  /** A further bucket with one object. */
  async bucketWith(name: string, key: string, text: string): Promise<void> {
    await this.s3().send(new CreateBucketCommand({ Bucket: name }));
    await this.s3().send(new PutObjectCommand({ Bucket: name, Key: key, Body: text }));
  }

  /** A call of a JSON service for which there is no client here. The stand-in checks no signature. */
  async call(
    service: 'secretsmanager' | 'ssm',
    operation: string,
    body: object,
    { accessKeyId: key, sessionToken: token }: { accessKeyId: string; sessionToken?: string } = ELSE,
  ): Promise<{ readonly status: number; readonly body: Record<string, string> }> {
    const headers = {
      authorization: `AWS4-HMAC-SHA256 Credential=${key}/20260102/us-east-1/${service}/aws4_request, Signature=x`,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `${service === 'ssm' ? 'AmazonSSM' : service}.${operation}`,
      ...(token !== undefined && { 'x-amz-security-token': token }),
    };
    const answer = await fetch(this.url, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  }

  /** Somebody keeps a secret: its ARN. */
  async keepSecret(Name: string, value: { SecretString: string } | { SecretBinary: string }): Promise<string> {
    const { body } = await this.call('secretsmanager', 'CreateSecret', { Name, ...value });
    return body['ARN'] ?? '';
  }

  /** Somebody keeps a parameter: its ARN. */
  async keepParameter(Name: string, Value: string): Promise<string> {
    await this.call('ssm', 'PutParameter', { Name, Value, Type: 'SecureString' });
    return `arn:aws:ssm:us-east-1:123456789012:parameter/${Name.replace(/^\//, '')}`;
  }

  async fault(fault: object): Promise<void> {
    const answer = await fetch(`${this.url}/_local/faults`, { method: 'POST', body: JSON.stringify(fault) });
    if (!answer.ok) throw new Error(`the fault was refused: ${await answer.text()}`);
  }

  /** The faults in force, in order, each with how many requests it struck. */
  async faults(): Promise<{ readonly struck: number }[]> {
    return (await (await fetch(`${this.url}/_local/faults`)).json()) as { struck: number }[];
  }

  async liftFaults(): Promise<void> {
    await fetch(`${this.url}/_local/faults`, { method: 'DELETE' });
  }

  /** Somebody removes the objects below the prefix whose names end so. */
  async removeObjects(prefix: string, ending: string): Promise<void> {
    const keys = (await this.keys(prefix)).filter((key) => key.endsWith(ending));
    await Promise.all(keys.map((Key) => this.s3().send(new DeleteObjectCommand({ Bucket: this.bucket, Key }))));
  }

  sagemaker(): SageMakerClient {
    return new SageMakerClient({ region: 'us-east-1', endpoint: this.url, credentials: ELSE });
  }

  /** How often each operation was called. */
  async calls(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { operation } of await this.requests()) counts[operation] = (counts[operation] ?? 0) + 1;
    return counts;
  }
}

export function readText(...path: string[]): string {
  return readFileSync(join(...path), 'utf8');
}
