/** Archives: ours is the same bytes for the same files; a hostile one puts nothing outside its folder. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { Below } from '../../src/files/below.ts';

import { packArchive } from '../../src/files/tar.ts';
import { listData } from '../../src/files/tree.ts';
import { type Unpacked, unpack } from '../../src/files/unpack.ts';
import { testFolder } from './folder.ts';

const folder = testFolder();
type Member = Partial<Header> & { readonly name: string; readonly text?: string };

async function tarGz(...members: Member[]): Promise<Buffer> {
  const packed = pack();
  for (const { text = '', ...header } of members) packed.entry(header, text);
  packed.finalize();
  return gzipSync(await buffer(packed));
}
/** In pieces, as from a network. */
const stream = (bytes: Buffer, size = 100): Readable =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size)),
  );
/** Into the folder `result`, made anew. */
const unpacked = (archive: Readable): Promise<Unpacked> =>
  unpack(archive, new Below(realpathSync(folder.path)).emptied('result'), 'x.tar.gz');
const said = ({ lost, left, changed }: Unpacked): string => [lost, left, changed].map(({ lines }) => lines).join('');
const target = (): string => join(folder.path, 'result');
/** Links are not followed. */
const tree = (path: string): string[] =>
  below(path)
    .map((found) => relative(path, found))
    .sort();
const below = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const found = join(path, entry.name);
    return entry.isDirectory() ? [found, ...below(found)] : [found];
  });

