/** A failure names what the repository has and the job did not get: why, and the line that brings it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainFailure } from '../../src/code/explain.ts';
import { checkFiles } from '../../src/config/check.ts';
import { isAboutLost, type Lost, lostNames } from '../../src/core/lost-names.ts';
import { testFolder } from '../files/folder.ts';
import { type Given, specOf } from '../given.ts';

const folder = testFolder();

const module = (path: string): Lost => ({ kind: 'module', path });
const file = (path: string, isAbove = false): Lost => ({ kind: 'file', path, isAbove });
const input = (channel: string, path: string): Lost => ({ kind: 'input', channel, path });

describe('what a worker did not find', () => {
  it.each<[string, Lost[]]>([
    ["ModuleNotFoundError: No module named 'churn'", [module('churn')]],
    ["ModuleNotFoundError: No module named 'churn.features.age'", [module('churn/features/age')]],
    ['/usr/bin/python3: No module named churn', [module('churn')]],
    ["python: No module named churn.__main__; 'churn' is a package", [module('churn')]],
    ["ImportError: cannot import name 'age' from 'churn' (/opt/ml/code/churn/__init__.py)", [module('churn/age')]],
    ["FileNotFoundError: [Errno 2] No such file or directory: 'conf/x.yaml'", [file('conf/x.yaml')]],
    [
      "FileNotFoundError: [Errno 2] No such file or directory: '/opt/ml/code/./conf//x y.yaml'",
      [file('conf/x y.yaml')],
    ],
    ["FileNotFoundError: [Errno 2] No such file or directory: '../conf/x.yaml'", [file('conf/x.yaml', true)]],
    ["FileNotFoundError: [Errno 2] No such file or directory: 'a/../b/x'", [file('b/x')]],
    ["python: can't open file '/opt/ml/code/train.py': [Errno 2] No such file or directory", [file('train.py')]],
    ['cat: conf/x.yaml: No such file or directory', [file('conf/x.yaml')]],
    ['bash: line 1: ./scripts/prepare.sh: No such file or directory', [file('scripts/prepare.sh')]],
    ['sh: 1: ./scripts/prepare.sh: not found', [file('scripts/prepare.sh')]],
    ['sh: 1: cannot open conf/x.yaml: No such file', [file('conf/x.yaml')]],
    ["sh: can't open conf/x.yaml: no such file", [file('conf/x.yaml')]],
    ["ls: cannot access 'dist': No such file or directory", [file('dist')]],
    ['ls: cannot access ‘dist’: No such file or directory', [file('dist')]],
    ["ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'more.txt'", [file('more.txt')]],
    ['Error in file: No such file or directory: conf/x.yaml', [file('Error in file'), file('conf/x.yaml')]],
    ["No such file or directory: '/opt/ml/input/data/train/deep/x.csv'", [input('train', 'deep/x.csv')]],
    ["No such file or directory: '/opt/ml/input/data/train'", [input('train', '')]],
    ["No such file or directory: '/etc/passwd'", []],
    ["No such file or directory: '..'", []],
    ['epoch 1: loss 0.5', []],
    ["a\nNo module named 'b'\nNo module named 'c'\nNo module named 'b'", [module('b'), module('c')]],
  ])('is read from %j', (text, lost) => {
    expect(lostNames(text)).toEqual(lost);
    if (lost.length > 0) expect(text.split('\n').some(isAboutLost)).toBe(true);
  });

  it('is read in linear time, and not all of it', () => {
    const begun = performance.now();
    const long = `${"can't open ".repeat(100_000)}: No such file\n`;
    expect(lostNames(long.repeat(20)).length).toBeLessThan(21);
    expect(lostNames(Array.from({ length: 10_000 }, (_, n) => `No module named 'm${n}'`).join('\n'))).toHaveLength(20);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

describe('the failure', () => {
  const MODULES = '[submodule "s"]\npath = libs/sub\n';
  const explained = async (
    given: Given,
    reason: string,
    lines: readonly string[] = [],
  ): Promise<string | undefined> => {
    const spec = specOf(given);
    const { files } = await checkFiles(spec, folder.path);
    const all = [...files.code, ...files.channels.flatMap((channel) => channel.files ?? [])];
    const channels = spec.channels.map(({ name, source }): [string, string | undefined] => [
      name,
      source.kind === 'local' ? source.path : undefined,
    ]);
    const sent = { code: spec.code, channels: new Map(channels), files: all, workspace: folder.path };
    return explainFailure(reason, lines, sent);
  };
  const noModule = (name: string): string =>
    `train.py failed with exit code 1: ModuleNotFoundError: No module named '${name}'`;
  const noFile = (path: string): string => `FileNotFoundError: [Errno 2] No such file or directory: '${path}'`;
  const all: Given = { 'source-dir': '.', entrypoint: 'w.py' };
  const train: Given = { 'source-dir': 'train', entrypoint: 'train.py' };

  it.each<[string, Given, string, string]>([
    [
      'a file that .gitignore excludes',
      all,
      noFile('conf/generated.yaml'),
      'conf/generated.yaml is in the repository, but the job did not get it, because .gitignore excludes it: ' +
        'add the line "!conf/generated.yaml" to .sagemakerignore.',
    ],
    [
      'a folder of it',
      all,
      "ls: cannot access 'dist': No such file",
      '.gitignore excludes it: add the line "!dist/" to',
    ],
    [
      'a file in a folder of it, excluded twice',
      all,
      'cat: dist/churn.whl: No such file or directory',
      '.gitignore excludes it: add the line "!dist/" to .sagemakerignore, and add the line "!dist/churn.whl" to .sagemakerignore.',
    ],
    [
      'a deeper ignore file',
      train,
      noFile('data/x.csv'),
      'train/data/.gitignore excludes it: add the line "!x.csv" to train/data/.sagemakerignore.',
    ],
    [
      'a module that .sagemakerignore excludes',
      all,
      noModule('scratch'),
      'because .sagemakerignore excludes it: add the line "!scratch/" to',
    ],
    [
      'one of a package',
      all,
      noModule('pkg.made'),
      'pkg/made.py is in the repository, but the job did not get it, because .gitignore',
    ],
    [
      'a private file',
      all,
      noFile('.env'),
      '.env is in the repository, but the job did not get it, because it may contain credentials: add the line "!.env"',
    ],
    [
      'a module elsewhere',
      train,
      noModule('churn'),
      'libs/churn is in the repository, but the job did not get it, because it is outside "source-dir": set "dependencies: libs/churn".',
    ],
    ['a module that is a file', train, noModule('single'), 'set "dependencies: libs/single.py".'],
    ['a file elsewhere', train, noFile('conf/x.yaml'), 'set "dependencies: conf".'],
    [
      'a file above',
      train,
      noFile('../conf/x.yaml'),
      'set "source-dir" to a folder that has it and the code, such as "source-dir: ."',
    ],
    [
      'a file by its name',
      train,
      noFile('x.yaml'),
      'conf/x.yaml is in the repository, but the job did not get it, because it is outside "source-dir": set "dependencies: conf/x.yaml".',
    ],
    [
      'a module beside the entrypoint',
      { entrypoint: 'train/train.py' },
      noModule('model'),
      'train/model.py is in the repository, but the job did not get it, because no input names it: set "source-dir: train" and "entrypoint: train.py".',
    ],
    [
      'a file beside shell lines',
      { entrypoint: '', run: 'x' },
      'cat: conf/x.yaml: No such file or directory',
      'no input names it: set "source-dir: .".',
    ],
    [
      'a script beside shell lines',
      { entrypoint: '', run: 'x' },
      "python: can't open file '/opt/ml/code/train.py': [Errno 2] No such file",
      'set "dependencies: train/train.py".',
    ],
    [
      'an empty submodule',
      train,
      noModule('sub'),
      'libs/sub is in the repository, but the job did not get it, because it is an empty submodule: add the line "submodules: true" to the inputs of actions/checkout, and set "dependencies: libs/sub".',
    ],
    [
      'data without a channel',
      train,
      noFile('/opt/ml/input/data/val/v.csv'),
      'data/v.csv is in the repository, but the job did not get it, because there is no channel "val": add the line "val=data" to "inputs".',
    ],
    [
      'data outside the channel',
      { ...train, inputs: 'val=data/deep' },
      noFile('/opt/ml/input/data/val/v.csv'),
      'it is outside the folder of the channel "val": name a folder above it in "inputs".',
    ],
  ])('explains %s', async (_what, given, reason, expected) => {
    folder.write({ 'w.py': '', '.env': '', '.gitignore': 'dist/\n*.whl\nconf/generated.yaml\nmade.py\n' });
    folder.write({ '.sagemakerignore': 'scratch\n', 'scratch/__init__.py': '', '.gitmodules': MODULES });
    folder.write({ 'conf/generated.yaml': '', 'conf/x.yaml': '', 'dist/churn.whl': '', 'pkg/__init__.py': '' });
    folder.write({ 'pkg/made.py': '', 'libs/churn/__init__.py': '', 'libs/churn/a.py': '', 'libs/single.py': '' });
    folder.write({
      'train/train.py': '',
      'train/model.py': '',
      'train/data/x.csv': '',
      'train/data/.gitignore': '*.csv',
    });
    folder.write({ 'data/v.csv': '', 'data/deep/x.csv': '', 'node_modules/churn/x.py': '', '.git/churn/x.py': '' });
    if (reason.includes("'sub'")) mkdirSync(join(folder.path, 'libs/sub'));
    const found = await explained(given, reason);
    expect(found).toContain(expected);
    // What it says to add brings it.
    const line = /^.* excludes it: (.*)\.$/.exec(found ?? '')?.[1];
    if (line === undefined || given['source-dir'] === undefined) return;
    const added = new Map([['.sagemakerignore', 'scratch\n']]);
    for (const [, text = '', into = ''] of line.matchAll(/add the line "([^"]*)" to ([^ ,]*)/g))
      added.set(into, `${added.get(into) ?? ''}${text}\n`);
    folder.write(Object.fromEntries(added));
    expect(await explained(given, reason)).toBeUndefined();
  });

  it.each<[string, Given, string]>([
    ['nothing is missing', all, 'ValueError: bad'],
    ['the repository has no such thing', all, noModule('torchvision')],
    ['the job got it', all, noModule('pkg')],
    ['the job got it from another folder', { ...train, dependencies: 'pkg' }, noModule('pkg')],
    ['the job got it, although it is private', all, noFile('.env')],
    ['only a folder of its name is there', all, noModule('docs')],
    ['a folder of its name is deep down', train, noFile('images')],
    ['it is the name of a result', train, noFile('/opt/ml/model/x.bin')],
    ['it is in another program’s folder', all, noModule('installed')],
  ])('explains nothing if %s', async (_what, given, reason) => {
    folder.write({
      'w.py': '',
      'pkg/__init__.py': '',
      'docs/pkg.md': '',
      'docs/images/x.png': '',
      'train/train.py': '',
    });
    folder.write({
      '.venv/pyvenv.cfg': '',
      '.venv/lib/installed/__init__.py': '',
      '.sagemakerignore': '.venv\n!.env\n',
    });
    folder.write({ '.env': '', 'node_modules/installed/__init__.py': '' });
    expect(await explained(given, reason)).toBeUndefined();
  });

  it('explains each of several names', async () => {
    folder.write({ 'w.py': '', '.gitignore': 'dist/\nconf/made.yaml\n', 'dist/x': '', 'conf/made.yaml': '' });
    const reason = "ls: cannot access 'dist': No such file\nls: cannot access 'conf': No such file\n.";
    expect((await explained(all, reason))?.split('\n')).toEqual([
      'conf is in the repository, but the job did not get it, because .gitignore excludes it: add the line "!conf/made.yaml" to .sagemakerignore.',
      'dist is in the repository, but the job did not get it, because .gitignore excludes it: add the line "!dist/" to .sagemakerignore.',
    ]);
  });

  it('explains what a sparse checkout leaves out', async () => {
    folder.write({ 'train/train.py': '', 'libs/churn/__init__.py': '', 'conf/x.yaml': '' });
    const git = (...words: string[]): unknown =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...words], { cwd: folder.path });
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'all');
    git('sparse-checkout', 'set', 'train');
    expect(await explained(train, noModule('churn'))).toBe(
      'libs/churn is in the repository, but the job did not get it, because a sparse checkout leaves it out: add libs/churn ' +
        'to "sparse-checkout:" in the inputs of actions/checkout, and set "dependencies: libs/churn".',
    );
    expect(await explained(train, noFile('conf/x.yaml'))).toContain('leaves it out: add conf to "sparse-checkout:"');
  });

  it('is explained by lines of the log if its reason names nothing', async () => {
    folder.write({ 'w.py': '', 'libs/churn/a.py': '', 'libs/other/a.py': '' });
    const lines = [noModule('other'), noModule('churn')];
    expect(await explained({}, 'AlgorithmError: ExitCode 1', lines)).toContain('libs/churn');
    expect(await explained({}, noModule('other'), lines)).toContain('libs/other');
    expect(await explained({}, noModule('third'), lines)).toBeUndefined();
  });

  it.skipIf(process.platform === 'win32')('names a path harmlessly, which Windows allows no name for', async () => {
    folder.write({ 'w.py': '', 'libs/\u0007::error::\n/churn/a.py': '' });
    const found = await explained({}, noModule('churn'));
    expect(found).toContain('"libs/\\u0007::error::\\n/churn" is in the repository');
    expect(found?.split('\n')).toHaveLength(1);
  });
});
