/** Runs the docker command line and passes on its output line by line. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { ActionError } from '../core/errors.ts';
import { findProgram } from '../core/platform.ts';

/** How many of the last lines are kept. */
const KEPT = 400;

export interface Ran {
  readonly code: number;
  /** The last lines of standard output and error. */
  readonly lines: readonly string[];
  /** The last lines of standard output. */
  readonly output: readonly string[];
}

export interface Docker {
  /** The environment variables of the command. */
  readonly env: NodeJS.ProcessEnv;
  /** Receives new lines of output. They are foreign text: never print them as workflow commands. */
  readonly onLines: (lines: readonly string[]) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs `docker …` to its end. Throws an ActionError if the runner has no docker command, or the signal's reason if
 * aborted.
 */
export async function runDocker(args: readonly string[], { env, onLines, signal }: Docker): Promise<Ran> {
  signal.throwIfAborted();
  const lines: string[] = [];
  const output: string[] = [];
  const program = findProgram('docker', env, process.platform, existsSync);
  if (program === undefined) throw withoutDocker();
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const take = (chunk: readonly string[]): void => {
    keep(lines, chunk);
    onLines(chunk);
  };
  readLines(child.stdout, (chunk) => {
    keep(output, chunk);
    take(chunk);
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
    throw withoutDocker(error);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function withoutDocker(cause?: unknown): ActionError {
  return new ActionError('This runner has no docker command.', NO_ENGINE, { cause });
}

/** Adds lines and drops the oldest ones. */
function keep(kept: string[], chunk: readonly string[]): void {
  kept.push(...chunk);
  if (kept.length > 2 * KEPT) kept.splice(0, kept.length - KEPT);
}

/** Calls back with the lines of each chunk together, without empty lines. */
function readLines(stream: Readable, take: (lines: readonly string[]) => void): void {
  let rest = '';
  const give = (lines: readonly string[]): void => {
    const nonEmpty = lines.map((line) => line.replace(/\r$/, '')).filter((line) => line.trim() !== '');
    if (nonEmpty.length > 0) take(nonEmpty);
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
  'The action builds images with the runner’s Docker engine. Use a runner that has Docker (such as ubuntu-latest), install ' +
  'Docker, or build the image elsewhere and set "image" to its URI.';
