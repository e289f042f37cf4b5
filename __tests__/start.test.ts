/** The bundle starts and ends on every system, without AWS: what is wrong is said once, and the post step has nothing to do. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startStep } from '../scripts/step.mjs';

const DIST = join(import.meta.dirname, '..', 'dist');
const folder = mkdtempSync(join(tmpdir(), 'start-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly state: Record<string, string>;
}

async function step(
  bundle: string,
  inputs: Record<string, string>,
  state: Record<string, string> = {},
): Promise<Ended> {
  const workspace = join(folder, 'workspace');
  mkdirSync(join(workspace, 'src', 'deep'), { recursive: true });
  for (const name of ['train.py', 'deep/a.py']) writeFileSync(join(workspace, 'src', name), '');
  const { PATH = '', SystemRoot = '' } = process.env;
  const env = {
    PATH,
    SystemRoot,
    GITHUB_WORKSPACE: workspace,
    GITHUB_REPOSITORY: 'org/project',
    AWS_REGION: 'us-east-1',
  };
  return startStep({ bundle: join(DIST, bundle), folder: join(folder, 'steps'), inputs, env, state }).done;
}

describe('a step', () => {
  it('without inputs names what is missing, in one error', async () => {
    const main = await step('index.js', {});
    expect(main.code).toBe(1);
    expect(main.stdout.match(/^::error::/gm)).toHaveLength(1);
    expect(main.stdout).toContain('2 inputs are wrong; nothing was created.%0A- task: this input is required');
    const post = await step('post.js', {}, main.state);
    expect([post.code, post.stdout.trim()]).toEqual([0, '']);
  });

  it('finds the files that its inputs name in the way of the system', async () => {
    const parted = process.platform === 'win32' ? '.\\src' : './src';
    const main = await step('index.js', {
      task: 't',
      'source-dir': parted,
      entrypoint: 'gone.py',
      inputs: 'd=src/deep',
    });
    expect(main.code).toBe(1);
    expect(main.stdout).toContain(
      'One input is wrong; nothing was created.%0A- entrypoint: gone.py does not exist in ./src',
    );
  });

  it.runIf(process.platform === 'win32')('of the stand-in says on Windows where it runs', async () => {
    const main = await step('local/index.js', {});
    expect(main.code).toBe(1);
    expect(main.stdout).toContain('The stand-in for AWS does not run on Windows.');
    expect((await step('local/index.js', {}, main.state)).code).toBe(0);
  });
});
