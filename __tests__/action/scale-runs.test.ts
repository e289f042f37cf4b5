/**
 * Large runs of the action as a process, whose memory is watched, with an S3 server that is as fast as one on the network: 20
 * instances and a million log lines, 100,000 input files, a model of 20 GiB; and 20 runs at once. What they show is left to
 * `npm run reliability`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT, type S3Server, SECRET, startS3Server } from '../../bench/servers/s3-server.ts';
import type { Size } from './faults/record.ts';
import { StandIn, type StepResult } from './stand-in.ts';

const server = process.env['S3_SERVER'] ?? '';
const KEYS = { accessKeyId: ACCOUNT, secretAccessKey: SECRET };
const MIB = 2 ** 20;
const SPARSE = 20 * 2 ** 30;
const MOST_MIB = 400;
const TIME = 3 * 60 * 60_000;
const cache = join(import.meta.dirname, '..', '..', '.cache');
const root = join(cache, 'tests');
/** What the last runs showed, by what they are. */
const SIZES = join(cache, 'sizes.json');

let folder: string;
let gateway: S3Server;
let endpoint: string;
let aws: StandIn;

/** Objects go straight to the server, which is what a runner's go to. */
function environment(): Record<string, string> {
  const keys = { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey };
  return { ...keys, AWS_ENDPOINT_URL_S3: endpoint };
}

interface Measured extends StepResult {
  /** The most memory that the process had at a time. */
  readonly mostMib: number;
  readonly seconds: number;
}

/** Runs the step and reads the kernel's high-water mark of its memory: proc(5), VmHWM. */
async function measured(workspace: string, inputs: Record<string, string>): Promise<Measured> {
  const begun = Date.now();
  const step = aws.step(workspace, inputs, environment());
  let [most, over] = [0, false];
  const watching = (async () => {
    while (!over) {
      most = Math.max(most, highWater(step.pid));
      await sleep(100);
    }
  })();
  const result = await step.done;
  over = true;
  await watching;
  return { ...result, mostMib: Math.round(most / 1024), seconds: Math.round((Date.now() - begun) / 1000) };
}

function highWater(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // it has ended
  }
}

function keep(size: Size): void {
  const before = existsSync(SIZES) ? (JSON.parse(readFileSync(SIZES, 'utf8')) as Record<string, Size>) : {};
  const sizes = { ...before, [size.what]: size };
  writeFileSync(SIZES, JSON.stringify(sizes));
  console.info(`${size.what}: ${size.mib} MiB, ${size.seconds} s${size.more === undefined ? '' : `, ${size.more}`}`);
}

