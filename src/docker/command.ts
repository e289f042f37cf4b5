/** The docker command line as a process: its output by lines, as it comes. */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { ActionError } from '../task/errors.ts';

/** So many lines of an output are kept. */
const KEPT = 400;

export interface Ran {
  readonly code: number;
  /** The last lines of standard output and error. */
  readonly lines: readonly string[];
  /** The last lines of standard output. */
  readonly output: readonly string[];
}

export interface Docker {
  /** Variables of its environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Takes lines of the output as they come; they are not ours. */
  readonly onLines: (lines: readonly string[]) => void;
  readonly signal: AbortSignal;
}

/** Runs `docker …` to its end. Throws an ActionError where there is no docker command, the signal's reason when aborted. */
export async function runDocker(args: readonly string[], { env, onLines, signal }: Docker): Promise<Ran> {
  signal.throwIfAborted();
  const lines: string[] = [];
  const output: string[] = [];
  const child = spawn('docker', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const take = (some: readonly string[]): void => {
    keep(lines, some);
    onLines(some);
  };
  readLines(child.stdout, (some) => {
    keep(output, some);
    take(some);
  });
  readLines(child.stderr, take);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exit) => resolve(exit ?? 1));
    });
    signal.throwIfAborted();
    return { code, lines: lines.slice(-KEPT), output };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new ActionError('There is no docker command on this runner.', NO_ENGINE, { cause: error });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Adds to what is kept; the oldest go. */
function keep(kept: string[], some: readonly string[]): void {
  kept.push(...some);
  if (kept.length > 2 * KEPT) kept.splice(0, kept.length - KEPT);
}

/** Lines that came together are given together; empty ones say nothing. */
function readLines(stream: Readable, take: (lines: readonly string[]) => void): void {
  let rest = '';
  const give = (lines: readonly string[]): void => {
    const telling = lines.map((line) => line.replace(/\r$/, '')).filter((line) => line.trim() !== '');
    if (telling.length > 0) take(telling);
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    give(lines);
  });
  stream.on('end', () => give([rest]));
}

export const NO_ENGINE =
  'An image is built by the runner’s Docker engine: use a runner that has one (ubuntu-latest has), install one, or build ' +
  'elsewhere and give the image’s URI as "image".';
