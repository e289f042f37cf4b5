/** The examples' own workflow files, each with what its README of origin prints; those with images: __tests__/docker. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ran, root, runWorkflow } from './act.ts';
import { ArtifactServer } from './artifact-server.ts';
import { cameBack, each, listed, logged, printed } from './worker-log.ts';

const venv = process.env['EXAMPLES_VENV'] || join(root, '.cache', 'examples');
const PERSONS = statSync(join(root, 'examples', 'example4', 'persons.json')).size;

let artifacts: ArtifactServer;
beforeAll(async () => {
  artifacts = await ArtifactServer.start();
});
afterAll(() => artifacts.stop());

async function example(name: string, tasks: readonly string[], path: readonly string[] = []): Promise<Ran> {
  const ran = await runWorkflow({ workflow: `examples/${name}/workflow.yml`, env: artifacts.environment, path });
  expect(ran.log).toContain('completed.');
  expect(ran.jobs, ran.log).toEqual({ [`${name}/train`]: 'success' });
  expect(ran.code).toBe(0);
  expect(ran.orphans).toEqual([]);
  for (const task of tasks) expect(ran.summary).toContain(`/ ${task}: Completed`);
  return ran;
}

const numbered = (number: number): Promise<Ran> => example(`example${number}`, [`task${number}`]);

/** What the workflow's last step shows, the log file among it. */
const end = (log: string): string => log.split('Run Main What came back').at(-1) ?? '';

/** What both examples of a library log when they show a folder: the listing's own lines are not among them. */
const SHOWN = ['/opt/ml', '/state'].flatMap((folder) => [
  `*** START listing files in ${folder}`,
  `${folder}:`,
  `*** END file listing ${folder}`,
]);

