/** The examples' own workflow files, each with what its README of origin prints. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ran, runWorkflow } from './act.ts';
import { ArtifactServer } from './artifact-server.ts';

let artifacts: ArtifactServer;
beforeAll(async () => {
  artifacts = await ArtifactServer.start();
});
afterAll(() => artifacts.stop());

async function example(number: number, task = `task${number}`): Promise<Ran> {
  const ran = await runWorkflow({ workflow: `examples/example${number}/workflow.yml`, env: artifacts.environment });
  expect(ran.log).toContain('completed.');
  expect(ran.jobs, ran.log).toEqual({ [`example${number}/train`]: 'success' });
  expect(ran.code).toBe(0);
  expect(ran.orphans).toEqual([]);
  expect(ran.summary).toContain(`/ ${task}: Completed`);
  return ran;
}

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
    const { log } = await example(1);
    expect(log).toMatch(/^-\*\*\*- Device 0: .+$/m);
  });

  it('2: a hyperparameter is printed', async () => {
    const { log } = await example(2);
    expect(log).toMatch(
      /^Invoking script with the following command:\n\n\S*python\S* worker2\.py --msg Hello, world!\n\nHello, world!$/m,
    );
  });

  it('3: output, model and state come back; model and output as artifacts', async () => {
    const { log, summary } = await example(3);
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
    const { log } = await example(4);
    const listing = (channel: string): string =>
      new RegExp(
        `\\*\\*\\* START listing files in /opt/ml/input/data/${channel}\n([\\s\\S]*?)\\*\\*\\* END file listing`,
      ).exec(log)?.[1] ?? '';
    expect(listing('data')).toMatch(/^INFO:__main__:\/opt\/ml\/input\/data\/data:\ntotal \d+\n/m);
    expect(listing('data')).toMatch(/ 19 .* sample_data\.txt$/m);
    expect(listing('bucket')).toMatch(/ persons\.json$/m);
  });

  it("5: another task's model is there as the archive that it is", async () => {
    const { log } = await example(5);
    const line = 'INFO:__main__:';
    expect(log).toContain(`${line}*** START listing files in \n${line}\n${line}*** END file listing \n`);
    const bucket = '/opt/ml/input/data/bucket';
    expect(log).toMatch(
      new RegExp(
        `\\*\\*\\* START listing files in ${bucket}\n[\\s\\S]* model\\.tar\\.gz\n[\\s\\S]*\\*\\*\\* END file listing ${bucket}\n`,
      ),
    );
  });

  it('6: data shared, tasks chained, metrics read, and a task not run again', async () => {
    const { log } = await example(6, 'task6-1');
    for (const host of [1, 2]) {
      expect(log).toContain(`[algo-${host}] INFO:__main__:Input data: ['sample_data${host}.txt']`);
      expect(log).toContain(`sagemaker-output/task6-1/model/sample_data${host}.txt_proc_by_algo-${host}\n`);
      expect(log).toContain(`sagemaker-output/task6-1/model/output_algo-${host}\n`);
      expect(log).toMatch(new RegExp(`^\\[algo-${host}\\] .*Successfully installed humanize-`, 'm'));
      expect(log).toMatch(new RegExp(`^\\[algo-${host}\\] INFO:__main__:Persons: \\['[\\d.]+ (Bytes|kB)'\\]$`, 'm'));
      expect(log).toContain(`[algo-${host}] INFO:__main__:Model of task 1: ['model.tar.gz']`);
      expect(log).toContain(`[algo-${host}] INFO:__main__:Hyperparams: {'task_type': '2'}`);
    }
    expect(log).toContain('Dependencies: external dependency, internal dependency');
    const state = [...log.matchAll(/State of task 1: \[(.*)\]/g)].flatMap(([, files = '']) => files.split(', '));
    expect(state.sort()).toEqual(
      [1, 2].flatMap((host) => [`'algo-${host}/__COMPLETED__'`, `'algo-${host}/state_algo-${host}'`]),
    );
    expect(log).toMatch(/Skipped: simple-sagemaker-example-task6-1-\S+ completed this task/);
    expect(log).toContain('metrics: {"Score":30}; skipped: true; same job: true');
  });

  it('single file: two tasks of one worker', async () => {
    const ran = await runWorkflow({ workflow: 'examples/single_file/workflow.yml', env: artifacts.environment });
    expect(ran.jobs, ran.log).toEqual({ 'single_file/train': 'success' });
    for (const host of [1, 2]) {
      expect(ran.log).toContain(
        `[algo-${host}] INFO:__main__:Hyperparams: {'arg': 'hello world!', 'task': 1, 'worker': 1}`,
      );
      expect(ran.log).toContain(`Input data files: [PosixPath('/opt/ml/input/data/data/sample_data${host}.txt')]`);
      expect(ran.log).toContain(`State files: [PosixPath('/state/algo-${host}')]`);
      expect(ran.log).toContain(`INFO:task_toolkit.algo_lib:Marking instance algo-${host} completion`);
      expect(ran.log).toContain(`[algo-${host}] INFO:task_toolkit.algo_lib:Creating instance specific state dir`);
      // Once a task.
      expect(ran.log.match(new RegExp(`^\\[algo-${host}\\] INFO:__main__:finished!$`, 'gm'))).toHaveLength(2);
      expect(ran.log).toContain(`output/output1/model/sample_data${host}.txt_proc_by_algo-${host}\n`);
      expect(ran.log).toContain(
        `[algo-${host}] INFO:__main__:Input task2_data: [PosixPath('/opt/ml/input/data/task2_data/model.tar.gz')]`,
      );
    }
    expect(ran.log).toContain("Hyperparams: {'arg': 'hello world!', 'task': 2, 'worker': 1}");
    // A single object goes to the first instance.
    expect(ran.log).toContain(
      "[algo-1] INFO:__main__:Input task2_data_dist: [PosixPath('/opt/ml/input/data/task2_data_dist/model.tar.gz')]",
    );
    expect(ran.log).toContain('[algo-2] INFO:__main__:Input task2_data_dist: []');
  });
});
