/** What an incomplete checkout lacks is found before anything is sent, with the line of actions/checkout that mends it. */
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkFiles } from '../../src/config/check.ts';
import { withExecBits } from '../../src/files/checkout.ts';
import { readEntry } from '../../src/files/git-index.ts';
import { lfsPointers } from '../../src/files/lfs.ts';
import { modulePaths } from '../../src/files/submodules.ts';
import { listData } from '../../src/files/tree.ts';
import { type Given, specOf } from '../given.ts';
import { testFolder } from './folder.ts';

const folder = testFolder();
const at = (path: string): string => join(folder.path, path);
const git = (...words: string[]): string =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...words], { cwd: folder.path, encoding: 'utf8' });
const commit = (): void => {
  git('init', '-q');
  git('add', '-f', '.');
  git('commit', '-qm', 'all');
};

const POINTER = `version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345678
`;

/** The mistakes as a user reads them. */
const mistakes = async (given: Given): Promise<string[]> =>
  (await checkFiles(specOf(given), folder.path)).mistakes.map(
    ({ input, problem, remedy }) => `${input}: ${problem}: ${remedy}`,
  );

describe('Git LFS pointers', () => {
  it.each<[string, Given, string, string]>([
    ['data', { inputs: 'd=data' }, 'data/deep/train.pkl', 'inputs'],
    ['a file of data', { inputs: 'd=data/train.pkl' }, 'data/train.pkl', 'inputs'],
    ['code', { 'source-dir': 'src' }, 'src/weights.bin', 'source-dir'],
    ['an entrypoint', { entrypoint: 'train.sh' }, 'train.sh', 'entrypoint'],
    ['a dependency', { dependencies: 'libs/common' }, 'libs/common/x.npy', 'dependencies'],
    ['a file as a dependency', { dependencies: 'libs/one.py' }, 'libs/one.py', 'dependencies'],
    ['a Docker context', { dockerfile: 'image' }, 'image/model.onnx', 'dockerfile'],
    ['another context', { dockerfile: 'image', 'docker-context': 'context' }, 'context/a b.bin', 'docker-context'],
  ])('are found among %s', async (_what, given, path, input) => {
    folder.write({ 'w.py': '', 'src/w.py': '', 'libs/common/a.py': '', 'data/a': '', 'context/a': '' });
    folder.write({ 'image/Dockerfile': 'FROM __BASE_IMAGE__\nCOPY . /app\n', [path]: POINTER });
    const [found = '', ...others] = await mistakes(given);
    expect(others).toEqual([]);
    expect(found).toContain(
      `${input}: the checkout is incomplete: ${path} is a Git LFS pointer, not the file itself: `,
    );
    expect(found).toContain('add the line "lfs: true" to the inputs of actions/checkout.');
  });

  it('are named first of all, and counted', async () => {
    folder.write({ 'w.py': '', ...Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`d/${10 + n}`, POINTER])) });
    const [found] = await mistakes({ inputs: 'd=d' });
    expect(found).toContain(
      'd/10, d/11, d/12, d/13, d/14, … (7 others) are Git LFS pointers, not the files themselves',
    );
  });

  it.each<[string, Given, Record<string, string>]>([
    ['code is excluded', { 'source-dir': '.' }, { '.sagemakerignore': 'tests/fixtures/\n' }],
    ['code is not committed', { 'source-dir': '.' }, { '.gitignore': '*.ptr\n' }],
    ['code is meant', { 'source-dir': '.' }, { '.sagemakerignore': '!tests/fixtures/a.ptr\n' }],
    ['data is meant', { inputs: 'd=tests' }, { '.sagemakerignore': '!tests/fixtures/a.ptr\n' }],
    ['a context excludes it', { dockerfile: 'tests' }, { 'tests/.dockerignore': 'fixtures\n' }],
    ['a Dockerfile does not copy it', { dockerfile: 'tests' }, { 'tests/Dockerfile': 'FROM x\nCOPY a.txt /\n' }],
    ['nothing sends it', { 'source-dir': 'src' }, { 'src/w.py': '' }],
  ])('are no mistake if %s', async (_what, given, files) => {
    folder.write({ 'w.py': '', 'tests/a.txt': '', 'tests/Dockerfile': 'FROM x\nCOPY . /\n' });
    folder.write({ 'tests/fixtures/a.ptr': POINTER, ...files });
    expect(await mistakes(given)).toEqual([]);
  });

  it.each<[string, string, boolean]>([
    ['a pointer', POINTER, true],
    ['one with extensions', POINTER.replace('oid', 'ext-0-foo sha256:0\noid'), true],
    ['one with carriage returns', POINTER.replaceAll('\n', '\r\n'), true],
    ['one of an early LFS', POINTER.replace('git-lfs.github.com', 'hawser.github.com'), true],
    ['one of 1,023 bytes', POINTER.padEnd(1023, 'x'), true],
    ['a longer file', POINTER.padEnd(1024, 'x'), false],
    ['a text about it', `# ${POINTER}`, false],
    ['another version', POINTER.replace('v1', 'v12'), false],
    ['an empty file', '', false],
  ])('are told from other files: %s', async (_what, text, is) => {
    folder.write({ x: text });
    expect((await lfsPointers(await listData(at('x')).catch(() => FILES))).length === 1).toBe(is);
  });
  const FILES = [
    {
      path: 'x',
      get absolute() {
        return at('x');
      },
      size: 200,
      modified: 0,
      executable: false,
    },
  ];
});

