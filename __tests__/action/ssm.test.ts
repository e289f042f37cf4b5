/** `ssm`, of both its generations: its tasks are this action's too, and the other way round. */
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { CreateRoleCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iamOf } from './setup.ts';
import { StandIn, type StepResult } from './stand-in.ts';

const venvs = process.env['CLIENT_VENVS'] ?? '';
const here = join(import.meta.dirname, 'peers');
const root = join(import.meta.dirname, '..', '..');
const REGIONS = { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' };

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});
/** It looks at its job every half a minute; some tests start it twice. */
const SSM_MS = 400_000;
const execute = promisify(execFile);

let aws: StandIn;
beforeAll(async () => {
  if (venvs === '') return;
  const path = [join(venvs, 'worker', 'bin'), process.env['PATH']].join(delimiter);
  aws = await StandIn.start(['--tls', '--time-scale', '0.01'], { PATH: path });
  // Two ssm at once would both make the role where it is missing, and one of them would fail.
  await iamOf(aws).send(new CreateRoleCommand({ RoleName: 'SageMakerIAMRole', AssumeRolePolicyDocument: TRUST }));
}, 60_000);
afterAll(() => aws?.stop());

/** Both generations of `ssm`: its environment, how a task is run, and how one is run again that is completed. */
const GENERATIONS = [
  { version: '0.9.12', venv: 'ssm-0.9.12', run: [], again: undefined },
  { version: '0.9.24', venv: 'ssm', run: ['run'], again: '--force_running' },
] as const;

