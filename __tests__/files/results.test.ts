/** What comes back from a worker: nothing of it lands outside its folder, and nothing of the user's is emptied. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unpack, writeBelow } from '../../src/files/extract.ts';
import { openLogFiles } from '../../src/files/logfiles.ts';
import { claimOutput, outputMistakes } from '../../src/files/output.ts';

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

const below = (): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

describe('an archive', () => {
  it('replaces what an earlier run left', async () => {
    mkdirSync(join(folder, 'model'));
    writeFileSync(join(folder, 'model', 'stale'), '');
    const { files, refused } = await unpack(
      await archive({ name: 'a/b.txt', text: 'hello' }, { name: 'ü +%', text: '' }),
      join(folder, 'model'),
    );
    expect({ files, refused }).toEqual({ files: 2, refused: [] });
    expect(below()).toEqual(['model', 'model/a', 'model/a/b.txt', 'model/ü +%']);
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
    const { refused } = await unpack(await archive(...entries, { name: 'good', text: 'fine' }), join(folder, 'model'));
    expect(refused.length).toBeGreaterThan(0);
    expect(readdirSync(folder).sort()).toEqual(['model', 'target']);
    expect(readFileSync(join(folder, 'model/good'), 'utf8')).toBe('fine');
    expect(readdirSync(join(folder, 'model')).filter((name) => ['dev', 'pipe', 'h', 'evil'].includes(name))).toEqual(
      [],
    );
  });
  it('with an absolute path stays inside', async () => {
    await unpack(await archive({ name: `${folder}/evil`, text: 'x' }), join(folder, 'model'));
    expect(existsSync(join(folder, 'evil'))).toBe(false);
  });
  it('that is broken is an error', async () => {
    await expect(unpack(Readable.from([Buffer.from('no gzip at all')]), join(folder, 'model'))).rejects.toThrow();
  });
});

describe('an object of the state', () => {
  it('is written below the folder', async () => {
    await writeBelow(folder, 'a/b c', Readable.from(['x']));
    expect(readFileSync(join(folder, 'a/b c'), 'utf8')).toBe('x');
  });
  it.each(['../x', 'a/../../x', '/etc/x', '..', '.', ''])('named %j is refused', async (name) => {
    await expect(writeBelow(folder, name, Readable.from(['x']))).rejects.toThrow('leads out');
    expect(existsSync(join(folder, '..', 'x'))).toBe(false);
  });
});

describe('the output folder', () => {
  it('is refused where it holds something of the user by a name of ours', async () => {
    mkdirSync(join(folder, 'model'));
    expect(await outputMistakes(folder, new Set(['logs', 'model']))).toMatchObject([{ input: 'output-path' }]);
    expect(await outputMistakes(folder, new Set(['logs']))).toEqual([]);
    expect(await outputMistakes(join(folder, 'new'), new Set(['model']))).toEqual([]);
  });
  it('is ours once it was claimed', async () => {
    await claimOutput(join(folder, 'out'));
    mkdirSync(join(folder, 'out', 'model'));
    expect(await outputMistakes(join(folder, 'out'), new Set(['model']))).toEqual([]);
  });
  it('has a log a instance', async () => {
    const append = await openLogFiles(join(folder, 'logs'));
    append(0, ['a', '']);
    append(1, ['b']);
    append(0, ['c']);
    expect(readFileSync(join(folder, 'logs/logs0'), 'utf8')).toBe('a\n\nc\n');
    expect(readFileSync(join(folder, 'logs/logs1'), 'utf8')).toBe('b\n');
  });
});
