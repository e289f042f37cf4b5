/** What a task takes from the runner, and every way in which it is not there. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { archivedEntrypoint } from '../../src/code/start.ts';
import { type CheckedFiles, checkFiles } from '../../src/config/check.ts';
import { claimOutput, LogFiles, outputMistakes, writeReport } from '../../src/files/output-folder.ts';
import { RESULTS } from '../../src/results/spec.ts';
import { testFolder } from '../files/folder.ts';
import { type Given, specOf } from '../given.ts';

const folder = testFolder();
const survey = (given: Given): Promise<CheckedFiles> => checkFiles(specOf(given), folder.path);
const code = async (given: Given): Promise<string[]> => {
  const { files, mistakes } = await survey(given);
  expect(mistakes).toEqual([]);
  return files.code.map(({ path }) => path);
};
const empty = (...names: string[]): void => folder.write(Object.fromEntries(names.map((name) => [name, 'x'])));

describe('the code', () => {
  it.each<[string, Given, string[]]>([
    ['an entrypoint alone', { entrypoint: 'w.py' }, ['w.py']],
    ['a nested entrypoint alone, at the root', { entrypoint: 'src/sub/deep.py' }, ['deep.py']],
    ['an entrypoint with a dot before', { entrypoint: './src/sub/deep.py' }, ['deep.py']],
    ['an odd entrypoint', { entrypoint: 'src/an odd +%#ü.sh' }, ['an odd +%#ü.sh']],
    [
      'a folder',
      { 'source-dir': 'src', entrypoint: 'train.py' },
      ['.gitignore', 'an odd +%#ü.sh', 'sub/deep.py', 'train.py'],
    ],
    [
      'a nested entrypoint in a folder',
      { 'source-dir': 'src', entrypoint: 'sub/deep.py' },
      ['.gitignore', 'an odd +%#ü.sh', 'sub/deep.py', 'train.py'],
    ],
    [
      'one with dots before',
      { 'source-dir': './src/', entrypoint: './/sub/deep.py' },
      ['.gitignore', 'an odd +%#ü.sh', 'sub/deep.py', 'train.py'],
    ],
    ['shell lines alone', { entrypoint: '', run: 'true' }, []],
    ['shell lines in a folder', { entrypoint: '', run: 'true', 'source-dir': 'src/sub' }, ['deep.py']],
    [
      'dependencies, under their own names',
      { entrypoint: 'w.py', dependencies: 'libs/common\nlibs/one.py\n./libs/other/' },
      ['w.py', 'common/__init__.py', 'common/x/y.py', 'one.py', 'other/z.py'],
    ],
    ['shell lines with a dependency', { entrypoint: '', run: 'true', dependencies: 'libs/other' }, ['other/z.py']],
  ])('is %s', async (_what, given, expected) => {
    empty('w.py', 'src/train.py', 'src/sub/deep.py', 'src/an odd +%#ü.sh', 'src/ignored.py');
    empty('libs/common/__init__.py', 'libs/common/x/y.py', 'libs/one.py', 'libs/other/z.py');
    folder.write({ 'src/.gitignore': 'ignored.py\n' });
    expect(await code(given)).toEqual(expected);
  });

  it('of the whole workspace holds no results of earlier runs of the task', async () => {
    empty('w.py', 'sagemaker-output/train/model/x', '.git/config');
    expect(await code({ 'source-dir': '.', entrypoint: 'w.py' })).toEqual(['w.py']);
    empty('mine/logs/logs0');
    expect(await code({ 'source-dir': '.', entrypoint: 'w.py', 'output-path': 'mine' })).toEqual([
      'sagemaker-output/train/model/x',
      'w.py',
    ]);
  });

  it('holds no results of other tasks, wherever they were put', async () => {
    empty('w.py', 'src/w.py');
    for (const output of ['sagemaker-output/one', 'src/results']) {
      await claimOutput(join(folder.path, output), folder.path);
      empty(`${output}/model/weights`, `${output}/logs/logs0`);
    }
    expect(await code({ 'source-dir': '.', entrypoint: 'w.py' })).toEqual(['src/w.py', 'w.py']);
    expect(await code({ entrypoint: 'w.py', dependencies: 'src' })).toEqual(['w.py', 'src/w.py']);
    // Results that are asked for by name.
    expect(await code({ entrypoint: 'w.py', dependencies: 'sagemaker-output/one/model' })).toEqual([
      'w.py',
      'model/weights',
    ]);
    const { channels } = (await survey({ entrypoint: 'w.py', inputs: 'd=./src\ne=./src/results' })).files;
    expect(channels[0]?.files?.map(({ path }) => path)).toEqual(['w.py']);
    expect(channels[1]?.files?.map(({ path }) => path)).toContain('model/weights');
  });

  it('may be named by absolute paths', async () => {
    empty('w.py', 'lib/x.py');
    const given = { entrypoint: join(folder.path, 'w.py'), dependencies: join(folder.path, 'lib') };
    expect(await code(given)).toEqual(['w.py', 'lib/x.py']);
  });

  it('keeps what may be executed', async () => {
    empty('w.sh');
    chmodSync(join(folder.path, 'w.sh'), 0o755);
    expect((await survey({ entrypoint: 'w.sh' })).files.code[0]?.executable).toBe(true);
  });

  it.each<[string | undefined, string, string]>([
    [undefined, 'a/b/w.py', 'w.py'],
    [undefined, './w.py', 'w.py'],
    ['src', 'a/b/w.py', 'a/b/w.py'],
    ['src', './a/w.py', 'a/w.py'],
    ['src', './././/w.py', 'w.py'],
    ['src', '.hidden/w.py', '.hidden/w.py'],
  ])('with source-dir %s starts %s as %s', (sourceDir, entrypoint, expected) => {
    expect(archivedEntrypoint(sourceDir, entrypoint)).toBe(expected);
  });
});

describe('local inputs', () => {
  it('are folders and files, nothing of them ignored but .git', async () => {
    empty('w.py', 'data/a.csv', 'data/sub/b', 'data/.git/config', 'one file.csv');
    folder.write({ '.gitignore': 'data/\n*.csv\n', 'data/.gitignore': '*' });
    const { files, mistakes } = await survey({ inputs: 'd=./data\none=one file.csv Pipe\nfar=s3://bucket/x' });
    expect(mistakes).toEqual([]);
    expect(files.channels.map((channel) => [channel.name, channel.files?.map(({ path }) => path)])).toEqual([
      ['d', ['.gitignore', 'a.csv', 'sub/b']],
      ['one', ['one file.csv']],
      ['far', undefined],
    ]);
  });
});

describe('a mistake', () => {
  it.each(['src, w.py', 'src,w.py', 'src w.py'])(
    'of dependencies on one line, "%s", shows the right form',
    async (dependencies) => {
      empty('w.py', 'src/x.py');
      const { mistakes } = await survey({ dependencies });
      expect(mistakes).toMatchObject([{ input: 'dependencies', remedy: 'write one path on each line.' }]);
      empty(`${dependencies}/x.py`);
      expect((await survey({ dependencies })).mistakes).toEqual([]);
    },
  );

  it.each<[string, Given, string[]]>([
    ['no entrypoint', { entrypoint: 'gone.py' }, ['entrypoint']],
    ['an entrypoint that is a folder', { entrypoint: 'folder.py' }, ['entrypoint']],
    ['an entrypoint below a file', { entrypoint: 'w.py/x.py' }, ['entrypoint']],
    ['an entrypoint that is a link to nothing', { entrypoint: 'broken.py' }, ['entrypoint']],
    ['no source-dir', { 'source-dir': 'gone' }, ['source-dir']],
    ['a source-dir that is a file', { 'source-dir': 'w.py' }, ['source-dir']],
    ['an entrypoint that is not in the source-dir', { 'source-dir': 'src', entrypoint: 'w.py' }, ['entrypoint']],
    ['an entrypoint named from the workspace', { 'source-dir': 'src', entrypoint: 'src/train.py' }, ['entrypoint']],
    ['an entrypoint that leads out', { 'source-dir': 'src', entrypoint: '../w.py' }, ['entrypoint']],
    ['an entrypoint that is ignored', { 'source-dir': 'src', entrypoint: 'ignored.py' }, ['entrypoint']],
    ['an entrypoint of another case', { 'source-dir': 'src', entrypoint: 'Train.py' }, ['entrypoint']],
    ['a link out of the source-dir', { 'source-dir': 'linked', entrypoint: 'w.py' }, ['source-dir']],
    ['no dependency', { dependencies: 'gone' }, ['dependencies']],
    [
      'a task_toolkit and a worker_toolkit of one’s own',
      { 'source-dir': 'toolkit', entrypoint: 'w.py' },
      ['source-dir', 'source-dir'],
    ],
    ['… as a dependency', { dependencies: 'toolkit/task_toolkit' }, ['dependencies']],
    ['… one of them as a dependency', { dependencies: 'toolkit/worker_toolkit' }, ['dependencies']],
    [
      'packages without network',
      { 'source-dir': 'needing', entrypoint: 'w.py', 'network-isolation': 'true' },
      ['network-isolation'],
    ],
    [
      '… as a dependency',
      { dependencies: 'needing/requirements.txt', 'network-isolation': 'true' },
      ['network-isolation'],
    ],
    [
      'packages of one’s own without network',
      { 'source-dir': 'package', entrypoint: 'w.py', 'network-isolation': 'true' },
      ['network-isolation', 'network-isolation'],
    ],
    ['two dependencies of three', { dependencies: 'gone\nsrc\ngone2' }, ['dependencies', 'dependencies']],
    ['a link out of a dependency', { dependencies: 'linked' }, ['dependencies']],
    ['a dependency that is a pipe', { dependencies: 'pipe' }, ['dependencies']],
    ['no input', { inputs: 'd=./gone' }, ['inputs']],
    ['an empty input', { inputs: 'd=./empty' }, ['inputs']],
    ['an input of folders alone', { inputs: 'd=./hollow' }, ['inputs']],
    ['an input below a file', { inputs: 'd=./w.py/x' }, ['inputs']],
    ['an input with a name that S3 does not take', { inputs: 'd=./odd' }, ['inputs']],
    ['a link out of an input', { inputs: 'd=./linked' }, ['inputs']],
    ['an input that is a device', { inputs: 'd=/dev/null' }, ['inputs']],
    ['two expressions of three', { metrics: 'a=(\nb=(x)\nc=x' }, ['metrics', 'metrics']],
    [
      'all at once',
      { 'source-dir': 'gone', dependencies: 'gone', inputs: 'a=./gone\nb=./empty' },
      ['dependencies', 'inputs', 'inputs', 'source-dir'],
    ],
    [
      'an entrypoint beside a dependency',
      { 'source-dir': 'src', entrypoint: 'gone.py', dependencies: 'gone' },
      ['dependencies', 'entrypoint'],
    ],
  ])('%s', async (_what, given, inputs) => {
    empty('w.py', 'src/train.py', 'src/ignored.py', 'linked/w.py', 'odd/a\nb');
    empty('toolkit/w.py', 'toolkit/task_toolkit/algo_lib.py', 'toolkit/worker_toolkit/x.py');
    empty('needing/w.py', 'needing/requirements.txt', 'package/w.py', 'package/setup.py', 'package/sub/setup.py');
    folder.write({ 'package/pyproject.toml': '[project]\nname = "x"\n' });
    folder.write({ 'src/.gitignore': 'ignored.py\n' });
    for (const path of ['empty', 'hollow/a/b', 'folder.py']) mkdirSync(join(folder.path, path), { recursive: true });
    symlinkSync('/etc', join(folder.path, 'linked/out'));
    symlinkSync('nothing', join(folder.path, 'broken.py'));
    execFileSync('mkfifo', [join(folder.path, 'pipe')]);
    const { mistakes } = await survey(given);
    expect(mistakes.map(({ input }) => input).sort()).toEqual(inputs);
    for (const { problem, remedy } of mistakes) {
      expect(problem).toMatch(/[^\s.:]$/);
      expect(remedy).toMatch(/^[a-z].*\S\.$/);
    }
  });
  it('names the path as it was given', async () => {
    const { mistakes } = await survey({ entrypoint: './gone.py', inputs: 'd=../nowhere/at all' });
    expect(mistakes.map(({ problem }) => problem).sort()).toEqual([
      `../nowhere/at all does not exist in ${folder.path}`,
      `./gone.py does not exist in ${folder.path}`,
    ]);
  });
});

describe('the output folder', () => {
  const out = (): string => join(folder.path, 'out');
  it.each(RESULTS)('is refused where it holds a %s that is not ours', async (result) => {
    empty(`out/${result}/mine`, 'out/other');
    const found = await outputMistakes(out(), new Set(RESULTS), folder.path);
    expect(found.map(({ input }) => input)).toEqual(['output-path']);
    expect(found[0]?.problem).toContain(`"${result}"`);
    expect(await outputMistakes(out(), new Set(RESULTS.filter((name) => name !== result)), folder.path)).toEqual([]);
    expect(readFileSync(join(out(), result, 'mine'), 'utf8')).toBe('x');
  });
  it('is refused where it holds a report that is not ours; ours is removed when it is claimed', async () => {
    empty('out/report.json');
    expect((await outputMistakes(out(), new Set([]), folder.path))[0]?.problem).toContain('"report.json"');
    rmSync(join(out(), 'report.json'));
    const output = await claimOutput(out(), folder.path);
    await writeReport(output, 'one');
    await writeReport(output, 'two');
    expect(readFileSync(join(out(), 'report.json'), 'utf8')).toBe('two');
    await claimOutput(out(), folder.path);
    expect(existsSync(join(out(), 'report.json'))).toBe(false);
  });
  it('has a report through no link', async () => {
    const output = await claimOutput(out(), folder.path);
    empty('else');
    symlinkSync(join(folder.path, 'else'), join(out(), 'report.json'));
    await writeReport(output, 'one');
    expect(readFileSync(join(folder.path, 'else'), 'utf8')).toBe('x');
    rmSync(join(out(), 'report.json'));
    mkdirSync(join(out(), 'report.json'));
    await expect(writeReport(output, 'two')).rejects.toThrow(/report\.json: a folder has its name already/);
  });
  it('has a report that is never sent, also where the code is', async () => {
    empty('w.py', 'report.json', 'model/x', 'sub/report.json');
    expect(await code({ entrypoint: 'w.py', 'source-dir': '.', 'output-path': '.' })).toEqual([
      'sub/report.json',
      'w.py',
    ]);
  });
  it('is refused where a file has the name', async () => {
    empty('out/model');
    expect(await outputMistakes(out(), new Set(['model']), folder.path)).toHaveLength(1);
  });
  it('names all that is in the way', async () => {
    empty('out/model/x', 'out/logs/x');
    expect((await outputMistakes(out(), new Set(['logs', 'model', 'output']), folder.path))[0]?.problem).toContain(
      '"logs", "model"',
    );
  });
  it.each(['gone', 'empty', 'gone/deeper'])('may be %s', async (path) => {
    mkdirSync(join(folder.path, 'empty'));
    expect(await outputMistakes(join(folder.path, path), new Set(RESULTS), folder.path)).toEqual([]);
  });
  it('is ours for ever once it was claimed, and nothing in it is touched', async () => {
    empty('out/notes');
    await claimOutput(out(), folder.path);
    empty('out/model/x');
    await claimOutput(out(), folder.path);
    expect(await outputMistakes(out(), new Set(RESULTS), folder.path)).toEqual([]);
    expect([existsSync(join(out(), 'notes')), existsSync(join(out(), 'model/x'))]).toEqual([true, true]);
  });
  it('is no file', async () => {
    empty('out');
    expect(await outputMistakes(out(), new Set(RESULTS), folder.path)).toMatchObject([
      { input: 'output-path', problem: `${out()} is not a folder` },
    ]);
  });
});

describe('log files', () => {
  it('are one an instance, by number, in the order in which lines came', async () => {
    const logs = new LogFiles({ path: folder.path, real: realpathSync(folder.path) });
    logs.append(10, ['eleventh']);
    logs.append(0, ['a', '', '\tü\u0000']);
    logs.append(0, []);
    logs.append(0, ['b']);
    expect(readdirSync(join(folder.path, 'logs')).sort()).toEqual(['logs0', 'logs10']);
    expect(readFileSync(join(folder.path, 'logs/logs0'), 'utf8')).toBe('a\n\n\tü\u0000\nb\n');
  });
  it('are there at once', async () => {
    const logs = new LogFiles({ path: folder.path, real: realpathSync(folder.path) });
    logs.append(0, ['a']);
    expect(readFileSync(join(folder.path, 'logs/logs0'), 'utf8')).toBe('a\n');
  });
  it('begin anew with each run', async () => {
    mkdirSync(join(folder.path, 'logs'));
    writeFileSync(join(folder.path, 'logs/logs7'), 'of another run');
    const logs = new LogFiles({ path: folder.path, real: realpathSync(folder.path) });
    logs.append(0, ['a']);
    expect(readdirSync(join(folder.path, 'logs'))).toEqual(['logs0']);
  });
});

describe('code that would be lost in silence', () => {
  it('is a mistake: two files of one path', async () => {
    folder.write({ 'w.py': '', 'lib/w.py': '', 'a/x/1': '', 'b/x/1': '' });
    expect((await survey({ entrypoint: 'w.py', dependencies: 'lib/w.py' })).mistakes).toMatchObject([
      { input: 'dependencies' },
    ]);
    expect((await survey({ entrypoint: 'w.py', dependencies: 'a/x\nb/x' })).mistakes).toMatchObject([
      { input: 'dependencies' },
    ]);
  });

  it('is a mistake: a folder that is ignored as a whole', async () => {
    folder.write({ '.gitignore': 'gen/\n', 'w.py': '', 'gen/x.py': '' });
    expect((await survey({ entrypoint: 'w.py', dependencies: 'gen' })).mistakes).toMatchObject([
      { input: 'dependencies' },
    ]);
    expect((await survey({ entrypoint: '', run: 'true', 'source-dir': 'gen' })).mistakes).toMatchObject([
      { input: 'source-dir' },
    ]);
  });
});
