/** The examples' own workflow files, each with what its README of origin prints; those with images: __tests__/docker. */
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
});
