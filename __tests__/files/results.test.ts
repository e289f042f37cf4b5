/**
 * Results on runners of other platforms, by the platform as a value, on this machine's disk: what a real Windows or macOS would
 * refuse is not refused here, so that nothing of it was asked for is what these tests show.
 */
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
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { Below } from '../../src/files/below.ts';
import { fitting, folded, type Naming } from '../../src/files/file-names.ts';
import { LinkCopies } from '../../src/files/link-copies.ts';
import { resultTree } from '../../src/files/result-tree.ts';
import { Room } from '../../src/files/room.ts';
import { inArtifact } from '../../src/files/stage-artifact.ts';
import { type Unpacked, unpack } from '../../src/files/unpack.ts';
import { testFolder } from './folder.ts';

const folder = testFolder();
const model = (): string => join(folder.path, 'model');

type Member = Partial<Header> & { readonly name: string; readonly text?: string };
const file = (name: string, text = name): Member => ({ name, text });
const link = (name: string, linkname: string): Member => ({ name, type: 'symlink', linkname });
const hard = (name: string, linkname: string): Member => ({ name, type: 'link', linkname });

async function unpacked(platform: Naming, ...members: readonly Member[]): Promise<Unpacked> {
  const packed = pack();
  for (const { text = '', ...header } of members) packed.entry(header, text);
  packed.finalize();
  const root = new Below(realpathSync(folder.path), platform).emptied('model');
  return unpack(Readable.from([gzipSync(await buffer(packed))]), root, 'model.tar.gz', '/opt/ml/model');
}

/** Path → text, or `→ TARGET` of a link, or nothing of a folder. Links are not followed. */
function contents(path = model()): Record<string, string | null> {
  const found = readdirSync(path, { withFileTypes: true }).map((entry): Record<string, string | null> => {
    const here = join(path, entry.name);
    const name = relative(model(), here);
    if (entry.isSymbolicLink()) return { [name]: `→ ${readlinkSync(here)}` };
    return entry.isDirectory() ? { [name]: null, ...contents(here) } : { [name]: readFileSync(here, 'utf8') };
  });
  return Object.assign({}, ...found) as Record<string, string | null>;
}

describe('an archive on Windows', () => {
  it('is unpacked under names that Windows takes, each its own', async () => {
    const { lost, left, changed } = await unpacked(
      'win32',
      ...['con', 'aux.txt', 'a:b', 'end.', 'end ', 'q?', 'README', 'readme', 'back\\slash', 'fine', 'D/x', 'd/x'].map(
        (name) => file(name),
      ),
    );
    expect(contents()).toEqual({
      con_: 'con',
      'aux_.txt': 'aux.txt',
      a_b: 'a:b',
      end_: 'end.',
      end__2: 'end ',
      q_: 'q?',
      README: 'README',
      readme_2: 'readme',
      back_slash: 'back\\slash',
      fine: 'fine',
      D: null,
      'D/x': 'D/x',
      d_2: null,
      'd_2/x': 'd/x',
    });
    expect([lost.count, left.count, changed.count]).toEqual([0, 0, 9]);
    expect(changed.lines).toContain('- "con": now "con_"\n- "aux.txt": now "aux_.txt"');
  });

  it('has copies in place of links, also of links that come before what they lead to', async () => {
    const { lost, left } = await unpacked(
      'win32',
      link('last.ckpt', 'epoch=3.ckpt'),
      link('first', 'second'),
      link('second', 'a:b'),
      link('absolute', '/opt/ml/model/hub/blobs/d0'),
      link('hub/snapshot/config.json', '../blobs/d0'),
      link('folder', 'hub/snapshot'),
      link('through', 'folder/config.json'),
      file('epoch=3.ckpt'),
      file('a:b'),
      file('hub/blobs/d0'),
      hard('hard', 'a:b'),
      link('replaced', 'a:b'),
      file('replaced', 'by a file'),
    );
    expect(contents()).toEqual({
      'epoch=3.ckpt': 'epoch=3.ckpt',
      'last.ckpt': 'epoch=3.ckpt',
      a_b: 'a:b',
      first: 'a:b',
      second: 'a:b',
      hard: 'a:b',
      absolute: 'hub/blobs/d0',
      hub: null,
      'hub/blobs': null,
      'hub/blobs/d0': 'hub/blobs/d0',
      'hub/snapshot': null,
      'hub/snapshot/config.json': 'hub/blobs/d0',
      folder: null,
      'folder/config.json': 'hub/blobs/d0',
      through: 'hub/blobs/d0',
      replaced: 'by a file',
    });
    expect([lost.lines, left.lines]).toEqual(['', '']);
  });

  it('leaves out links to nothing, out and in circles, each by name', async () => {
    const { lost, left } = await unpacked(
      'win32',
      file('x/file'),
      link('x/up', '..'),
      link('x/y', '../y'),
      file('y/file'),
      link('y/x', '../x'),
      link('self', 'self'),
      link('one', 'other'),
      link('other', 'one'),
      link('gone', 'nothing'),
      link('out', '../mine'),
    );
    expect(lost.lines).toBe('');
    const named = [...left.lines.matchAll(/^- "(.*)": (.*)$/gm)].map(([, name = '', why = '']) => [name, why]);
    expect(Object.fromEntries(named)).toMatchObject({
      out: 'it is a link that leads out of the folder',
      'x/up': 'it is a link that leads in a circle',
      self: 'it is a link that leads in a circle',
      gone: 'it is a link that leads to nothing',
    });
    expect(named.map(([name]) => name)).toEqual(expect.arrayContaining(['one', 'other']));
    expect(contents()).toMatchObject({ 'x/file': 'x/file', 'y/file': 'y/file' });
    const paths = Object.keys(contents());
    expect(paths.filter((path) => lstatSync(join(model(), path)).isSymbolicLink())).toEqual([]);
    expect(paths.length).toBeLessThan(12);
  });

  it('of links that double each other ends', () => {
    folder.write({ 'model/d0/x': 'd0/x' });
    const root = new Below(realpathSync(model()), 'win32');
    const copies = new LinkCopies(root, new Room(root.path, 'model.tar.gz'), 100);
    for (let at = 1; at <= 40; at += 1)
      for (const name of ['a', 'b']) {
        root.folder(`d${at}`);
        copies.add(`d${at}/${name}`, `d${at - 1}`);
      }
    const left: string[] = [];
    copies.make((at, error) => left.push(`${at}: ${(error as Error).message}`));
    // d4 has 46 files and folders in its two copies, those before it 36.
    expect(left).toHaveLength(80 - 8);
    expect(left.every((line) => line.endsWith('it and other links lead to too many files'))).toBe(true);
    expect(contents()).toMatchObject({ 'd1/a/x': 'd0/x', 'd3/a/b/a/x': 'd0/x' });
  });
});

