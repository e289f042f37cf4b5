/** `npm run bench` with small sizes and without what it would fetch: it measures the action, and says what it left out. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import type { Results } from '../../bench/results.ts';
import { ACTION } from '../../bench/scenario.ts';
import { SCENARIOS } from '../../bench/scenarios/index.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('measures the action alone where nothing can be fetched', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(root, 'bench', 'main.ts'), '--quick', '--alone', '--to', folder],
    { cwd: root },
  );
  const { scenarios } = JSON.parse(readFileSync(join(folder, 'performance.json'), 'utf8')) as Results;
  expect(scenarios.map(({ scenario }) => scenario)).toEqual(SCENARIOS.map(({ name }) => name));
  const action = Object.fromEntries(
    scenarios.map(({ scenario, places }) => [scenario, places[0]?.sides.find(({ name }) => name === ACTION)?.runs[0]]),
  );
  for (const sample of Object.values(action)) expect(sample?.memory).toBeGreaterThan(20);
  expect(action['launch']).toMatchObject({ calls: expect.any(Number), seconds: expect.any(Number) });
  expect(action['small-files']?.calls).toBeGreaterThan(50);
  expect(action['same-files']?.calls).toBeLessThan(50);
  expect(action['changed-file']?.calls).toBeLessThan(50);
  for (const name of ['catch-up', 'follow']) expect(action[name]).toMatchObject({ lost: 0 });
  expect(stdout).toContain('left out: SageMaker SDK v3: asked for by --alone');
  const page = readFileSync(join(folder, 'performance.md'), 'utf8');
  expect(page).toContain('Left out: s5cmd (asked for by --alone)');
  expect(page).toContain('which say nothing about speed');
  expect(readdirSync(folder).sort()).toEqual(['performance.json', 'performance.md', 'performance.svg']);
});
