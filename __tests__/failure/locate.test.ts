/** The repository's line of an error: from a path on the worker, which is foreign text. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { LocalFile } from '../../src/core/local-file.ts';
import { locator } from '../../src/failure/locate.ts';
import { archivePath } from '../../src/failure/repository-line.ts';
import type { Frame } from '../../src/failure/traceback.ts';

describe("a path's file in the code", () => {
  it.each([
    ['/opt/ml/code/train.py', 'train.py'],
    ['/opt/ml/code/jobs/train.py', 'jobs/train.py'],
    ['train.py', 'train.py'],
    ['./jobs/../train.py', 'train.py'],
    ['/tmp/instances/algo-1/opt/ml/code/train.py', 'train.py'],
    ['/opt/ml/code//jobs/./train.py', 'jobs/train.py'],
    ['/opt/ml/code/task_toolkit/launcher.py', 'task_toolkit/launcher.py'],
    ['../train.py', undefined],
    ['/opt/ml/code/../code/train.py', undefined],
    ['/opt/ml/code/../../../etc/passwd', undefined],
    ['/etc/passwd', undefined],
    ['/tmp/torchelastic_x/train.py', undefined],
    ['/opt/conda/lib/python3.11/site-packages/churn/data.py', undefined],
    ['/opt/ml/code/venv/lib/python3.11/site-packages/x.py', undefined],
    ['/usr/local/lib/python3.8/dist-packages/torch/x.py', undefined],
    ['site-packages/x.py', undefined],
    ['<string>', undefined],
    ['<frozen runpy>', undefined],
    ['/opt/ml/code/', undefined],
    ['.', undefined],
    ['', undefined],
  ])('%s', (path, expected) => {
    expect(archivePath(path)).toBe(expected);
  });
});

describe("an error's line", () => {
  const top = mkdtempSync(join(tmpdir(), 'locate-'));
  const workspace = join(top, 'repository');
  afterAll(() => rmSync(top, { recursive: true }));
  const write = (file: string, text: string, path: string): LocalFile => {
    const absolute = join(workspace, file);
    mkdirSync(join(absolute, '..'), { recursive: true });
    writeFileSync(absolute, text);
    return { path, absolute, size: text.length, modified: 0, executable: false };
  };
  const locate = locator(
    [
      write('src/train.py', 'a\r\nb\r\nc\r\n', 'train.py'),
      write('libs/churn/data.py', 'a\nb', 'churn/data.py'),
      write('../outside.py', 'a\n', 'outside.py'),
      { ...write('src/large.py', 'a\n', 'large.py'), size: 2 ** 30 },
      { ...write('src/gone.py', '', 'gone.py'), absolute: join(workspace, 'src', 'gone.py.not') },
    ],
    workspace,
  );
  const at = (path: string, line = 1): Frame => ({ path, line });

  it.each<[string, readonly Frame[], string | undefined]>([
    ['of the first frame in the code', [at('/opt/x.py'), at('train.py', 2), at('churn/data.py')], 'src/train.py:2'],
    ['of a dependency', [at('/opt/ml/code/churn/data.py', 2)], 'libs/churn/data.py:2'],
    ['that the file does not have', [at('churn/data.py', 3), at('train.py')], undefined],
    ['0', [at('train.py', 0)], undefined],
    ['in no file of the code', [at('/etc/passwd')], undefined],
    ['in a file outside the workspace', [at('outside.py')], undefined],
    ['in a file that is gone', [at('gone.py')], undefined],
    ['in a file that is no source', [at('large.py')], undefined],
    ['without frames', [], undefined],
  ])('%s', async (_, frames, expected) => {
    const place = await locate(frames);
    expect(place === undefined ? undefined : `${place.file}:${place.line}`).toBe(expected);
  });
});