const NAMES = [
  'a',
  'A',
  'a.',
  'a ',
  'con',
  'Con',
  'a:b',
  'a_b',
  'a\\b',
  '..\\x',
  'C:x',
  'é',
  'e\u0301',
  'n'.repeat(300),
  'a\u0001',
  'PROGRA~1',
];
describe.each(['linux', 'darwin', 'win32'] as const)('on %s', (platform) => {
  it('no member is put in place of another, and none under a name that is not possible', async () => {
    const members = NAMES.flatMap((name) => [file(name), file(`${name}/in`), file(`in/${name}`)]);
    const { lost } = await unpacked(platform, ...members);
    expect(lost.lines).toBe('');
    const there = Object.entries(contents());
    const texts = there.map(([, text]) => text).filter((text) => text !== null);
    expect(texts.sort()).toEqual(members.map(({ text }) => text).sort());
    for (const [path] of there) for (const part of path.split('/')) expect(fitting(part, platform)).toBe(part);
    expect(new Set(there.map(([path]) => folded(path, platform))).size).toBe(there.length);
  });
  it.each(['../x', 'a/../../x', '..'])('the name %j leads nowhere', async (name) => {
    const { lost } = await unpacked(platform, file(name), file('good'));
    expect(lost.lines).toContain('leads out');
    expect(Object.keys(contents())).toEqual(['good']);
  });
  const possible = (name: string): boolean => fitting(name, platform) === name && name.length < 256;
  it.each(NAMES.filter((name) => !possible(name)))('%j is not written, whoever asks for it', (name) => {
    const root = new Below(realpathSync(folder.path), platform);
    expect(() => root.file(name)).toThrow('not one that a file can have');
    expect(() => root.folder(`${name}/x`)).toThrow('not one that a file can have');
    expect(() => root.hardLink('x', name)).toThrow('not one that a file can have');
  });
});

