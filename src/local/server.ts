/** The stand-in as a process of its own: started so that it outlives the step, ended with all that it started. */
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ActionError } from '../task/errors.ts';

const START_MS = 60_000;
/** With images to pull. */
const PULL_MS = 1_800_000;
/** It stops its jobs, mounts and processes before it ends. */
const STOP_MS = 30_000;

export interface Server {
  readonly pid: number;
  readonly url: string;
}

/** `seeds`: `s3://BUCKET/PREFIX=PATH`; `images`: `URI=IMAGE`. Answers when the server answers. */
export async function startServer(
  python: string,
  sources: string,
  folder: string,
  region: string,
  seeds: readonly string[],
  images: readonly string[],
): Promise<Server> {
  const log = join(folder, 'server.log');
  const out = join(folder, 'server.json');
  const [stdout, stderr] = [await open(out, 'w'), await open(log, 'a')];
  const data = ['--data', join(folder, 'data'), ...seeds.flatMap((seed) => ['--data', seed])];
  const named = images.flatMap((image) => ['--images', image]);
  // A step's processes get a SIGHUP when it ends: a session of its own, and no terminal, keep this one alive.
  const child = spawn(python, ['-m', 'sagemaker_local', '--port', '0', '--region', region, ...data, ...named], {
    cwd: process.env['GITHUB_WORKSPACE'] || process.cwd(),
    env: { ...process.env, PYTHONPATH: sources, PYTHONDONTWRITEBYTECODE: '1' },
    detached: true,
    stdio: ['ignore', stdout.fd, stderr.fd],
  });
  const patience = images.length > 0 ? PULL_MS : START_MS;
  let ended: string | undefined;
  child.once('error', (error) => (ended = error.message));
  child.once('exit', (code, signal) => (ended = `it ended with ${signal ?? code}`));
  try {
    for (const deadline = Date.now() + patience; Date.now() < deadline && ended === undefined; await sleep(50)) {
      const url = urlIn(await readFile(out, 'utf8'));
      if (url !== undefined && child.pid !== undefined && (await isHealthy(url))) {
        child.unref();
        return { pid: child.pid, url };
      }
    }
  } finally {
    await Promise.all([stdout.close(), stderr.close()]);
  }
  child.kill('SIGKILL');
  const said = (await readFile(log, 'utf8')).slice(-4000);
  throw new ActionError(
    `The stand-in did not start: ${ended ?? `no answer in ${patience / 1000} s`}.\n${said}`,
    'Its last lines are above.',
  );
}

/** Ends it; `killed` when it had to be forced. */
export async function stopServer(pid: number): Promise<'ended' | 'killed'> {
  if (!signal(pid, 'SIGTERM')) return 'ended';
  for (const deadline = Date.now() + STOP_MS; Date.now() < deadline; await sleep(50)) {
    if (!signal(pid, 0)) return 'ended';
  }
  signal(-pid, 'SIGKILL');
  return 'killed';
}

/** Whether there was somebody to signal. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** The server's first line is a JSON object with its URL. */
function urlIn(text: string): string | undefined {
  if (!text.includes('\n')) return undefined;
  return (JSON.parse(text.slice(0, text.indexOf('\n'))) as { url: string }).url;
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/_local/health`)).ok;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