describe.skipIf(venvs === '').concurrent.each(GENERATIONS)(
  'a task of ssm $version',
  { timeout: SSM_MS },
  ({ version, venv, run, again }) => {
    const worker = `code/worker_${version.replaceAll('.', '_')}.py`;
    const project = `shared-${venv.replaceAll('.', '-')}`;
    const ssm = async (...words: string[]): Promise<string> => {
      const folder = workspace();
      const { proxy, bundle } = aws.tls;
      const bin = join(venvs, venv, 'bin');
      const env = {
        ...{ HOME: folder, PATH: [bin, '/usr/bin', '/bin'].join(delimiter), LANG: 'C.UTF-8' },
        ...{ HTTPS_PROXY: proxy, AWS_CA_BUNDLE: bundle, REQUESTS_CA_BUNDLE: bundle, SSL_CERT_FILE: bundle, ...REGIONS },
        ...{ AWS_ACCESS_KEY_ID: 'tester', AWS_SECRET_ACCESS_KEY: 'tester', COLUMNS: '400' },
      };
      const all = [...run, '-p', project, '-e', worker, '--it', 'ml.m5.large', '--ic', '2', '-o', 'out', ...words];
      const { stdout, stderr } = await execute(join(bin, 'ssm'), all, { cwd: folder, env, maxBuffer: 2 ** 26 });
      return stdout + stderr;
    };
    const workspace = (): string => {
      const folder = aws.workspace({});
      cpSync(join(here, 'code'), join(folder, 'code'), { recursive: true });
      return folder;
    };
    const ours = {
      project,
      entrypoint: worker,
      'instance-count': '2',
      download: 'model, state',
      'skip-if': 'completed',
    };
    const mine = (inputs: Record<string, string>): Promise<StepResult> => aws.run(workspace(), { ...ours, ...inputs });
    const state = (task: string): Promise<string[]> => aws.keys(`${project}/${task}/state/`);
    const marks = version === '0.9.12' ? ['__COMPLETED__'] : [];
    const leftBy = (task: string): string[] =>
      ['algo-1', 'algo-2'].flatMap((host) =>
        [...marks, 'progress'].map((name) => `${project}/${task}/state/${host}/${name}`),
      );

    it('is skipped, chained and gone on with here', async () => {
      await ssm('-t', 'theirs');
      expect(await state('theirs')).toEqual(leftBy('theirs'));
      const skipped = await mine({ task: 'theirs' });
      expect(skipped.outputs).toMatchObject({ skipped: 'true', status: 'Completed' });
      expect(skipped.outputs['job-name']).toMatch(/^theirs-/);
      const again = await mine({ task: 'theirs', 'skip-if': 'unchanged' });
      expect(again.stdout).toMatch(/Ran because there is no record of what theirs-\S+ ran/);
      for (const host of ['algo-1', 'algo-2'])
        expect(again.stdout).toContain(`steps 2 of ${host} among 2 beside [PosixPath('/state/${host}')]`);
      expect(await state('theirs')).toEqual(leftBy('theirs'));
      const inputs = ['model', 'output', 'state'].map((kind) => `${kind}=task:theirs/${kind}`).join('\n');
      const chained = await mine({ task: 'after-theirs', inputs });
      expect(chained.code, chained.stdout).toBe(0);
      expect(chained.stdout).toContain("model ['model.tar.gz']");
      expect(chained.stdout).toContain("output ['output.tar.gz']");
      const found = leftBy('theirs').map((key) => `'${key.split('/state/')[1]}'`);
      expect(chained.stdout).toContain(`state [${found.join(', ')}]`);
    });

    it('is skipped and chained there when it ran here', async () => {
      const first = await mine({ task: 'mine' });
      expect(first.code, first.stdout).toBe(0);
      const inputs = ['model', 'output', 'state'].flatMap((kind) => ['--iit', kind, 'mine', kind]);
      const chained = await ssm('-t', 'after-mine', ...inputs);
      for (const file of ["model ['model.tar.gz']", "output ['output.tar.gz']", "'algo-2/progress'"])
        expect(chained).toContain(file);
      const done = `Task mine is already completed by ${first.outputs['job-name']}`;
      expect(await ssm('-t', 'mine')).toContain(done);
    });

    it('is gone on with there when it ran here', async () => {
      // To 0.9.12 what nobody marked is not completed.
      const unmarked = again === undefined ? { task: 'gone-on', arguments: 'algo-1 algo-2' } : { task: 'gone-on' };
      expect((await mine(unmarked)).code).toBe(0);
      const words = again === undefined ? [] : [again];
      expect(await ssm('-t', 'gone-on', ...words)).toContain('steps 2 of algo-2 among 2');
    });

    it("runs where AWS's toolkit launches it", async () => {
      const { code, stdout } = await mine({ task: 'by-image', launcher: 'image' });
      expect(code, stdout).toBe(0);
      expect(stdout).toContain('sagemaker-training-toolkit INFO     Reporting training SUCCESS');
      expect(stdout).toContain("steps 1 of algo-2 among 2 beside [PosixPath('/state/algo-2')]");
      expect(await state('by-image')).toEqual(leftBy('by-image'));
      expect((await mine({ task: 'by-image', launcher: 'image' })).outputs['skipped']).toBe('true');
    });

    it.runIf(version === '0.9.12')('is not completed when only some of its instances marked it', async () => {
      await ssm('-t', 'half', '--unmarked', 'algo-2');
      const chained = await mine({ task: 'after-half', inputs: 'model=task:half/model' });
      expect(chained.code).toBe(1);
      expect(chained.stdout).toContain('half (Completed, but only some instances marked it)');
      const run = await mine({ task: 'half' });
      expect(run.outputs['skipped']).toBe('false');
      expect(run.stdout).toContain('steps 2 of algo-2 among 2');
      expect((await mine({ task: 'half' })).outputs['skipped']).toBe('true');
    });
  },
);

describe.skipIf(venvs === '')('docs/migration.md', () => {
  it.each(['run', 'shell', 'data', 'process'])('has each flag of `ssm %s`', (command) => {
    const help = execFileSync(join(venvs, 'ssm', 'bin', 'ssm'), [command, '--help'], { encoding: 'utf8' });
    const page = readFileSync(join(root, 'docs', 'migration.md'), 'utf8');
    const lines = help.split('\n').filter((line) => /^ {2}-/.test(line));
    const flags = new Set(lines.flatMap((line) => line.match(/(?<=^ *|, )--?[a-z_0-9]+/g) ?? []));
    for (const flag of ['-h', '--help']) flags.delete(flag);
    expect(flags.size).toBeGreaterThan(6);
    // What both take in general has its rows under `ssm run`.
    expect([...flags].filter((flag) => !page.includes(`\`${flag}\``)).toSorted()).toEqual([]);
  });
});
