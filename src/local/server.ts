/** Starts the stand-in as a process that outlives the step, and stops it together with all its child processes. */
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ActionError } from '../core/errors.ts';
import { Network } from '../network/network.ts';

const START_MS = 60_000;
/** The limit if there are images to pull. */
const PULL_MS = 1_800_000;
/** Before it ends, the stand-in stops its jobs and processes and removes its mounts. */
const STOP_MS = 30_000;

/** For the stand-in on this machine, which no proxy reaches. */
export const DIRECT = new Network({});

export interface Server {
  readonly pid: number;
  readonly url: string;
}

/**
 * `seeds`: `s3://BUCKET/PREFIX=PATH`; `images`: `URI=IMAGE`; `onStart`: called with the pid at once. Returns when the
 * server answers.
 */
export async function startServer(
  python: string,
  sources: string,
  folder: string,
  region: string,
  seeds: readonly string[],
  images: readonly string[],
  onStart: (pid: number) => void,
): Promise<Server> {
  const log = join(folder, 'server.log');
  const out = join(folder, 'server.json');
  const [stdout, stderr] = [await open(out, 'w'), await open(log, 'a')];
  const data = ['--data', join(folder, 'data'), ...seeds.flatMap((seed) => ['--data', seed])];
  const named = images.flatMap((image) => ['--images', image]);
  // The runner sends SIGHUP to a step's processes at its end. A session of its own, without a terminal, protects this
  // one.
  const child = spawn(python, ['-m', 'sagemaker_local', '--port', '0', '--region', region, ...data, ...named], {
    cwd: process.env['GITHUB_WORKSPACE'] || process.cwd(),
    env: { ...process.env, PYTHONPATH: sources, PYTHONDONTWRITEBYTECODE: '1' },
    detached: true,
    stdio: ['ignore', stdout.fd, stderr.fd],
  });
  if (child.pid !== undefined) onStart(child.pid);
  const limit = images.length > 0 ? PULL_MS : START_MS;
  let ended: string | undefined;
  child.once('error', (error) => (ended = error.message));
  child.once('exit', (code, signal) => (ended = `it ended with ${signal ?? code}`));
  try {
    for (const deadline = Date.now() + limit; Date.now() < deadline && ended === undefined; await sleep(50)) {
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
  const lastLines = (await readFile(log, 'utf8')).slice(-4000);
  throw new ActionError(
    `The stand-in did not start: ${ended ?? `it did not answer in ${limit / 1000} s`}.\n${lastLines}`,
    'The lines above are the end of its log and show the cause.',
  );
}

/** Stops the server. Returns `killed` if it did not end in time. */
export async function stopServer(pid: number): Promise<'ended' | 'killed'> {
  if (!signal(pid, 'SIGTERM')) return 'ended';
  for (const deadline = Date.now() + STOP_MS; Date.now() < deadline; await sleep(50)) {
    if (!signal(pid, 0)) return 'ended';
  }
  signal(-pid, 'SIGKILL');
  return 'killed';
}

/** Sends a signal. Returns whether the process exists. */
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
    return (await DIRECT.fetch(new URL('/_local/health', url))).ok;
  } catch (error) {
    if (error instanceof ActionError || error instanceof TypeError) return false;
    throw error;
  }
}
