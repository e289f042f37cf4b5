/** Which files are taken: what git would take of the code, everything of the data, and no way out by links. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputProblem } from '../../src/core/errors.ts';
import { isInside } from '../../src/files/paths.ts';
import { scopeOf } from '../../src/files/scope.ts';
import { listCodeBelow, listData } from '../../src/files/tree.ts';
import { testFolder } from './folder.ts';

const folder = testFolder();
const paths = (files: readonly { readonly path: string }[]): string[] => files.map(({ path }) => path);
const code = async (path = '.', top = '.', output?: string): Promise<string[]> =>
  paths(await listCodeBelow(join(folder.path, path), scopeOf(join(folder.path, top), output, ['model'])));
const empty = (...names: string[]): void => folder.write(Object.fromEntries(names.map((name) => [name, ''])));

/** What git would add below the folder. */
function gitFiles(path: string): string[] {
  const git = (...words: string[]): string =>
    execFileSync('git', words, {
      cwd: folder.path,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: folder.path, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
    });
  git('init', '-q');
  const prefix = path === '.' ? '' : `${path}/`;
  const listed = git('ls-files', '-z', '--others', '--exclude-standard').split('\0');
  return listed
    .filter((name) => name !== '' && name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .sort();
}

describe('code', () => {
  const TREE = [
    ...['a.py', 'a.pyc', 'A.PY', 'Makefile', 'makefile', 'MANIFEST', 'manifest', 'Build/x', 'build/x', 'build/y/z'],
    ...[
      'src/a.py',
      'src/a.log',
      'src/build/x',
      'src/sub/a.py',
      'src/sub/a.log',
      'src/sub/build/x',
      'src/data/keep.csv',
    ],
    ...[
      'src/data/big.csv',
      'src/data/deep/x.csv',
      'src/#hash',
      'src/!bang',
      'src/trail ',
      'src/two words',
      'src/ü',
      'src/[x]',
    ],
    ...['src/.hidden', 'src/a.b.c', 'src/foo', 'src/foobar', 'src/foo.txt', 'docs/foo', 'docs/a/foo/b'],
  ];
  it.each<[string, Record<string, string>]>([
    ['no ignore files', {}],
    ['a name', { '.gitignore': 'foo\n' }],
    ['a folder', { '.gitignore': 'build/\n' }],
    ['a name anchored', { '.gitignore': '/build\n/foo\n' }],
    ['a path', { '.gitignore': 'src/build\ndocs/a/foo\n' }],
    ['wildcards', { '.gitignore': '*.log\n?.py\n[Mm]ake*\n*.b.*\n' }],
    ['two stars', { '.gitignore': '**/foo\nsrc/**/x\ndocs/**\n' }],
    ['negation', { '.gitignore': '*.csv\n!keep.csv\n' }],
    ['negation below an ignored folder, which git does not see', { '.gitignore': 'data/\n!src/data/keep.csv\n' }],
    ['all but some', { '.gitignore': '/*\n!/src/\n/src/*\n!/src/data/\n' }],
    ['the contents, but not the folder', { '.gitignore': 'src/data/*\n!src/data/keep.csv\n' }],
    ['capital letters', { '.gitignore': 'MANIFEST\nBuild/\n*.PY\n' }],
    ['comments and blanks', { '.gitignore': '# foo\n\n  \n\\#hash\n\\!bang\n' }],
    ['blanks at the end', { '.gitignore': 'foo   \ntrail\\ \n' }],
    ['carriage returns', { '.gitignore': 'foo\r\nbuild/\r\n' }],
    ['no newline at the end', { '.gitignore': 'foo' }],
    ['odd characters', { '.gitignore': 'ü\ntwo words\n\\[x\\]\n' }],
    [
      'nested files',
      { '.gitignore': '*.log\n', 'src/.gitignore': '!a.log\n/build\n', 'src/sub/.gitignore': '*.log\n' },
    ],
    ['a nested file that anchors', { 'src/.gitignore': '/foo\n/a.py\ndata/*.csv\n' }],
    ['a nested file in an ignored folder', { '.gitignore': 'build\n', 'src/build/.gitignore': '!x\n' }],
    ['everything', { '.gitignore': '*\n' }],
    ['everything nested', { 'src/.gitignore': '*\n!.gitignore\n!a.py\n' }],
  ])('is what git would take, with %s', async (_what, files) => {
    empty(...TREE);
    folder.write(files);
    const [all, below] = [await code('.'), await code('src')];
    const [expected, expectedBelow] = [gitFiles('.'), gitFiles('src')];
    expect(all).toEqual(expected);
    expect(below).toEqual(expectedBelow);
  });

  it('is not looked at above the top', async () => {
    folder.write({ '.gitignore': '*.py\n', 'top/.gitignore': 'x.txt\n', 'top/src/a.py': '', 'top/src/x.txt': '' });
    empty('elsewhere/x');
    expect(await code('top/src', 'top')).toEqual(['a.py']);
    expect(await code('top/src', '.')).toEqual([]);
    expect(await code('top/src', 'top/src')).toEqual(['a.py', 'x.txt']);
    expect(await code('top/src', 'elsewhere')).toEqual(['a.py', 'x.txt']);
  });

  it('may be ignored for SageMaker alone, the later file having its say', async () => {
    folder.write({
      '.gitignore': '*.csv\n',
      '.sagemakerignore': 'notes/\n!keep.csv\n*.ipynb\n',
      'sub/.sagemakerignore': '!small.ipynb\n',
    });
    empty('a.csv', 'keep.csv', 'notes/x', 'a.ipynb', 'sub/small.ipynb', 'sub/notes/y');
    expect(await code()).toEqual([
      '.gitignore',
      '.sagemakerignore',
      'keep.csv',
      'sub/.sagemakerignore',
      'sub/small.ipynb',
    ]);
  });

  it.each<[string, (text: string) => Buffer]>([
    ['a byte order mark', (text) => Buffer.from(`\ufeff${text}`)],
    ['UTF-16', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16, the other way round', (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
  ])('may be ignored by a file from Windows, with %s', async (_what, encode) => {
    empty('a.csv', 'keep.csv', 'notes/x', '.env', 'sub/.env', 'ü.txt', 'w.py');
    for (const [name, text] of [
      ['.gitignore', '*.csv\r\nnotes/\r\nü.txt\r\n'],
      ['.sagemakerignore', '!keep.csv\r\n!/.env\r\n'],
    ] as const)
      writeFileSync(join(folder.path, name), encode(text));
    expect(await code()).toEqual(['.env', '.gitignore', '.sagemakerignore', 'keep.csv', 'w.py']);
  });

  it('never holds .git, as a folder or a file, at any depth', async () => {
    empty('.git/config', 'sub/.git/config', 'module/.git', '.github/x', '.gitx', 'sub/x.git/y');
    folder.write({ '.sagemakerignore': '!.git\n!.git/\n!.git/**\n' });
    expect(await code()).toEqual(['.github/x', '.gitx', '.sagemakerignore', 'sub/x.git/y']);
  });

  it('leaves out the step’s results, exactly those', async () => {
    empty('out/t/model/x', 'out/t2/x', 'out/x', 'w.py', 'model/x');
    expect(await code('.', '.', 'out/t')).toEqual(['model/x', 'out/t2/x', 'out/x', 'w.py']);
    expect(await code('.', '.', 'out')).toEqual(['model/x', 'w.py']);
    expect(await code('.', '.', 'nowhere')).toHaveLength(5);
    // Results among the files of the workspace itself.
    expect(await code('.', '.', '.')).toEqual(['out/t/model/x', 'out/t2/x', 'out/x', 'w.py']);
  });
});

describe('data', () => {
  it('is everything but .git: nothing is ignored', async () => {
    folder.write({ '.gitignore': '*\n', '.sagemakerignore': '*\n', '.git/config': '', a: '', 'b/.gitignore': '*' });
    expect(paths(await listData(folder.path))).toEqual(['.gitignore', '.sagemakerignore', 'a', 'b/.gitignore']);
  });

  it('is by whatever name, in one order', async () => {
    const names = [
      'a b',
      ' lead',
      'trail ',
      'a+b',
      '100%',
      '%2F',
      '#x',
      '?x',
      '&',
      "it's",
      '"',
      'a\\b',
      'a\nb',
      '-rf',
      '~',
      '$(x)',
      'ü',
      'u\u0308',
      '日本',
      '🚀',
      '__proto__',
      'A',
      'a',
      'a.b',
      'a/b',
      'B',
    ];
    const fine = names.filter((name) => name !== 'a');
    empty(...fine);
    const listed = paths(await listData(folder.path));
    expect(listed).toEqual(fine.toSorted());
    expect(paths(await listData(folder.path))).toEqual(listed);
  });

  it('knows sizes, places, and what may be executed', async () => {
    folder.write({ 'a/x': '12345', empty: '', s: '#!' });
    for (const [mode, executable] of [
      [0o755, true],
      [0o644, false],
      [0o100, true],
      [0o600, false],
    ] as const) {
      chmodSync(join(folder.path, 's'), mode);
      expect((await listData(folder.path)).map(({ path, size, executable: can }) => [path, size, can])).toEqual([
        ['a/x', 5, false],
        ['empty', 0, false],
        ['s', 2, executable],
      ]);
    }
    expect((await listData(folder.path)).map(({ absolute }) => absolute)).toEqual(
      ['a/x', 'empty', 's'].map((name) => join(folder.path, name)),
    );
  });

  it('may be one file, by its own name, also through a link', async () => {
    empty('sub/a b.csv');
    symlinkSync('sub/a b.csv', join(folder.path, 'link.csv'));
    expect(paths(await listData(join(folder.path, 'sub/a b.csv')))).toEqual(['a b.csv']);
    expect(paths(await listData(join(folder.path, 'link.csv')))).toEqual(['link.csv']);
  });

  it('may be a folder that is a link itself', async () => {
    empty('real/x', 'real/sub/y');
    symlinkSync('real', join(folder.path, 'link'));
    symlinkSync('sub/y', join(folder.path, 'real/inner'));
    expect(paths(await listData(join(folder.path, 'link')))).toEqual(['inner', 'sub/y', 'x']);
  });

  it('may be an empty folder', async () => {
    mkdirSync(join(folder.path, 'a/b'), { recursive: true });
    expect(await listData(folder.path)).toEqual([]);
  });
});

describe('a link', () => {
  function link(path: string, target: string): void {
    mkdirSync(dirname(join(folder.path, 'in', path)), { recursive: true });
    symlinkSync(target, join(folder.path, 'in', path));
  }
  it.each<[string, [string, string][], string[]]>([
    ['to a file', [['l', 'a/x']], ['a/x', 'l']],
    ['to a folder', [['l', 'a']], ['a/x', 'l/x']],
    ['upwards inside', [['b/l', '../a/x']], ['a/x', 'b/l']],
    [
      'to a link',
      [
        ['l', 'm'],
        ['m', 'a'],
      ],
      ['a/x', 'l/x', 'm/x'],
    ],
    [
      'to a folder beside, twice',
      [
        ['l', 'a'],
        ['m', 'a'],
      ],
      ['a/x', 'l/x', 'm/x'],
    ],
  ])('%s inside is followed', async (_what, links, expected) => {
    empty('in/a/x');
    for (const [path, target] of links) link(path, target);
    expect(paths(await listData(join(folder.path, 'in')))).toEqual(expected);
  });

  it.each<[string, [string, string][], RegExp]>([
    ['out by ..', [['l', '../outside']], /link that leads out of/],
    ['out to a file', [['l', '../outside/y']], /link that leads out of/],
    ['out by an absolute path', [['l', '/etc/hostname']], /link that leads out of/],
    ['out to the root', [['l', '/']], /link that leads out of/],
    ['to a sibling whose name begins the same', [['l', '../inside']], /link that leads out of/],
    [
      'out by way of another link',
      [
        ['m', '../outside'],
        ['a/l', '../m/y'],
      ],
      /link that leads out of/,
    ],
    ['to nothing', [['l', 'nowhere']], /link to a file that does not exist/],
    ['to itself', [['l', 'l']], /link to a file that does not exist/],
    ['to the folder', [['l', '.']], /folder that contains it/],
    ['to a folder above', [['a/b/l', '../..']], /folder that contains it/],
    [
      'back and forth',
      [
        ['a/l', '../b'],
        ['b/m', '../a'],
      ],
      /folder that contains it/,
    ],
  ])('%s is refused', async (_what, links, why) => {
    empty('in/a/x', 'outside/y', 'inside/z');
    for (const [path, target] of links) link(path, target);
    await expect(listData(join(folder.path, 'in'))).rejects.toThrow(why);
    await expect(listCodeBelow(join(folder.path, 'in'), scopeOf(folder.path))).rejects.toThrow(InputProblem);
  });

  it('that is ignored is not looked at', async () => {
    folder.write({ 'in/.gitignore': '/l\n', 'in/x': '' });
    link('l', '/etc');
    expect(await code('in')).toEqual(['.gitignore', 'x']);
  });

  it('by which the whole tree is reached lies not outside', async () => {
    empty('in/a/x');
    symlinkSync(folder.path, `${folder.path}-link`);
    try {
      expect(paths(await listData(join(`${folder.path}-link`, 'in')))).toEqual(['a/x']);
      link('l', join(folder.path, 'in/a/x'));
      expect(paths(await listData(join(`${folder.path}-link`, 'in')))).toEqual(['a/x', 'l']);
    } finally {
      execFileSync('rm', [`${folder.path}-link`]);
    }
  });
});

describe('a name that is not UTF-8', () => {
  it('is refused: no program in JavaScript can open the file', async () => {
    folder.write({ 'in/x': '' });
    writeFileSync(Buffer.concat([Buffer.from(join(folder.path, 'in/')), Buffer.from([0x61, 0xff, 0x62])]), '');
    await expect(listData(join(folder.path, 'in'))).rejects.toThrow('has a name that is not UTF-8');
  });
});

describe('what is neither a file nor a folder', () => {
  it('is refused, in a folder and alone', async () => {
    empty('in/x');
    execFileSync('mkfifo', [join(folder.path, 'in/pipe')]);
    await expect(listData(join(folder.path, 'in'))).rejects.toThrow('pipe is neither a file nor a folder');
    await expect(listData(join(folder.path, 'in/pipe'))).rejects.toThrow('pipe is neither a file nor a folder');
    await expect(listData('/dev/null')).rejects.toThrow(InputProblem);
  });
});

describe('a path', () => {
  it.each<[string, string, boolean]>([
    ['/a', '/a', true],
    ['/a/b', '/a', true],
    ['/ab', '/a', false],
    ['/a', '/a/b', false],
    ['/a', '/', true],
    ['/', '/', true],
  ])('%s in %s: %s', (path, within, inside) => {
    expect(isInside(path, within)).toBe(inside);
  });
});