describe('the code archive', () => {
  const files = {
    'b/x.py': 'import a\n',
    'a.sh': '#!/bin/sh\n',
    empty: '',
    'ü 日本/🚀 +%#.txt': 'ü',
    [`${'long/'.repeat(40)}x`]: '1',
  };
  async function archive(texts: { path: string; text: string }[] = []): Promise<Buffer> {
    return packArchive(await listData(join(folder.path, 'code')), texts);
  }
  function write(): void {
    folder.write(Object.fromEntries(Object.entries(files).map(([path, text]) => [`code/${path}`, text])));
    chmodSync(join(folder.path, 'code/a.sh'), 0o755);
  }

  it('gives its files back by a real tar', async () => {
    write();
    writeFileSync(join(folder.path, 'x.tar.gz'), await archive([{ path: 'task_toolkit/job.json', text: '{"ü": 1}' }]));
    mkdirSync(target());
    execFileSync('tar', ['-xzf', join(folder.path, 'x.tar.gz'), '-C', target()], {
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    for (const [path, text] of Object.entries(files)) expect(readFileSync(join(target(), path), 'utf8')).toBe(text);
    expect(readFileSync(join(target(), 'task_toolkit/job.json'), 'utf8')).toBe('{"ü": 1}');
    const mode = (path: string): number => statSync(join(target(), path)).mode & 0o111;
    expect([mode('a.sh') !== 0, mode('b/x.py'), mode('task_toolkit/job.json')]).toEqual([true, 0, 0]);
  });

  it('is the same bytes whatever times, owners, other mode bits and order', async () => {
    write();
    const first = await archive();
    for (const path of Object.keys(files)) utimesSync(join(folder.path, 'code', path), 12_345, 67_890);
    chmodSync(join(folder.path, 'code/a.sh'), 0o777);
    chmodSync(join(folder.path, 'code/empty'), 0o600);
    expect((await archive()).equals(first)).toBe(true);
    const reversed = await packArchive((await listData(join(folder.path, 'code'))).toReversed(), []);
    expect(reversed.equals(first)).toBe(true);
  });

  it.each<[string, () => void]>([
    ['a byte', () => folder.write({ 'code/b/x.py': 'import b\n' })],
    ['a name', () => folder.write({ 'code/new': '' })],
    ['an exec bit', () => chmodSync(join(folder.path, 'code/b/x.py'), 0o755)],
  ])('is other bytes after %s changed', async (_what, change) => {
    write();
    const first = await archive();
    change();
    expect((await archive()).equals(first)).toBe(false);
  });

  it('has a path once: a text in place of a file, a later one in place of an earlier', async () => {
    folder.write({ 'code/task_toolkit/job.sh': 'theirs', 'code/x': 'x' });
    const bytes = await archive([
      { path: 'task_toolkit/job.sh', text: 'first' },
      { path: 'task_toolkit/job.sh', text: 'ours' },
    ]);
    expect(execFileSync('tar', ['-tzf', '-'], { input: bytes, encoding: 'utf8' })).toBe('task_toolkit/job.sh\nx\n');
    expect(execFileSync('tar', ['-xzOf', '-', 'task_toolkit/job.sh'], { input: bytes, encoding: 'utf8' })).toBe('ours');
  });

  it('has the contents of what is linked, and no links', async () => {
    folder.write({ 'code/real/x': 'contents' });
    symlinkSync('real', join(folder.path, 'code/link'));
    await unpacked(stream(await archive()));
    expect(tree(target())).toEqual(['link', 'link/x', 'real', 'real/x']);
    expect(lstatSync(join(target(), 'link')).isDirectory()).toBe(true);
  });

  it('may hold nothing', async () => {
    expect(execFileSync('tar', ['-tzf', '-'], { input: await packArchive([], []), encoding: 'utf8' })).toBe('');
  });
});

describe('an archive from a worker', () => {
  it('is unpacked as it is', async () => {
    const bytes = await tarGz(
      { name: 'a/', type: 'directory' },
      { name: 'a/b c+%#ü', text: 'text' },
      { name: 'empty', text: '' },
      { name: './dot', text: 'dot' },
      { name: 'run.sh', mode: 0o755, text: '#!' },
      { name: 'l', type: 'symlink', linkname: 'a/b c+%#ü' },
      { name: 'h', type: 'link', linkname: 'empty' },
      { name: 'deep/er/file', text: 'x'.repeat(100_000) },
    );
    expect(said(await unpacked(stream(bytes)))).toBe('');
    expect(tree(target())).toEqual([
      'a',
      'a/b c+%#ü',
      'deep',
      'deep/er',
      'deep/er/file',
      'dot',
      'empty',
      'h',
      'l',
      'run.sh',
    ]);
    expect(readFileSync(join(target(), 'l'), 'utf8')).toBe('text');
    expect(readFileSync(join(target(), 'deep/er/file'), 'utf8')).toBe('x'.repeat(100_000));
    expect(statSync(join(target(), 'run.sh')).mode & 0o100).toBe(0o100);
  });

  it('may be what GNU tar makes', async () => {
    folder.write({ 'from/a': '1', [`from/${'long/'.repeat(40)}x`]: '2' });
    for (const format of ['gnu', 'pax', 'ustar']) {
      const bytes = execFileSync('tar', ['-czf', '-', `--format=${format}`, '-C', join(folder.path, 'from'), '.']);
      expect(said(await unpacked(stream(bytes)))).toBe('');
      expect(readFileSync(join(target(), `${'long/'.repeat(40)}x`), 'utf8')).toBe('2');
    }
  });

  it('replaces all that an earlier one left', async () => {
    await unpacked(stream(await tarGz({ name: 'old/x', text: '1' }, { name: 'y', text: '1' })));
    await unpacked(stream(await tarGz({ name: 'y', text: '2' })));
    expect(tree(target())).toEqual(['y']);
    expect(readFileSync(join(target(), 'y'), 'utf8')).toBe('2');
  });

  const up: Member = { name: 'evil-link', type: 'symlink', linkname: '..' };
  const HOSTILE: [string, Member[]][] = [
    ['a path up', [{ name: '../evil', text: 'x' }]],
    ['a path far up', [{ name: `${'../'.repeat(30)}tmp/evil-of-a-test`, text: 'x' }]],
    ['a path up from within', [{ name: 'a/../../evil', text: 'x' }]],
    ['a path up after a dot', [{ name: './../evil', text: 'x' }]],
    ['a path that is up alone', [{ name: '..', type: 'directory' }]],
    ['a link up', [up]],
    ['a link up and a file through it', [up, { name: 'evil-link/evil', text: 'x' }]],
    ['a link up and a folder through it', [up, { name: 'evil-link/evil/', type: 'directory' }]],
    ['a link up and a file in its place', [up, { name: 'evil-link', text: 'x' }]],
    [
      'a link to a file outside, written through',
      [
        { name: 'l', type: 'symlink', linkname: '../target' },
        { name: 'l', text: 'x' },
      ],
    ],
    ['a hard link to a file outside', [{ name: 'h', type: 'link', linkname: '../target' }]],
    [
      'a hard link outside, written through',
      [
        { name: 'h', type: 'link', linkname: '../target' },
        { name: 'h', text: 'x' },
      ],
    ],
    [
      'a hard link to a link',
      [
        { name: 'l', type: 'symlink', linkname: '../target' },
        { name: 'h', type: 'link', linkname: 'l' },
        { name: 'h', text: 'x' },
      ],
    ],
    [
      'a link in a link',
      [
        { name: 'd', type: 'symlink', linkname: '.' },
        { name: 'd/up', type: 'symlink', linkname: '..' },
        { name: 'up/evil', text: 'x' },
        { name: 'd/up/evil', text: 'x' },
      ],
    ],
    [
      'a link whose way out is long',
      [
        { name: 'a/b/', type: 'directory' },
        { name: 'a/b/l', type: 'symlink', linkname: '../../..' },
        { name: 'a/b/l/evil', text: 'x' },
      ],
    ],
    [
      'a folder made a link',
      [
        { name: 'a/', type: 'directory' },
        { name: 'a', type: 'symlink', linkname: '..' },
        { name: 'a/evil', text: 'x' },
      ],
    ],
    ['a device', [{ name: 'dev', type: 'character-device', devmajor: 1, devminor: 5 }]],
    ['a disk', [{ name: 'dev', type: 'block-device', devmajor: 8, devminor: 0 }]],
    ['a pipe', [{ name: 'dev', type: 'fifo' }]],
  ];
  it.each(HOSTILE)('with %s puts nothing outside, and gives the rest', async (_what, members) => {
    folder.write({ target: 'mine' });
    const bytes = await tarGz({ name: 'before', text: '1' }, ...members, { name: 'z/after', text: '2' });
    await unpacked(stream(bytes));
    expect(readdirSync(folder.path).sort()).toEqual(['result', 'target']);
    expect(readFileSync(join(folder.path, 'target'), 'utf8')).toBe('mine');
    expect(statSync(join(folder.path, 'target')).nlink).toBe(1);
    expect(readFileSync(join(target(), 'before'), 'utf8')).toBe('1');
    expect(readFileSync(join(target(), 'z/after'), 'utf8')).toBe('2');
    expect(() => statSync('/tmp/evil-of-a-test')).toThrow('ENOENT');
    for (const name of tree(target())) {
      const stats = lstatSync(join(target(), name));
      expect(stats.isFile() || stats.isDirectory() || stats.isSymbolicLink()).toBe(true);
      if (stats.isSymbolicLink())
        expect(join(target(), name, '..', readlinkSync(join(target(), name))).startsWith(target())).toBe(true);
    }
  });
  it.each(HOSTILE.filter(([what]) => /^a (path|link up$|hard link to a file|device|disk|pipe)/.test(what)))(
    'with %s says what it left out',
    async (_what, members) => {
      folder.write({ target: 'mine' });
      const refused = await unpacked(stream(await tarGz(...members, { name: 'good' })));
      expect(refused.lost.count + refused.left.count).toBe(1);
    },
  );

  it.each(['/etc/evil-of-a-test', '//evil-of-a-test', '/../../evil-of-a-test'])(
    'with the absolute path %s stays inside',
    async (name) => {
      await unpacked(stream(await tarGz({ name, text: 'x' }, { name: 'good' })));
      expect(() => statSync(name)).toThrow('ENOENT');
      expect(tree(target())).toContain('good');
      expect(readdirSync(folder.path)).toEqual(['result']);
    },
  );

  it('with an absolute link reads nothing from outside', async () => {
    folder.write({ target: 'mine' });
    const member: Member = { name: 'l', type: 'symlink', linkname: join(folder.path, 'target') };
    expect((await unpacked(stream(await tarGz(member, { name: 'good' })))).left.count).toBe(1);
    expect(() => readFileSync(join(target(), 'l'))).toThrow('ENOENT');
  });

  it('unpacked where a link stood does not follow it', async () => {
    folder.write({ 'elsewhere/mine': 'mine' });
    symlinkSync('elsewhere', target());
    await unpacked(stream(await tarGz({ name: 'x', text: '1' })));
    expect(tree(join(folder.path, 'elsewhere'))).toEqual(['mine']);
    expect(tree(target())).toEqual(['x']);
  });

  const whole = (): Promise<Buffer> =>
    tarGz(
      { name: 'a', text: '1' },
      { name: 'b', text: String(Array.from({ length: 20_000 }, (_, at) => Math.sin(at))) },
    );
  it.each<[string, () => Promise<Buffer>]>([
    ['is cut off', async () => (await whole()).subarray(0, -2000)],
    ['lacks its last bytes', async () => (await whole()).subarray(0, -4)],
    [
      'has a flipped bit',
      async () => {
        const bytes = await whole();
        bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
        return bytes;
      },
    ],
    ['is text', async () => Buffer.from('<Error>NoSuchKey</Error>')],
    ['is gzip of text', async () => gzipSync('x'.repeat(2000))],
    ['is zeros', async () => Buffer.from([0x1f, 0x8b, ...Array.from({ length: 50 }, () => 0)])],
  ])('that %s is an error', async (_what, bytes) => {
    await expect(unpacked(stream(await bytes()))).rejects.toThrow();
  });
  it('whose stream breaks is an error', async () => {
    const bytes = await whole();
    const broken = Readable.from(
      (function* () {
        yield bytes.subarray(0, 1000);
        throw new Error('connection reset');
      })(),
    );
    await expect(unpacked(broken)).rejects.toThrow('connection reset');
  });
});