describe.skipIf(server === '')('a large run', () => {
  beforeAll(async () => {
    mkdirSync(root, { recursive: true });
    folder = mkdtempSync(join(root, 'scale-'));
    gateway = await startS3Server(server, folder);
    endpoint = gateway.url;
    const s3 = client();
    await s3.send(new CreateBucketCommand({ Bucket: 'sagemaker-us-east-1-123456789012' }));
    const access = { S3_ENDPOINT_ACCESS_KEY_ID: KEYS.accessKeyId, S3_ENDPOINT_SECRET_ACCESS_KEY: KEYS.secretAccessKey };
    aws = await StandIn.start(['--time-scale', '0.05', '--s3-endpoint', endpoint], access);
  }, 120_000);
  afterAll(async () => {
    await aws?.stop();
    await gateway?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 600_000);

  function client(): S3Client {
    return new S3Client({ region: 'us-east-1', endpoint, credentials: KEYS, forcePathStyle: true });
  }

  it(
    'of 20 instances with a million log lines has each line once',
    async () => {
      const [hosts, each] = [20, 50_000];
      const text = 'step of the epoch with a loss of 0.0123 and an accuracy of 0.9876';
      const run = `awk 'BEGIN { for (i = 1; i <= ${each}; i++) print i, "${text}" }'; sleep 2`;
      const workspace = aws.workspace({});
      const given = {
        task: 'lines',
        run,
        'instance-count': String(hosts),
        download: 'logs',
        'upload-artifacts': 'none',
      };
      const { code, stdout, mostMib, seconds } = await measured(workspace, given);
      expect(code, stdout.slice(-5_000)).toBe(0);
      for (let host = 0; host < hosts; host += 1) {
        const log = readFileSync(join(workspace, 'sagemaker-output', 'lines', 'logs', `logs${host}`), 'utf8').split(
          '\n',
        );
        const numbers = log.flatMap((line) => (line.endsWith(text) ? [Number(line.split(' ')[0])] : []));
        expect(numbers.length, `lines of instance ${host}`).toBe(each);
        expect(new Set(numbers).size).toBe(each);
      }
      keep({ what: '20 instances, 1,000,000 log lines', mib: mostMib, seconds });
      expect(mostMib).toBeLessThan(MOST_MIB);
    },
    TIME,
  );

  it(
    'of 100,000 input files of a checkout sends each',
    async () => {
      const workspace = aws.workspace({});
      for (let at = 0; at < 100_000; at += 1) {
        const below = join(workspace, 'data', `f${Math.trunc(at / 1000)}`);
        if (at % 1000 === 0) mkdirSync(below, { recursive: true });
        writeFileSync(join(below, `n ${at}`), `${at}\n`);
      }
      for (const words of [
        ['init', '--quiet'],
        ['add', '--all'],
      ])
        execFileSync('git', words, { cwd: workspace });
      const given = { task: 'files', run: 'sleep 600', inputs: 'data=./data', wait: 'false' };
      const { code, stdout, outputs, mostMib, seconds } = await measured(workspace, given);
      expect(code, stdout).toBe(0);
      expect(stdout).toMatch(/Input data: 100,?000 sent/);
      // Its instances would fetch all files one by one.
      await aws.stopJob(outputs['job-name'] ?? '');
      keep({ what: '100,000 input files', mib: mostMib, seconds });
      expect(mostMib).toBeLessThan(MOST_MIB);
    },
    TIME,
  );

  it(
    'fetches a model of 20 GiB',
    async () => {
      const small = await aws.run(
        aws.workspace({}),
        {
          ...{ task: 'model', run: 'echo x > $SM_MODEL_DIR/x', download: 'none', 'upload-artifacts': 'none' },
        },
        environment(),
      );
      expect(small.code, small.stdout).toBe(0);
      const archive = join(folder, 'model.tar.gz');
      writeModel(archive);
      const [, Bucket = '', Key = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(small.outputs['model-uri'] ?? '') ?? [];
      await client().send(new PutObjectCommand({ Bucket, Key, Body: createReadStream(archive) }));
      // As if another client had started the job: nothing says which archive it left.
      const job = small.outputs['job-name'] ?? '';
      await client().send(new DeleteObjectCommand({ Bucket, Key: `project/model/${job}/record.json` }));
      const workspace = aws.workspace({});
      const { code, stdout, mostMib, seconds } = await measured(workspace, {
        ...{ task: 'model', 'job-name': job, download: 'model', 'upload-artifacts': 'none' },
      });
      expect(code, stdout).toBe(0);
      expect(stdout).toContain('model: 1 file');
      expect(statSync(join(workspace, 'sagemaker-output', 'model', 'model', 'weights')).size).toBe(SPARSE);
      keep({ what: 'a model of 20 GiB, sparse', mib: mostMib, seconds });
      expect(mostMib).toBeLessThan(MOST_MIB);
    },
    TIME,
  );

  it(
    'beside 19 others leaves CloudWatch Logs to them',
    async () => {
      const script = 'for i in $(seq 60); do echo "line $i"; sleep 0.5; done';
      await aws.clearRequests();
      const runs = Array.from({ length: 20 }, (_, at) => {
        const given = { task: `beside-${at}`, run: script, 'instance-count': String(1 + (at % 3)), download: 'logs' };
        return measured(aws.workspace({}), { ...given, 'upload-artifacts': 'none' });
      });
      const all = await Promise.all(runs);
      for (const { code, stdout } of all) expect(code, stdout).toBe(0);
      const times = (await aws.requests()).filter(({ service }) => service === 'logs').map(({ time }) => time);
      // A machine that stands still for a moment answers calls of some seconds at once.
      const within = (seconds: number): number =>
        Math.max(...times.map((from) => times.filter((time) => from <= time && time < from + seconds).length)) /
        seconds;
      const most = within(5);
      const mean = times.length / (Math.max(...times) - Math.min(...times));
      keep({
        what: '20 runs at once',
        mib: Math.max(...all.map(({ mostMib }) => mostMib)),
        seconds: Math.max(...all.map(({ seconds }) => seconds)),
        more: `together at most ${most.toFixed(1)} calls of CloudWatch Logs a second in any five seconds, ${mean.toFixed(1)} on average`,
      });
      expect(most).toBeLessThan(25);
    },
    TIME,
  );
});

/** An archive with one sparse file of 20 GiB, which has a MiB of data in each 32. */
function writeModel(path: string): void {
  const weights = join(dirname(path), 'weights');
  const file = openSync(weights, 'w');
  for (let at = 0; at < SPARSE; at += 32 * MIB) writeSync(file, randomBytes(MIB), 0, MIB, at);
  ftruncateSync(file, SPARSE);
  closeSync(file);
  const packed = spawnSync('tar', ['--sparse', '-czf', path, '-C', dirname(path), 'weights'], { encoding: 'utf8' });
  if (packed.status !== 0) throw new Error(`tar: ${packed.stderr}`);
}
