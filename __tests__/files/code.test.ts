/** The runner's files: which are taken, how they are packed, what is refused. Real folders, real tar. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packArchive } from '../../src/files/archive.ts';
import { surveyFiles } from '../../src/files/survey.ts';
import { hashFiles, listCode, listData } from '../../src/files/tree.ts';
import { INPUTS, type InputName, type RawInputs, readSpec } from '../../src/task/spec.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

const paths = (files: readonly { readonly path: string }[]): string[] => files.map(({ path }) => path);
const code = async (path = '.', excluded: string[] = []): Promise<string[]> =>
  paths(await listCode(join(folder, path), folder, excluded));

describe('data', () => {
  const ODD = ['a b', 'a+b', '100%', '#x', 'ü', '日本', '.hidden', '.git/config', 'deep/er/x', '~', "it's", 'a\\b'];
  it('is every file, by whatever name, in a fixed order', async () => {
    write(Object.fromEntries(ODD.map((name) => [name, ''])));
    expect(paths(await listData(folder))).toEqual([...ODD].sort());
  });
  it('may be one file', async () => {
    write({ 'x/one.csv': 'abc' });
    expect(await listData(join(folder, 'x/one.csv'))).toMatchObject([{ path: 'one.csv', size: 3 }]);
  });
  it('follows links inside the folder', async () => {
    write({ 'real/x': '1' });
    symlinkSync('real', join(folder, 'linked'));
    symlinkSync('real/x', join(folder, 'file'));
    expect(paths(await listData(folder))).toEqual(['file', 'linked/x', 'real/x']);
  });
  it.each([
    ['../outside', 'is a link to outside of'],
    ['/etc/passwd', 'is a link to outside of'],
    ['nowhere', 'is a link to nothing'],
    ['.', 'is a link to a folder that holds it'],
  ])('refuses a link to %s', async (target, why) => {
    write({ 'in/x': '', 'outside/y': '' });
    symlinkSync(target, join(folder, 'in', 'link'));
    await expect(listData(join(folder, 'in'))).rejects.toThrow(why);
  });
  it('refuses what is neither a file nor a folder', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(listData(folder)).rejects.toThrow('neither a file nor a folder');
  });
  it('is hashed by content, whatever its size', async () => {
    write({ a: 'x', b: 'x', c: 'y', big: 'z'.repeat(3_000_000) });
    const expected = execFileSync('sha256sum', ['a', 'b', 'big', 'c'], { cwd: folder, encoding: 'utf8' });
    const hashed = await hashFiles(await listData(folder));
    expect(hashed.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join('')).toBe(expected);
  });
});

describe('code', () => {
  it('is what git would take, of this folder and those above', async () => {
    write({
      '.gitignore': '*.pyc\n/src/build/\n',
      'src/.gitignore': '*.log\n!keep.log\n',
      'src/.sagemakerignore': 'notes/\n',
      'src/a.py': '',
      'src/a.pyc': '',
      'src/x.log': '',
      'src/keep.log': '',
      'src/build/x': '',
      'src/sub/build/x': '',
      'src/notes/x': '',
      'src/.git/config': '',
      'src/sub/.git': '',
    });
    expect(await code('src')).toEqual(['.gitignore', '.sagemakerignore', 'a.py', 'keep.log', 'sub/build/x']);
  });
  it('is never the results of an earlier run', async () => {
    write({ 'w.py': '', 'sagemaker-output/t/model/x': '' });
    expect(await code('.', [join(folder, 'sagemaker-output/t')])).toEqual(['w.py']);
  });
});

describe('the archive', () => {
  it('is the same bytes whatever the times, and keeps what may be executed', async () => {
    write({ 'a.sh': 'x', 'b/c ü.py': 'y' });
    chmodSync(join(folder, 'a.sh'), 0o755);
    const pack = async (): Promise<Buffer> =>
      packArchive(await listData(folder), [{ path: 'task_toolkit/job.json', text: '{}' }]);
    const first = await pack();
    utimesSync(join(folder, 'a.sh'), 1, 1);
    expect((await pack()).equals(first)).toBe(true);
    const listing = execFileSync('tar', ['-tvzf', '-'], {
      input: first,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    });
    expect(listing.split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
      '-rwxr-xr-x 0/0 1 1985-10-26 08:15 a.sh',
      '-rw-r--r-- 0/0 1 1985-10-26 08:15 b/c ü.py',
      '-rw-r--r-- 0/0 2 1985-10-26 08:15 task_toolkit/job.json',
      '',
    ]);
  });
  it('lets nothing of the user stand in for the toolkit', async () => {
    write({ 'task_toolkit/job.json': 'theirs' });
    const archive = await packArchive(await listData(folder), [{ path: 'task_toolkit/job.json', text: 'ours' }]);
    expect(execFileSync('tar', ['-xzOf', '-'], { input: archive, encoding: 'utf8' })).toBe('ours');
  });
});

describe('the survey', () => {
  const survey = (given: Partial<Record<InputName, string>>) => {
    const empty = Object.fromEntries(INPUTS.map((name) => [name, ''])) as Record<InputName, string>;
    const raw = { ...empty, task: 't', ...given } as RawInputs;
    const context = { repository: 'o/r', ref: '', sha: '', runId: '', pullRequest: undefined, region: 'us-east-1' };
    return surveyFiles(readSpec(raw, context).spec, folder);
  };
  it('takes an entrypoint alone to the root, dependencies under their own names', async () => {
    write({ 'a/b/w.py': '', 'libs/common/x.py': '', 'libs/one.py': '', 'a/other.py': '' });
    const { code: taken, mistakes } = await survey({
      entrypoint: 'a/b/w.py',
      dependencies: 'libs/common\nlibs/one.py',
    });
    expect(mistakes).toEqual([]);
    expect(paths(taken)).toEqual(['w.py', 'common/x.py', 'one.py']);
  });
  it('takes nothing but dependencies for shell lines alone', async () => {
    write({ 'w.py': '' });
    expect((await survey({ run: 'true' })).code).toEqual([]);
  });
  it('tells every mistake', async () => {
    write({ 'src/.gitignore': 'ignored.py\n', 'src/ignored.py': '', file: '' });
    mkdirSync(join(folder, 'empty'));
    symlinkSync('/etc', join(folder, 'src', 'out'));
    const all = await survey({
      'source-dir': 'src',
      entrypoint: 'w.py',
      dependencies: 'no',
      inputs: 'a=./nope\nb=./empty',
    });
    expect(all.mistakes.map(({ input }) => input).sort()).toEqual(['dependencies', 'inputs', 'inputs', 'source-dir']);
    rmSync(join(folder, 'src', 'out'));
    expect((await survey({ 'source-dir': 'src', entrypoint: 'ignored.py' })).mistakes).toMatchObject([
      { input: 'entrypoint' },
    ]);
    expect((await survey({ 'source-dir': 'file', entrypoint: 'w.py' })).mistakes).toMatchObject([
      { input: 'source-dir' },
    ]);
    expect((await survey({ entrypoint: 'src' })).mistakes).toMatchObject([{ input: 'entrypoint' }]);
  });
});