/** A file of a zip, by Python's zipfile: no reader of ours stands between. */
function unzipped(zip: Buffer | undefined, name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'zip-'));
  try {
    writeFileSync(join(folder, 'a.zip'), zip ?? '');
    const script = 'import sys, zipfile; sys.stdout.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]).decode())';
    return execFileSync('python3', ['-c', script, join(folder, 'a.zip'), name], { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the examples', () => {
  it('1: a script reports its devices', async () => {
    const { log } = await numbered(1);
    expect(log).toMatch(/^-\*\*\*- Device 0: .+$/m);
  });

  it('2: a hyperparameter is printed', async () => {
    const { log } = await numbered(2);
    expect(log).toMatch(
      /^Invoking script with the following command:\n\n\S*python\S* worker2\.py --msg Hello, world!\n\nHello, world!$/m,
    );
  });

  it('3: output, model and state come back; model and output as artifacts', async () => {
    const { log, summary } = await numbered(3);
    for (const file of [
      'model/model_dir',
      'output/output_data_dir',
      'state/state_dir',
      'state/algo-1/__COMPLETED__',
      'logs/logs0',
    ]) {
      expect(log).toContain(`sagemaker-output/task3/${file}\n`);
    }
    expect(unzipped(artifacts.artifacts.get('simple-sagemaker-example-task3-model'), 'model_dir')).toBe(
      'model_dir file',
    );
    expect(unzipped(artifacts.artifacts.get('simple-sagemaker-example-task3-output'), 'output_data_dir')).toBe(
      'output_data_dir file',
    );
    expect(summary).toContain('sagemaker-output/task3/model');
  });

  it('4: the files of both channels are there', async () => {
    const log = end((await numbered(4)).log);
    expect(log).toMatch(/^Invoking script with the following command:\n\n\S*python\S* worker4\.py\n$/m);
    expect(logged(log, '__main__')).toEqual(
      ['/opt/ml/input/data/data', '/opt/ml/input/data/bucket'].flatMap((folder) => [
        `*** START listing files in ${folder}`,
        `${folder}:`,
        `*** END file listing ${folder}`,
      ]),
    );
    expect(listed(log, '/opt/ml/input/data/data')).toEqual({ 'sample_data.txt': 19 });
    expect(listed(log, '/opt/ml/input/data/bucket')).toEqual({ 'persons.json': PERSONS });
  });

  it("5: another task's model is there as the archive that it is", async () => {
    const log = end((await numbered(5)).log);
    const bucket = '/opt/ml/input/data/bucket';
    expect(logged(log, '__main__')).toEqual([
      ...['*** START listing files in ', '', '*** END file listing '],
      ...[`*** START listing files in ${bucket}`, `${bucket}:`, `*** END file listing ${bucket}`],
    ]);
    expect(listed(log, bucket)).toEqual({ 'model.tar.gz': expect.any(Number) });
  });

  it('single task: what an instance is given is there, and what it leaves comes back', async () => {
    // There the package of its requirements.txt is installed already.
    const { log } = await example('single_task', ['Task1'], [join(venv, 'bin')]);
    const job = /^Started (\S+) on 2 × ml\.m5\.large /m.exec(log)?.[1] ?? '';
    for (const [host, data] of Object.entries({ 'algo-1': { test: 12 }, 'algo-2': { test2: 0 } })) {
      const text = printed(log, 1, host);
      expect(text).toContain('Installing requirements.txt\n');
      expect(text).toMatch(/^\S*python\S* algo\.py --arg1 5 --arg2 hello\n$/m);
      expect(text).toContain('-- External Lib1 imported!\n-- Internal Lib2 imported!\n');
      expect(logged(text, '__main__')).toEqual([
        'Starting algo...',
        "Argv: ['algo.py', '--arg1', '5', '--arg2', 'hello']",
        expect.stringContaining(`'SM_CURRENT_HOST': '${host}'`),
        expect.stringMatching(/^joblib: <module 'joblib' from '.*'>$/),
        ...SHOWN,
        'finished!',
        ...SHOWN,
      ]);
      expect(logged(text, 'task_toolkit.algo_lib')).toEqual([
        expect.stringMatching(/^Args: Namespace\(.*hps=\{'arg1': 5, 'arg2': 'hello'\}.*\)$/),
        "Unmatched: ['--arg1', '5', '--arg2', 'hello']",
        "Deleting other instances' state",
        'Creating instance specific state dir',
        `Marking instance ${host} completion`,
      ]);
      expect(listed(text, '/opt/ml/input/data/data')).toEqual(data);
      expect(listed(text, `/opt/ml/model/${host}`)).toEqual({ model_dir: 9 });
      expect(listed(text, `/opt/ml/output/${host}`)).toEqual({ output_dir: 10 });
      expect(listed(text, `/opt/ml/output/data/${host}`)).toEqual({ output_data_dir: 15 });
      expect(listed(text, `/state/${host}`)).toEqual({ [`state_${host}`]: 12, __COMPLETED__: job.length });
    }
    expect(cameBack(log, 'output/logs')).toEqual({ logs0: '', logs1: '' });
    expect(cameBack(log, 'output/model')).toEqual(each(['algo-1/model_dir', 'algo-2/model_dir'], 'model_dir'));
    expect(cameBack(log, 'output/state')).toEqual({
      'algo-1/state_algo-1': 'state_algo-1',
      'algo-2/state_algo-2': 'state_algo-2',
      ...each(['algo-1/__COMPLETED__', 'algo-2/__COMPLETED__'], job),
    });
    const copied = cameBack(log, 'output/output/algo-1/input_dir_copy');
    for (const name of ['hyperparameters', 'inputdataconfig', 'resourceconfig', 'trainingjobconfig'])
      expect(copied).toHaveProperty([`config/${name}.json`]);
    expect(copied).toMatchObject({ 'data/data/test': 'test content', 'data/data-manifest': '' });
    expect(copied).not.toHaveProperty(['data/data/test2']);
    expect(cameBack(log, 'output/output')).toMatchObject({ 'algo-1/output_data_dir': 'output_data_dir' });
    expect(Object.keys(cameBack(log, 'output/source'))).toEqual(
      expect.arrayContaining([
        ...['algo.py', 'requirements.txt', 'internal_dependency/lib2.py', 'external_dependency/lib1.py'],
        'task_toolkit/algo_lib.py',
      ]),
    );
  });

  it('multiple tasks: the second has what the first left, whole and shared', async () => {
    const { log } = await example('multiple_tasks', ['Task1', 'Task2']);
    const left = (host: string, numbers: readonly number[]): string[] => numbers.map((n) => `state_${host}_${n}`);
    const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    // Every other one, in the order of their keys, where 10 comes after 1.
    const shares = { 'algo-1': [1, 2, 4, 6, 8], 'algo-2': [10, 3, 5, 7, 9] };
    for (const [host, share] of Object.entries(shares)) {
      for (const stage of [1, 2]) {
        const text = printed(log, stage, host);
        expect(text).toMatch(new RegExp(`^\\S*python\\S* algo_multi\\.py --stage ${stage}\n$`, 'm'));
        expect(logged(text, '__main__')).toEqual([
          `Argv: ['algo_multi.py', '--stage', '${stage}']`,
          expect.stringContaining(`'SSM_INSTANCE_STATE': '/state/${host}'`),
          ...SHOWN,
          ...(stage === 1 ? [] : ['Doing nothing...']),
          'finished!',
          ...SHOWN,
        ]);
        expect(logged(text, 'worker_toolkit.worker_lib')).toEqual([
          "Deleting other instances' state",
          'Creating state dir',
          expect.stringMatching(
            new RegExp(
              `^Worker config: Namespace\\(.*hps=\\{'stage': ${stage}\\}.*instance_state='/state/${host}'.*\\)$`,
            ),
          ),
        ]);
        expect(listed(text, '/opt/ml/input/data/data')).toEqual(host === 'algo-1' ? { test: 12 } : { test2: 0 });
      }
      expect(listed(printed(log, 1, host), `/state/${host}`)).toEqual(each(left(host, all), 5));
      expect(listed(printed(log, 1, host), `/opt/ml/model/${host}`)).toEqual({ model_dir: 9 });

      const second = printed(log, 2, host);
      expect(listed(second, '/opt/ml/input/data/model')).toEqual({ 'model.tar.gz': expect.any(Number) });
      for (const other of Object.keys(shares)) {
        expect(listed(second, `/opt/ml/input/data/task1_state1/${other}`)).toEqual(each(left(other, all), 5));
        expect(listed(second, `/opt/ml/input/data/task1_state2/${other}`)).toEqual(each(left(other, share), 5));
      }
      const output = host === 'algo-1' ? { 'output.tar.gz': expect.any(Number) } : {};
      expect(listed(second, '/opt/ml/input/data/task1_state3')).toEqual(output);
      expect(listed(second, `/state/${host}`)).toEqual({});
    }
    const both = (share: readonly number[]): string[] =>
      Object.keys(shares).flatMap((host) => left(host, share).map((name) => `${host}/${name}`));
    const under = (folder: string, names: readonly string[]): string[] =>
      names.map((name) => `algo-1/${folder}/${name}`);
    expect(cameBack(log, 'output/output1/model')).toEqual(each(['algo-1/model_dir', 'algo-2/model_dir'], 'model_dir'));
    expect(cameBack(log, 'output/output1/state')).toEqual(each(both(all), 'state'));
    expect(cameBack(log, 'output/output1/output')).toEqual({
      'algo-1/data_copy/test': 'test content',
      ...each(
        under(
          'state_copy',
          both(all).filter((path) => path.startsWith('algo-1/')),
        ),
        'state',
      ),
    });
    expect(cameBack(log, 'output/output2/output')).toEqual({
      'algo-1/data_copy/test': 'test content',
      ...each(['algo-1/model_copy/model.tar.gz', 'algo-1/task1_state3_copy/output.tar.gz'], ''),
      ...each(under('task1_state1_copy', both(all)), 'state'),
      ...each(under('task1_state2_copy', both(shares['algo-1'])), 'state'),
    });
    expect(cameBack(log, 'output/output2/model')).toEqual({});
    expect(cameBack(log, 'output/output2/state')).toEqual({});
  });
});
