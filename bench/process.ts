/** A measured process: drivers/measure.py starts it, and has the kernel tell its time and memory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sample } from './results.ts';
import type { Bench } from './scenario.ts';

const MEASURE = join(import.meta.dirname, 'drivers', 'measure.py');
const WATCH_MS = 50;
const MIB = 2 ** 20;
const SHOWN_BYTES = 4_000;

export interface Command {
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes the output as it comes. */
  readonly onOutput?: (text: string) => void;
  /** The command is ended as soon as this holds; without it, it ends by itself. */
  readonly until?: () => boolean;
  /** Whether it may end with another code than 0. */
  readonly mayFail?: boolean;
}

export interface Ended {
  /** Seconds since 1970. */
  readonly began: number;
  readonly sample: Required<Pick<Sample, 'seconds' | 'cpu' | 'memory'>>;
}

let running: ChildProcess | undefined;

/** Ends the command that is being measured, if there is one. */
export function endMeasured(): void {
  running?.kill('SIGTERM');
}

/** One at a time. Resolves when it has ended. Throws an Error with its last lines if it failed. */
export async function measured({ tools, folder }: Bench, command: Command): Promise<Ended> {
  const report = join(folder, 'report.json');
  const outputFile = join(folder, 'output.txt');
  rmSync(report, { force: true });
  const output = openSync(outputFile, 'w');
  const child = spawn(tools.python, [MEASURE, report, ...command.words], {
    cwd: command.cwd,
    env: command.env,
    stdio: ['ignore', command.onOutput === undefined ? output : 'pipe', output],
  });
  child.stdout?.setEncoding('utf8').on('data', command.onOutput ?? (() => undefined));
  running = child;
  const untilEnded = closed(child);
  try {
    if (command.until !== undefined) await endWhen(child, command.until);
    await untilEnded;
  } finally {
    running = undefined;
    closeSync(output);
  }
  const told = JSON.parse(readFileSync(report, 'utf8')) as Record<
    'began' | 'seconds' | 'cpu' | 'memory' | 'code',
    number
  >;
  if (told.code !== 0 && command.until === undefined && command.mayFail !== true)
    throw new Error(`${command.words.join(' ')} ended with ${told.code}:\n${lastOf(outputFile)}`);
  const { began, seconds, cpu } = told;
  return { began, sample: { seconds, cpu, memory: told.memory / MIB } };
}

function closed(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
}

async function endWhen(child: ChildProcess, until: () => boolean): Promise<void> {
  while (child.exitCode === null && !until()) await sleep(WATCH_MS);
  if (child.exitCode === null) child.kill('SIGTERM');
}

function lastOf(file: string): string {
  const text = readFileSync(file, 'utf8');
  return statSync(file).size > SHOWN_BYTES ? `…${text.slice(-SHOWN_BYTES)}` : text;
}
