/** The bundle's size, and how long a step takes to start: measured beside a bare Node, so that a slow machine counts for both. */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const DIST = join(import.meta.dirname, '..', 'dist');
const MAIN = join(DIST, 'index.js');
const ROUNDS = 15;

/** Milliseconds of each command, the medians of rounds in which they take turns. */
function medians(commands: readonly { readonly args: readonly string[]; readonly env?: Record<string, string> }[]) {
  const times: number[][] = commands.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [at, { args, env }] of commands.entries()) {
      const begun = performance.now();
      const { status } = spawnSync(process.execPath, args, { cwd: tmpdir(), env: env ?? {}, encoding: 'utf8' });
      times[at]?.push(performance.now() - begun);
      expect(status).toBeLessThan(2);
    }
  }
  return times.map((each) => each.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN);
}

describe('the bundle', () => {
  it('has 4 MB at most, with all licenses', () => {
    const files = readdirSync(DIST, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
    expect(bytes).toBeLessThan(4_000_000);
  });

  it('says what is wrong with empty inputs in 5 times the start of Node; post without work takes 2.5 times', () => {
    const post = { STATE_main: 'started', STATE_job: 'p-t-1', STATE_region: 'us-east-1', STATE_settled: 'true' };
    const [bare, main, idle] = medians([{ args: ['-e', '0'] }, { args: [MAIN] }, { args: [MAIN], env: post }]);
    expect((main ?? 0) / (bare ?? 0)).toBeLessThan(5);
    expect((idle ?? 0) / (bare ?? 0)).toBeLessThan(2.5);
  });
});