describe('submodules', () => {
  const MODULES = '[submodule "common"]\n\tpath = libs/common\n\turl = https://example.org/common.git\n';

  it.each<[string, Given, string]>([
    ['code', { 'source-dir': '.' }, 'source-dir'],
    ['data', { inputs: 'd=libs' }, 'inputs'],
    ['the folder itself', { 'source-dir': 'libs/common' }, 'source-dir'],
    ['a dependency', { dependencies: 'libs/common' }, 'dependencies'],
    ['a folder in it', { dependencies: 'libs/common/churn' }, 'dependencies'],
    ['a Docker context', { dockerfile: 'Dockerfile' }, 'dockerfile'],
  ])('that are empty are found among %s', async (_what, given, input) => {
    folder.write({ 'w.py': '', 'libs/x': '', '.gitmodules': MODULES, Dockerfile: 'FROM __BASE_IMAGE__\nCOPY . /\n' });
    mkdirSync(at('libs/common'), { recursive: true });
    const [found = ''] = await mistakes(given);
    expect(found).toContain(`${input}: the checkout is incomplete: libs/common is an empty submodule: `);
    expect(found).toContain('add the line "submodules: true" to the inputs of actions/checkout.');
  });

  it('of submodules ask for a recursive checkout', async () => {
    folder.write({ 'w.py': '', '.gitmodules': MODULES, 'libs/common/.gitmodules': '[submodule "x"]\npath=deep/x' });
    folder.write({ 'libs/common/.git': 'gitdir: ../../.git/modules/common', 'libs/common/a.py': '' });
    mkdirSync(at('libs/common/deep/x'), { recursive: true });
    expect((await mistakes({ 'source-dir': '.' })).join()).toMatch(
      /libs\/common\/deep\/x is an empty submodule: .*"submodules: recursive"/,
    );
    expect((await mistakes({ dependencies: 'libs/common/deep/x/churn' })).join()).toContain('"submodules: recursive"');
  });

  it.each<[string, Given, Record<string, string>]>([
    ['they are there', { 'source-dir': '.' }, { 'libs/common/a.py': '' }],
    ['they are not sent', { 'source-dir': 'src' }, {}],
    ['the code does without', { 'source-dir': '.' }, { '.sagemakerignore': 'libs/common\n' }],
    ['the data does without', { inputs: 'd=.' }, { '.sagemakerignore': '!libs/common\n' }],
    ['the empty folder is none', { 'source-dir': '.' }, { '.gitmodules': MODULES.replace('common\n', 'other\n') }],
    [
      'paths lead out',
      { 'source-dir': '.' },
      { '.gitmodules': '[submodule "x"]\npath = ../x\n[submodule "y"]\npath=.' },
    ],
  ])('are no mistake if %s', async (_what, given, files) => {
    folder.write({ 'w.py': '', 'src/w.py': '', '.gitmodules': MODULES });
    mkdirSync(at('libs/common'), { recursive: true });
    folder.write(files);
    expect(await mistakes(given)).toEqual([]);
  });

  it.each<[string, string[]]>([
    ['path = a/b', ['a/b']],
    ['\tPATH=a b  # why', ['a b']],
    ['path = "a # b" ; why', ['a # b']],
    ['path = "a \\"b\\"\\\\c"', ['a "b"\\c']],
    ['path = "a" b "c "', ['a b c ']],
    ['[submodule "x"] path = y', ['y']],
    ['\uFEFFpath = a\r\npath = b\r\n', ['a', 'b']],
    ['path = a\\\nb', ['ab']],
    ['path\npath =\nurl = path = x\n# path = x\n[path]\n"', []],
  ])('are read from %j', (text, paths) => expect(modulePaths(text)).toEqual(paths));

  it.each(['[', ' ', 'path', 'path ', '"', '\\', '[]', 'path = "'])('are read in linear time: %j', (piece) => {
    const begun = performance.now();
    modulePaths(piece.repeat(100_000));
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

describe('a sparse checkout', () => {
  it.each<[string, Given, string, string]>([
    ['code', { 'source-dir': '.' }, 'source-dir', 'conf/a b/x.yaml, conf/y.yaml'],
    ['data', { inputs: 'd=.' }, 'inputs', 'conf/a b/x.yaml, conf/y.yaml'],
    ['a folder that is absent', { dependencies: 'conf' }, 'dependencies', 'conf: add conf to'],
    ['a file that is absent', { inputs: 'd=conf/y.yaml' }, 'inputs', 'conf/y.yaml'],
    ['a Dockerfile that is absent', { dockerfile: 'libs/train.py' }, 'dockerfile', 'libs/train.py'],
    ['an entrypoint that is absent', { entrypoint: 'libs/train.py' }, 'entrypoint', 'libs/train.py'],
    ['a Docker context', { dockerfile: 'src/Dockerfile', 'docker-context': '.' }, 'docker-context', 'conf/a b/x.yaml'],
  ])('is found among %s', async (_what, given, input, paths) => {
    folder.write({ 'w.py': '', 'src/w.py': '', 'src/Dockerfile': 'FROM __BASE_IMAGE__\nCOPY conf/a* /\n' });
    folder.write({ 'conf/a b/x.yaml': '', 'conf/y.yaml': '', 'libs/train.py': '', 'conf/.env': '' });
    folder.write({ '.sagemakerignore': input === 'source-dir' ? 'libs\n' : '!libs\n' });
    commit();
    git('sparse-checkout', 'set', 'src');
    const [found = '', ...others] = await mistakes(given);
    expect(others).toEqual([]);
    expect(found).toContain(`${input}: the checkout is incomplete: a sparse checkout leaves out ${paths}`);
    expect(found).toMatch(/: add (conf|libs)[^"]* to "sparse-checkout:" in the inputs of actions\/checkout, or remove/);
  });

  it('is no mistake if nothing of it is sent, or it is there again', async () => {
    folder.write({ 'w.py': '', 'src/w.py': '', 'conf/x': '', '.gitignore': 'conf/x' });
    commit();
    git('sparse-checkout', 'set', 'src');
    expect(await mistakes({ 'source-dir': 'src', inputs: 'd=src' })).toEqual([]);
    expect(await mistakes({ 'source-dir': '.' })).toEqual([]);
    folder.write({ 'conf/x': '' });
    expect(await mistakes({ inputs: 'd=.' })).toEqual([]);
  });

  it('is found in a repository below the workspace, and no other repository is asked', async () => {
    folder.write({ 'app/w.py': '', 'app/conf/x': '' });
    execFileSync('git', ['init', '-q', 'app'], { cwd: folder.path });
    git('-C', 'app', 'add', '.');
    git('-C', 'app', 'commit', '-qm', 'all');
    git('-C', 'app', 'sparse-checkout', 'set', 'nothing');
    folder.write({ 'w.py': '' });
    expect((await mistakes({ 'source-dir': '.' })).join()).toContain('a sparse checkout leaves out app/conf/x');
    mkdirSync(at('app/inner'));
    const { mistakes: inner } = await checkFiles(specOf({ inputs: 'd=.' }), at('app/inner'));
    expect(inner.filter(({ problem }) => problem.includes('sparse'))).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0)('is found in a workspace of another user, as in a container', async () => {
    folder.write({ 'w.py': '', 'conf/x': '' });
    commit();
    git('sparse-checkout', 'set', 'nothing');
    for (const path of ['.', '.git']) chownSync(at(path), 1234, 1234);
    expect(() => git('status')).toThrow('dubious ownership');
    expect((await mistakes({ 'source-dir': '.' })).join()).toContain('a sparse checkout leaves out conf/x');
  });

  it('runs nothing that the repository configures', async () => {
    folder.write({ 'w.py': '', 'conf/x': '' });
    commit();
    writeFileSync(at('.git/hook.sh'), '#!/bin/sh\necho ran >>ran\n', { mode: 0o755 });
    git('config', 'core.fsmonitor', '.git/hook.sh');
    git('ls-files');
    expect(readFileSync(at('ran'), 'utf8')).toBe('ran\n');
    rmSync(at('ran'));
    expect(await mistakes({ 'source-dir': '.' })).toEqual([]);
    expect(() => readFileSync(at('ran'))).toThrow('ENOENT');
  });

  it('entries are read whatever their names', () => {
    const hash = '0'.repeat(40);
    expect(readEntry(`S 100755 ${hash} 0\ta\tb\nc`)).toEqual({ skips: true, mode: '100755', hash, name: 'a\tb\nc' });
    expect(readEntry(`H 120000 ${hash} 0\tx`)).toEqual({ skips: false, mode: '120000', hash, name: 'x' });
    expect(readEntry('warning: x').name).toBeUndefined();
  });
});

describe('a checkout', () => {
  it('that is missing is asked for', async () => {
    rmSync(folder.path, { recursive: true });
    mkdirSync(folder.path);
    for (const given of [{ 'source-dir': 'src' }, { inputs: 'd=data' }, { entrypoint: 'w.py' }] satisfies Given[]) {
      expect((await mistakes(given)).join('\n')).toContain(
        'the workspace is empty: run actions/checkout before this step.',
      );
    }
  });

  it.skipIf(process.platform === 'win32')('with text files in place of links is mended', async () => {
    folder.write({ 'src/w.py': '', 'src/real.py': 'x' });
    for (const [name, to] of Object.entries({ link: 'real.py', mine: 'real.py' }))
      symlinkSync(to, at(`src/${name}.py`));
    commit();
    expect(await mistakes({ 'source-dir': 'src' })).toEqual([]);
    git('rm', '-q', '--cached', 'src/w.py');
    for (const name of ['link', 'mine']) rmSync(at(`src/${name}.py`));
    git('-c', 'core.symlinks=false', 'checkout', '-q', '.');
    folder.write({ 'src/mine.py': 'print(1)' });
    expect((await mistakes({ 'source-dir': 'src' })).join()).toContain(
      'src/link.py is a link in git, but a text file here: run "git config --global core.symlinks true" before actions/checkout.',
    );
  });

  it('that lacks several things is reported once', async () => {
    folder.write({ 'w.py': POINTER, '.gitmodules': '[submodule "x"]\npath = x\n' });
    mkdirSync(at('x'));
    const found = await mistakes({ 'source-dir': '.' });
    expect(found).toHaveLength(1);
    expect(found.join()).toContain(
      'w.py is a Git LFS pointer, not the file itself; x is an empty submodule: add the line "lfs: true" to the inputs of ' +
        'actions/checkout; add the line "submodules: true" to the inputs of actions/checkout.',
    );
  });

  it.skipIf(process.platform === 'win32')('is named harmlessly, which Windows allows no name for', async () => {
    folder.write({ 'w.py': '', 'd/a\u202E\u0007b': POINTER });
    expect((await mistakes({ inputs: 'd=d' })).join()).toContain('"d/a\\u{202e}\\u0007b" is a Git LFS pointer');
  });

  it('has on Windows the exec bits of the index', () => {
    const file = { path: 'a.sh', absolute: 'D:\\w\\a.sh', size: 1, modified: 1, executable: false };
    const plain = { ...file, absolute: 'D:\\w\\b.sh', executable: true };
    const bits = (platform: NodeJS.Platform): boolean[] =>
      withExecBits([file, plain], new Set(['D:\\w\\a.sh']), platform).map(({ executable }) => executable);
    expect([bits('win32'), bits('linux'), bits('darwin')]).toEqual([
      [true, false],
      [false, true],
      [false, true],
    ]);
  });
});
