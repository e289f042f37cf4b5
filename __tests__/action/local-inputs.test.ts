/** The inputs of the action `local/`: mistakes are told at once, before anything is installed or started. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { testFolder } from '../files/folder.ts';

const temporary = testFolder();

function start(inputs: { readonly data?: string; readonly images?: string }): string {
  const folder = temporary.path;
  temporary.write({ state: '', output: '', env: '' });
  const env = {
    ...{ PATH: '', RUNNER_TEMP: folder, INPUT_DATA: inputs.data ?? '', INPUT_IMAGES: inputs.images ?? '' },
    ...{ GITHUB_STATE: join(folder, 'state'), GITHUB_OUTPUT: join(folder, 'output'), GITHUB_ENV: join(folder, 'env') },
  };
  const index = join(import.meta.dirname, '..', '..', 'dist', 'local', 'index.js');
  return spawnSync(process.execPath, [index], { env, encoding: 'utf8' }).stdout;
}

it('shows the right form of each', () => {
  const said = start({ data: 's3://b/p: ./x', images: 'a=b # c' });
  expect(said).toMatch(
    /^::error::2 inputs are wrong; nothing was created\.%0A- data: .*for example s3:\/\/bucket\/data=.*%0A- images: .*comment/m,
  );
});

it.each(['s3://b/year=./x\ns3://b/year=./y', '{"s3://b/p": "./x"}', '["s3://b/p=./x"]', '# nothing'])(
  'takes %j, and goes on to install',
  (data) => {
    expect(start({ data })).toContain('Python 3.10 or later was not found');
  },
);