describe('what an archive forbids its owner', () => {
  it('is allowed on the runner: its files can be read, written and replaced', async () => {
    const modes = [0, 0o200, 0o400, 0o444, 0o555];
    const members = modes.map((mode) => ({ ...file(`d${mode}/f`), mode }));
    await unpacked(
      'linux',
      ...modes.map((mode): Member => ({ name: `d${mode}`, type: 'directory', mode })),
      ...members,
    );
    for (const mode of modes) {
      expect(statSync(join(model(), `d${mode}`)).mode & 0o700).toBe(0o700);
      expect(statSync(join(model(), `d${mode}/f`)).mode & 0o600).toBe(0o600);
    }
    expect(statSync(join(model(), `d${0o555}/f`)).mode & 0o111).toBe(0o111);
    expect((await unpacked('linux', file('next'))).lost.count).toBe(0);
    expect(Object.keys(contents())).toEqual(['next']);
  });
});

describe('the tree of a result', () => {
  const tree = async (): Promise<{ entries: Record<string, string>; left: string[] }> => {
    const { entries, left } = await resultTree(model());
    return {
      entries: Object.fromEntries(entries.map(({ path, kind, real }) => [path, kind === 'file' ? real : kind])),
      left: left.lines.split('\n').filter(Boolean).sort(),
    };
  };
  const links = (all: Readonly<Record<string, string>>): void => {
    for (const [path, to] of Object.entries(all)) symlinkSync(to, join(model(), path));
  };
  it('has what links lead to, and nothing from outside', async () => {
    folder.write({ 'model/a/x': '1', 'model/b/y': '2', mine: 'mine', 'model2/z': '3' });
    mkdirSync(join(model(), 'empty/deep'), { recursive: true });
    links({
      'to-file': 'a/x',
      'to-folder': 'a',
      'b/to-a': '../a',
      out: '../mine',
      beside: '../model2',
      gone: 'no',
      self: 'self',
    });
    links({ 'a/up': '..', 'to-empty': 'empty', 'through-file': 'a/x/y' });
    expect(await tree()).toEqual({
      entries: {
        'a/x': 'a/x',
        'b/y': 'b/y',
        'b/to-a/x': 'a/x',
        'to-file': 'a/x',
        'to-folder/x': 'a/x',
        'empty/deep': 'empty folder',
        'to-empty/deep': 'empty folder',
      },
      left: [
        '- "a/up": it is a link that leads in a circle',
        '- "b/to-a/up": it is a link that leads in a circle',
        '- "beside": it is a link that leads out of the folder',
        '- "gone": it is a link that leads to nothing',
        '- "out": it is a link that leads out of the folder',
        '- "self": it is a link that leads to nothing',
        '- "through-file": it is a link that leads to nothing',
        '- "to-folder/up": it is a link that leads in a circle',
      ],
    });
  });
  it('ends where links double each other, and where many lead to one file', async () => {
    folder.write({ 'model/d0/x': '1', 'model/f': '2' });
    for (let at = 1; at <= 40; at += 1) {
      mkdirSync(join(model(), `d${at}`));
      links({ [`d${at}/a`]: `../d${at - 1}`, [`d${at}/b`]: `../d${at - 1}` });
    }
    for (let at = 0; at < 300; at += 1) links({ [`l${at}`]: 'f' });
    const { entries, left } = await resultTree(model(), 500);
    expect(entries.length).toBeLessThan(550);
    expect(entries.filter(({ real }) => real === 'f').length).toBeLessThanOrEqual(101);
    expect(left.lines).toContain('it and other links lead to too many files');
  });
  it('is uploaded as it is, but where an artifact refuses names: then under others, and nothing of it stays', async () => {
    folder.write({ 'model/a': '1' });
    const output = { path: folder.path, real: realpathSync(folder.path) };
    const uploaded: string[][] = [];
    const upload = async (): Promise<void> =>
      inArtifact(output, model(), (await resultTree(model())).entries, async ({ folder: root, files }) => {
        const texts = files.map((path) => (path.endsWith('/') ? '' : readFileSync(path, 'utf8')));
        uploaded.push(files.map((path, at) => `${relative(root, path)}${path.endsWith('/') ? '/' : ''}: ${texts[at]}`));
      });
    await upload();
    mkdirSync(join(model(), 'e:'));
    writeFileSync(join(model(), 'b:'), '2', { mode: 0o400 });
    chmodSync(join(model(), 'a'), 0o400);
    await upload();
    expect(uploaded).toEqual([['a: 1'], ['a: 1', 'b_: 2', 'e_/: ']]);
    const failing = inArtifact(output, model(), (await resultTree(model())).entries, () =>
      Promise.reject(new Error('cut')),
    );
    await expect(failing).rejects.toThrow('cut');
    expect(readdirSync(folder.path)).toEqual(['model']);
  });
});
