/** What comes back from a worker: nothing of it lands outside its folder, and nothing of the user's is emptied. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Below } from '../../src/files/below.ts';

import { claimOutput, LogFiles, outputMistakes } from '../../src/files/output-folder.ts';
import { type Unpacked, unpack } from '../../src/files/unpack.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'results-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function archive(...entries: (Partial<Header> & { name: string; text?: string })[]): Promise<Readable> {
  const packed = pack();
  for (const { text = '', ...header } of entries) packed.entry(header, text);
  packed.finalize();
  return Readable.from([await buffer(packed.pipe(createGzip()))]);
}

const unpacked = (archive: Readable): Promise<Unpacked> => unpack(archive, below().emptied('model'), 'x.tar.gz');
const below = (): Below => new Below(realpathSync(folder));
const tree = (): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

describe('an archive', () => {
  it('replaces what an earlier run left', async () => {
    mkdirSync(join(folder, 'model'));
    writeFileSync(join(folder, 'model', 'stale'), '');
    const refused = await unpacked(await archive({ name: 'a/b.txt', text: 'hello' }, { name: 'ü +%', text: '' }));
    expect(refused.lost.lines + refused.left.lines + refused.changed.lines).toBe('');
    expect(tree()).toEqual(['model', 'model/a', 'model/a/b.txt', 'model/ü +%']);
    expect(readFileSync(join(folder, 'model/a/b.txt'), 'utf8')).toBe('hello');
  });
  it.each<[string, (Partial<Header> & { name: string; text?: string })[]]>([
    ['a path that leads up', [{ name: '../evil', text: 'x' }]],
    ['a path that leads up from within', [{ name: 'a/../../evil', text: 'x' }]],
    [
      'a link out and a file through it',
      [
        { name: 'l', type: 'symlink', linkname: '..' },
        { name: 'l/evil', text: 'x' },
      ],
    ],
    ['a hard link out', [{ name: 'h', type: 'link', linkname: '../target' }]],
    ['a device', [{ name: 'dev', type: 'character-device', devmajor: 1, devminor: 3 }]],
    ['a pipe', [{ name: 'pipe', type: 'fifo' }]],
  ])('with %s puts nothing outside, and still gives the rest', async (_what, entries) => {
    writeFileSync(join(folder, 'target'), 'mine');
    const refused = await unpacked(await archive(...entries, { name: 'good', text: 'fine' }));
    expect(refused.lost.count + refused.left.count).toBeGreaterThan(0);
    expect(readdirSync(folder).sort()).toEqual(['model', 'target']);
    expect(readFileSync(join(folder, 'model/good'), 'utf8')).toBe('fine');
    expect(readdirSync(join(folder, 'model')).filter((name) => ['dev', 'pipe', 'h', 'evil'].includes(name))).toEqual(
      [],
    );
  });
  it('with an absolute path stays inside', async () => {
    await unpacked(await archive({ name: `${folder}/evil`, text: 'x' }));
    expect(existsSync(join(folder, 'evil'))).toBe(false);
  });
  it('that is broken is an error', async () => {
    await expect(unpacked(Readable.from([Buffer.from('no gzip at all')]))).rejects.toThrow();
  });
});

describe('an object of the state', () => {
  it('is written below the folder', async () => {
    await below().write('a/b c', Readable.from(['x']), { replace: false });
    expect(readFileSync(join(folder, 'a/b c'), 'utf8')).toBe('x');
  });
  it.each(['../x', 'a/../../x', '..', '/../x'])('named %j is refused', async (name) => {
    await expect(below().write(name, Readable.from(['x']), { replace: false })).rejects.toThrow('leads out');
    expect(existsSync(join(folder, '..', 'x'))).toBe(false);
  });
  it.each(['', '.', '/', './/.'])('named %j is refused', async (name) => {
    await expect(below().write(name, Readable.from(['x']), { replace: false })).rejects.toThrow('no name');
  });
  it.each(['/a/x', 'a//x', './a/x'])('named %j does not stand in for another of that path', async (name) => {
    await below().write('a/x', Readable.from(['first']), { replace: false });
    await expect(below().write(name, Readable.from(['second']), { replace: false })).rejects.toThrow('EEXIST');
    expect(readFileSync(join(folder, 'a/x'), 'utf8')).toBe('first');
  });
  it('that breaks off leaves no file', async () => {
    const body = Readable.from(
      (function* () {
        yield 'half';
        throw new Error('connection reset');
      })(),
    );
    await expect(below().write('a/x', body, { replace: false })).rejects.toThrow('connection reset');
    expect(readdirSync(join(folder, 'a'))).toEqual([]);
  });
});

describe('the output folder', () => {
  it('is refused where it holds something of the user by a name of ours', async () => {
    mkdirSync(join(folder, 'model'));
    expect(await outputMistakes(folder, new Set(['logs', 'model']), folder)).toMatchObject([{ input: 'output-path' }]);
    expect(await outputMistakes(folder, new Set(['logs']), folder)).toEqual([]);
    expect(await outputMistakes(join(folder, 'new'), new Set(['model']), folder)).toEqual([]);
  });
  it('is ours once it was claimed', async () => {
    await claimOutput(join(folder, 'out'), folder);
    mkdirSync(join(folder, 'out', 'model'));
    expect(await outputMistakes(join(folder, 'out'), new Set(['model']), folder)).toEqual([]);
  });
  it('has a log a instance', async () => {
    const logs = new LogFiles({ path: folder, real: realpathSync(folder) });
    logs.append(0, ['a', '']);
    logs.append(1, ['b']);
    logs.append(0, ['c']);
    expect(readFileSync(join(folder, 'logs/logs0'), 'utf8')).toBe('a\n\nc\n');
    expect(readFileSync(join(folder, 'logs/logs1'), 'utf8')).toBe('b\n');
  });
});
