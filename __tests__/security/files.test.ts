/** Files that cannot be written or sent to their end: a full disk, folders without rights, connections that are cut. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { HeadObjectCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startStep } from '../../scripts/step.mjs';
import { StandIn, type StepResult } from '../action/stand-in.ts';
import { ArtifactServer } from '../workflows/artifact-server.ts';
import { type Member, tarGz } from './archive.ts';
import { Tally } from './tally.ts';

const MIB = 2 ** 20;
/** What a step prints last when all is well. */
const COMPLETED = /^project-\S+ completed\.$/m;
const tally = new Tally('files');
const canMount = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
let aws: StandIn;
let artifacts: ArtifactServer;
beforeAll(async () => {
  aws = await StandIn.start();
  artifacts = await ArtifactServer.start();
  await aws.run(aws.workspace({}), { task: 'first', run: 'true', download: 'none', 'upload-artifacts': 'none' });
});
beforeEach(async () => {
  artifacts.cut = undefined;
  await aws.liftFaults();
});
afterAll(async () => {
  await Promise.all([aws.stop(), artifacts.stop()]);
});

interface OnDisk extends StepResult {
  /** Relative paths of all that is in the results' folder at the end. */
  readonly files: readonly string[];
}

/** Runs the step in a mount namespace, with what `mount` mounts at `$OUT`, the folder of its results. */
async function onDisk(mount: string, inputs: Record<string, string>): Promise<OnDisk> {
  const workspace = aws.workspace({});
  const [out, list] = [join(workspace, 'out'), join(mkdtempSync(join(aws.folder, 'disk-')), 'files')];
  mkdirSync(out);
  const { done } = startStep({
    bundle: join(import.meta.dirname, 'on-disk.ts'),
    folder: join(aws.folder, 'steps'),
    inputs: { 'output-path': 'out', ...inputs },
    env: { ...aws.environment(workspace), ...artifacts.environment, MOUNT: mount, OUT: out, LIST: list },
  });
  const result = await done;
  const lines = readFileSync(list, 'utf8').split('\n').filter(Boolean);
  return { ...result, files: lines.map((line) => line.replace(/^\d+ /, '')) };
}

