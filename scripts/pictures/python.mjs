// The SageMaker Python SDK in a virtual environment of its own below .cache/pictures.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The part of the SDK v3 that trains: 1.27.0 belongs to sagemaker 3.27.0, which has a gigabyte of packages. */
const PACKAGE = 'sagemaker-train==1.27.0';

/** Answers its `python`. Throws an Error that says what to do. */
export function installSdk(folder) {
  const venv = join(folder, 'sdk');
  const python = join(venv, 'bin', 'python');
  const mark = join(venv, 'complete');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === PACKAGE) return python;
  run('python3', ['-m', 'venv', '--clear', venv]);
  run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', PACKAGE]);
  writeFileSync(mark, PACKAGE);
  return python;
}

function run(program, words) {
  const { status, error } = spawnSync(program, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status === 0) return;
  throw new Error(
    `${program} ${words.join(' ')} ended with ${error?.code ?? status}. The SDK's pictures need Python 3.10 or later with venv, ` +
      'and 350 MB from its package index. Name the other pictures to make only them: npm run pictures -- log page.',
  );
}
