/** Links of the workspace: nothing is written through one, and nothing of another place is sent through one. */
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Below } from '../../src/files/below.ts';
import { claimOutput, LogFiles } from '../../src/files/output-folder.ts';
import { StandIn } from '../action/stand-in.ts';
import { Tally } from './tally.ts';

const tally = new Tally('links');
let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start();
});
afterAll(() => aws.stop());

/** A folder of somebody else, which a link of the workspace leads to. */
function elsewhere(): string {
  const folder = mkdtempSync(join(aws.folder, 'elsewhere-'));
  for (const path of ['model/mine', 'mine', 'deep/out/model/mine', 'deep/mine', 'docker/Dockerfile']) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), 'mine');
  }
  return folder;
}
const below = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => lstatSync(join(folder, path)).isFile())
    .map((path) => `${path}: ${readFileSync(join(folder, path), 'utf8')}`)
    .sort();

/** Path in the workspace → what it is a link to, below the other folder; and the input. */
const OUTPUTS: Readonly<Record<string, readonly [link: string, to: string, path: string]>> = {
  'the folder': ['out', '.', 'out'],
  'a folder above it': ['results', 'deep', 'results/out'],
  'a folder far above it': ['a', '.', 'a/deep/out'],
  'its marker': ['out/.simple-sagemaker-output', 'mine', 'out'],
  'its marker, to a file that is not there': ['out/.simple-sagemaker-output', 'new', 'out'],
  'the model’s folder': ['out/model', 'model', 'out'],
  'the logs’ folder': ['out/logs', 'model', 'out'],
  'the kept archive': ['out/model.tar.gz', 'mine', 'out'],
  'the folder, by an absolute path': ['out', '.', '$WORKSPACE/out'],
  'the folder, by a way around': ['out', '.', 'x/../out'],
  'a folder, which leads back up': ['out', 'deep', 'out/../out/out'],
};
tally.attack('results written through a link', Object.keys(OUTPUTS), async (what) => {
  const [link, to, path] = OUTPUTS[what] ?? ['', '', ''];
  const [workspace, other] = [aws.workspace({ 'w.sh': 'echo x > $SM_MODEL_DIR/x\n' }), elsewhere()];
  mkdirSync(dirname(join(workspace, link)), { recursive: true });
  // A marker as of an earlier run, so that the folder counts as the action's.
  if (link.startsWith('out/') && !link.endsWith('output'))
    writeFileSync(join(workspace, 'out/.simple-sagemaker-output'), '');
  symlinkSync(join(other, to), join(workspace, link));
  const before = below(other);
  await aws.clearRequests();
  const inputs = {
    task: 'links',
    entrypoint: 'w.sh',
    'output-path': path.replace('$WORKSPACE', workspace),
    'skip-if': 'never',
  };
  const { code, stdout } = await aws.run(workspace, inputs);
  expect(below(other), 'nothing outside changed').toEqual(before);
  expect(stdout).toMatch(/::error::.*nothing was created.*%0A- output-path: .* would be written through the link /);
  return code === 0 || (await aws.requests()).length > 0;
});

const INPUTS: Readonly<Record<string, readonly [link: string, to: string, inputs: Record<string, string>]>> = {
  'an input folder': ['data', '.', { inputs: 'd=./data' }],
  'an input folder below a link': ['data', '.', { inputs: 'd=./data/deep' }],
  'an input folder by an absolute path': ['data', '.', { inputs: 'd=$WORKSPACE/data' }],
  'an input file': ['data', 'mine', { inputs: 'd=./data' }],
  'a file below a link': ['data', '.', { inputs: 'd=./data/mine' }],
  'the code': ['src', '.', { 'source-dir': 'src', entrypoint: '', run: 'true' }],
  'the entrypoint': ['x.sh', 'mine', { entrypoint: 'x.sh' }],
  'a dependency': ['lib', '.', { dependencies: 'lib' }],
  'a Dockerfile': ['Dockerfile', 'mine', { dockerfile: 'Dockerfile' }],
  'a folder with a Dockerfile': ['docker', 'docker', { dockerfile: 'docker' }],
  'a build context': ['context', '.', { dockerfile: 'FROM x\nCOPY . .', 'docker-context': 'context' }],
  'a dependency that is a file': ['lib', 'mine', { dependencies: 'lib' }],
};
tally.attack('a place outside that is sent', Object.keys(INPUTS), async (what) => {
  const [link, to, given] = INPUTS[what] ?? ['', '', {}];
  const [workspace, other] = [aws.workspace({ 'w.sh': 'true\n' }), elsewhere()];
  symlinkSync(join(other, to), join(workspace, link));
  await aws.clearRequests();
  const inputs = Object.fromEntries(
    Object.entries({ task: 'links', entrypoint: 'w.sh', ...given }).map(([name, value]) => [
      name,
      value.replace('$WORKSPACE', workspace),
    ]),
  );
  const { code, stdout } = await aws.run(workspace, inputs);
  expect(stdout).toMatch(/is reached through the link .*, which leads out of the workspace/);
  return code === 0 || (await aws.requests()).length > 0;
});

