/** `npm run soak`: short runs with random faults, several at once on one task among them. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const isFull = process.env['SSM_TEST_FULL'] === '1';
const RUNS = isFull ? 1_000 : 20;
const TIME = 6 * 60 * 60_000;
const script = join(import.meta.dirname, '..', '..', 'scripts', 'soak.mjs');

const soak = (...flags: string[]): Promise<{ stdout: string; code: number }> =>
  promisify(execFile)(process.execPath, [script, ...(isFull ? [] : ['--fresh']), ...flags], {
    maxBuffer: 2 ** 28,
  }).then(
    ({ stdout }) => ({ stdout, code: 0 }),
    (error: { stdout: string; code: number }) => error,
  );

it(
  'keeps all promises in each run',
  async () => {
    // These twenty have all that a plan can have: three steps at once, both ways to end a process, a step that wants another job.
    const seed = isFull ? String(Math.floor(Math.random() * 1e9)) : '87';
    const { stdout, code } = await soak('--runs', String(RUNS), '--seed', seed);
    expect(code, stdout).toBe(0);
    expect(stdout).toContain(`${RUNS} of ${RUNS} runs kept all promises.`);
    console.info(stdout.trim().split('\n').at(-1));
  },
  TIME,
);