const small = 'mount -t tmpfs -o size=4m none "$OUT"';
const few = 'mount -t tmpfs -o size=64m,nr_inodes=40 none "$OUT"';
const write = (path: string, mib: number): string => `head -c ${Math.floor(mib * MIB)} /dev/urandom > ${path}`;
const FULL: Readonly<Record<string, readonly [mount: string, run: string, inputs: Record<string, string>]>> = {
  'a model of one file': [small, write('$SM_MODEL_DIR/m', 9), {}],
  'a model of many files': [small, `for i in $(seq 90); do ${write('$SM_MODEL_DIR/m$i', 0.1)}; done`, {}],
  'more files than the disk can name': [few, 'for i in $(seq 90); do echo x > $SM_MODEL_DIR/m$i; done', {}],
  'more folders than the disk can name': [few, 'for i in $(seq 90); do mkdir $SM_MODEL_DIR/m$i; done', {}],
  'the output': [small, write('$SM_OUTPUT_DATA_DIR/o', 9), {}],
  'the state': [small, `mkdir -p /state/d; ${write('/state/d/s', 9)}`, { download: 'state' }],
  'the state, by many files': [few, 'for i in $(seq 90); do echo x > /state/s$i; done', { download: 'state' }],
  'the log': [small, "head -c 6000000 /dev/zero | tr '\\0' x | fold -w 2000", { download: 'logs' }],
  'a disk that is full already': [
    `${small}; head -c 9000000 /dev/zero > "$OUT/full" || true`,
    'echo x > $SM_MODEL_DIR/m',
    {},
  ],
};
let runs = 0;
const SKIPPED: Record<string, never> = {};
tally.attack('a full disk', Object.keys(canMount ? FULL : SKIPPED), async (what) => {
  const [mount, run, given] = FULL[what] ?? ['', '', {}];
  runs += 1;
  const { code, stdout, files } = await onDisk(mount, {
    task: `full${runs}`,
    run,
    download: 'model, output',
    ...given,
  });
  expect(stdout).toMatch(/::error::.*(the disk is full|does not fit on the disk|has no room for more files)/);
  const half = files.filter((path) => /^(model|output|state)\//.test(path));
  const called = [...artifacts.artifacts.keys()].filter((name) => name.startsWith(`project-full${runs}-`));
  return code === 0 || half.length > 0 || called.length > 0 || COMPLETED.test(stdout);
});

const READ_ONLY: Readonly<Record<string, string>> = {
  'the results’ folder': 'mount -t tmpfs -o ro none "$OUT"',
  'the model’s folder':
    'touch "$OUT/.simple-sagemaker-output"; mkdir "$OUT/model"; mount -t tmpfs -o ro none "$OUT/model"',
};
tally.attack('a folder that cannot be written to', Object.keys(canMount ? READ_ONLY : SKIPPED), async (what) => {
  const { code, stdout } = await onDisk(READ_ONLY[what] ?? '', { task: 'rights', run: 'true' });
  expect(stdout).toMatch(
    /::error::.*nothing was created.*output-path: the user of the runner may not write to the folder/,
  );
  return code === 0 || (await aws.newestJob('rights')) !== '';
});

const sizes = { 'data/small': 5000, 'data/d/large': 20 * MIB, 'data/d/other': 12 * MIB };
const data = Object.fromEntries(Object.entries(sizes).map(([path, size]) => [path, randomBytes(size)]));
tally.attack(
  'an upload that is cut',
  ['PutObject', 'UploadPart', 'CompleteMultipartUpload'].flatMap((operation) =>
    ['before', 'after'].map((when) => ({ operation, when })),
  ),
  async ({ operation, when }) => {
    const workspace = aws.workspace(data);
    const inputs = {
      task: `cut-${operation}-${when}`,
      run: 'cat $SM_CHANNEL_D/d/large | wc -c',
      inputs: 'd=./data',
      download: 'logs',
    };
    // The first object that is put is the task's lease.
    const calls = operation === 'PutObject' ? { calls: Array.from({ length: 100 }, (_, at) => at + 2) } : {};
    await aws.fault({ kind: 'reset', operation: `s3:${operation}`, when, ...calls });
    // Else calls are made again for three minutes.
    const { code, stdout } = await aws.run(workspace, inputs, { AWS_MAX_ATTEMPTS: '3' });
    expect(code, stdout).toBe(1);
    expect(stdout).toMatch(/::error::/);
    const started = (await aws.newestJob(inputs.task)) !== '';
    const half = (await sent(inputs.task)).filter(
      ([path, size]) => size !== sizes[`data/${path}` as keyof typeof sizes],
    );
    await aws.liftFaults();
    const again = await aws.run(workspace, inputs);
    expect(again.code, again.stdout).toBe(0);
    expect(new Map(await sent(inputs.task))).toEqual(
      new Map(Object.entries(sizes).map(([path, size]) => [path.slice(5), size])),
    );
    expect(await begun(), 'nothing is left begun').toBe(0);
    return started || half.length > 0;
  },
);

/** The input's objects: path and size. */
async function sent(task: string): Promise<[string, number][]> {
  const folder = `project/${task}/input/d/`;
  const keys = await aws.keys(folder);
  return Promise.all(
    keys.map(async (Key): Promise<[string, number]> => {
      const { ContentLength = 0 } = await aws.s3().send(new HeadObjectCommand({ Bucket: aws.bucket, Key }));
      return [Key.slice(folder.length), ContentLength];
    }),
  );
}
async function begun(): Promise<number> {
  const { Uploads = [] } = await aws.s3().send(new ListMultipartUploadsCommand({ Bucket: aws.bucket }));
  return Uploads.length;
}

/** Passes requests on to the stand-in; to GETs that match, it sends half of the answer, or other bytes instead. */
async function proxy(match: RegExp, other?: Buffer): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((asked, answer) => {
    const { method, headers, url: path } = asked;
    const passed = request(new URL(path ?? '/', aws.url), { method, headers }, (given) => {
      const isMatch = method === 'GET' && match.test(path ?? '');
      if (isMatch && other !== undefined) {
        given.resume();
        return void answer.writeHead(200, { etag: given.headers.etag, 'content-length': other.length }).end(other);
      }
      answer.writeHead(given.statusCode ?? 500, given.headers);
      if (!isMatch) return void given.pipe(answer);
      const half = Number(given.headers['content-length']) / 2;
      let seen = 0;
      given.on('data', (chunk: Buffer) => {
        if (seen < half) answer.write(chunk.subarray(0, half - seen));
        seen += chunk.length;
        if (seen >= half) setTimeout(() => asked.socket.resetAndDestroy(), 50);
      });
    });
    asked.pipe(passed);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
tally.attack('a download that is cut', ['model', 'state', 'source'], async (result) => {
  const { url, server } = await proxy(/model.tar.gz|\/state\/s[?]|sourcedir.tar.gz/);
  const workspace = aws.workspace({
    'w.sh': `${write('$SM_MODEL_DIR/m', 3)}; ${write('/state/s', 3)}`,
    big: randomBytes(3 * MIB),
  });
  const inputs = {
    task: `download-${result}`,
    entrypoint: 'w.sh',
    dependencies: 'big',
    download: `${result}, logs`,
    'upload-artifacts': `${result}, logs`,
  };
  try {
    const { code, stdout } = await aws.run(workspace, inputs, { AWS_ENDPOINT_URL: url, ...artifacts.environment });
    expect(stdout).toMatch(/::error::.*was not downloaded whole, so nothing of it is there/);
    const half = ['m', 's', 'big', 'w.sh'].filter((name) =>
      existsSync(join(workspace, 'sagemaker-output', inputs.task, result, name)),
    );
    const published = [...artifacts.artifacts.keys()].filter((name) => name.startsWith(`project-${inputs.task}`));
    expect(published, 'what could be had').toEqual([`project-${inputs.task}-logs`]);
    return code === 0 || half.length > 0;
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

tally.attack('an artifact whose upload is cut', ['model', 'output'], async (result) => {
  artifacts.cut = new RegExp(`-${result}$`);
  const task = `artifact-${result}`;
  const run = `${write('$SM_MODEL_DIR/m', 3)}; ${write('$SM_OUTPUT_DATA_DIR/o', 3)}`;
  const { code, stdout } = await aws.run(aws.workspace({}), { task, run }, artifacts.environment);
  expect(stdout).toMatch(new RegExp(`::error::The artifact project-${task}-${result} was not uploaded`));
  const other = result === 'model' ? 'output' : 'model';
  const made = [...artifacts.artifacts.keys()].filter((name) => name.startsWith(`project-${task}-`));
  expect(made, 'the other one').toContain(`project-${task}-${other}`);
  return code === 0 || made.length > 1;
});

describe('an archive that cannot be unpacked whole', () => {
  const left: readonly Member[] = [
    { name: 'good', text: 'fine' },
    ...Array.from({ length: 50_000 }, (_, at): Member => ({ name: `../evil${at}`, text: 'x' })),
  ];
  /** A job whose model is this archive. */
  async function collect(task: string, archive: Buffer): Promise<StepResult & { readonly out: string }> {
    const workspace = aws.workspace({});
    const { url, server } = await proxy(/model.tar.gz/, archive);
    const inputs = { task, run: 'echo x > $SM_MODEL_DIR/x; echo y > $SM_OUTPUT_DATA_DIR/y' };
    const result = await aws.run(workspace, inputs, { ...artifacts.environment, AWS_ENDPOINT_URL: url });
    server.closeAllConnections();
    server.close();
    return { ...result, out: join(workspace, 'sagemaker-output', task) };
  }
  it('is said once and counted, kept beside, and the rest is published', async () => {
    const archive = await tarGz(...left);
    const { code, stdout, out } = await collect('partly', archive);
    expect(code).toBe(1);
    const errors = stdout.split('\n').filter((line) => /^::(error|warning)/.test(line));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(
      /50,000 members of The archive s3:.*model.tar.gz cannot be unpacked.*49,990 more.*kept as .*partly\/model.tar.gz/,
    );
    expect(readFileSync(join(out, 'model/good'), 'utf8')).toBe('fine');
    expect(readFileSync(join(out, 'model.tar.gz')).equals(archive)).toBe(true);
    expect([...artifacts.artifacts.keys()]).toEqual(
      expect.arrayContaining(['project-partly-model', 'project-partly-output']),
    );
    expect(stdout).not.toMatch(COMPLETED);
  });
  it('or at all names itself and what to do', async () => {
    const { code, stdout, out } = await collect('none', Buffer.from('<Error>not an archive</Error>'));
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /::error::The archive s3:.*model.tar.gz cannot be unpacked, so nothing of it is in model\/: it is not gzip.*kept as/,
    );
    expect(readFileSync(join(out, 'model.tar.gz'), 'utf8')).toBe('<Error>not an archive</Error>');
    expect([...artifacts.artifacts.keys()].filter((name) => name.startsWith('project-none-'))).toEqual([
      'project-none-output',
    ]);
  });
});