/** What is put in the way after the checks, while the job runs. */
const LATER: Readonly<Record<string, (out: string, other: string) => void>> = {
  'the results’ folder': (out, other) => {
    rmSync(out, { recursive: true });
    symlinkSync(other, out);
  },
  'a folder above it': (out, other) => {
    rmSync(dirname(out), { recursive: true });
    symlinkSync(join(other, 'deep'), dirname(out));
  },
  'the logs’ folder': (out, other) => {
    rmSync(join(out, 'logs'), { recursive: true });
    symlinkSync(join(other, 'deep'), join(out, 'logs'));
  },
  'a log file': (out, other) => {
    rmSync(join(out, 'logs/logs0'), { force: true });
    symlinkSync(join(other, 'mine'), join(out, 'logs/logs0'));
  },
  'the model’s folder': (out, other) => symlinkSync(join(other, 'model'), join(out, 'model')),
  'a folder below it': (out, other) => {
    mkdirSync(join(out, 'state'));
    symlinkSync(join(other, 'deep'), join(out, 'state/a'));
  },
};
tally.attack('a link that is put in the way later', Object.keys(LATER), async (what) => {
  const [workspace, other] = [aws.workspace({}), elsewhere()];
  const before = below(other);
  const output = await claimOutput(join(workspace, 'results/out'), workspace);
  const logs = new LogFiles(output);
  logs.append(0, ['first']);
  LATER[what]?.(output.real, other);
  logs.append(0, ['second']);
  const root = new Below(output.real);
  const write = async (folder: Below, name: string): Promise<void> =>
    folder.write(name, Readable.from(['evil']), { replace: true });
  const tries = [
    async () => write(root.emptied('model'), 'mine'),
    () => write(root, 'model.tar.gz'),
    () => write(new Below(join(output.real, 'state')), 'a/mine'),
    async () => root.symlink('state/a/l', '../x'),
    async () => root.folder('state/a/evil'),
  ];
  for (const attempt of tries) await attempt().catch((error: Error) => expect(error.message).toMatch(/link|ENOENT/));
  return below(other).join('\n') !== before.join('\n');
});

describe('what is no attack', () => {
  it('a workspace that is reached through a link', async () => {
    const workspace = aws.workspace({ 'w.sh': 'ls /opt/ml/input/data/d; echo x > $SM_MODEL_DIR/x\n', 'data/f': 'x' });
    const through = join(mkdtempSync(join(aws.folder, 'through-')), 'link');
    symlinkSync(workspace, through);
    const { code, stdout } = await aws.run(through, {
      task: 'through',
      entrypoint: 'w.sh',
      inputs: `d=${through}/data`,
    });
    expect(code, stdout).toBe(0);
    expect(readFileSync(join(workspace, 'sagemaker-output/through/model/x'), 'utf8')).toBe('x\n');
  });
  it('an input folder that is a link within the workspace', async () => {
    const workspace = aws.workspace({ 'w.sh': 'ls /opt/ml/input/data/d\n', 'real/f': 'x' });
    symlinkSync('real', join(workspace, 'data'));
    const { code, stdout } = await aws.run(workspace, { task: 'within', entrypoint: 'w.sh', inputs: 'd=./data' });
    expect(code, stdout).toBe(0);
  });
  it('places outside that are named openly, also where the machine reaches them through a link', async () => {
    const outside = mkdtempSync(join(aws.folder, 'outside-'));
    mkdirSync(join(outside, 'data'));
    writeFileSync(join(outside, 'data/f'), 'x');
    symlinkSync(outside, `${outside}-link`);
    const workspace = aws.workspace({ 'w.sh': 'echo x > $SM_MODEL_DIR/x\n' });
    const inputs = {
      task: 'openly',
      entrypoint: 'w.sh',
      inputs: `d=${outside}-link/data`,
      'output-path': `${outside}-link/out`,
    };
    const { code, stdout } = await aws.run(workspace, inputs);
    expect(code, stdout).toBe(0);
    expect(readFileSync(join(outside, 'out/model/x'), 'utf8')).toBe('x\n');
  });
});
