/** Archives of results: nothing of them gets out of their folder, fills the runner, or is missing without a word. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import type { Header } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { DamagedArchive } from '../../src/files/damaged-archive.ts';
import { BOMB } from '../../src/files/unpack.ts';
import { type Member, onRunner, realTarGz, said, streamed, tar, tarGz } from './archive.ts';
import { Tally } from './tally.ts';

const MIB = 2 ** 20;
const tally = new Tally('archives');
const link = (name: string, linkname: string): Member => ({ name, type: 'symlink', linkname });
const hard = (name: string, linkname: string): Member => ({ name, type: 'link', linkname });
const folder = (name: string): Member => ({ name, type: 'directory' });

const OUT: Readonly<Record<string, readonly Member[]>> = {
  'a path up': [{ name: '../evil', text: 'x' }],
  'a path up from within': [{ name: 'a/../../evil', text: 'x' }],
  'a path of the result beside': [{ name: '../output/evil', text: 'x' }],
  'an absolute path': [{ name: '/tmp/evil-of-a-test', text: 'x' }],
  'a link up': [link('l', '../mine')],
  'an absolute link': [link('l', '/etc/passwd')],
  'a file through a link': [link('l', '..'), { name: 'l/evil', text: 'x' }],
  'a folder through a link': [link('l', '..'), folder('l/evil')],
  'a link through a link': [link('d', '.'), link('d/up', '..'), { name: 'up/evil', text: 'x' }],
  'a link that is up by another link': [folder('d'), link('d/x', '..'), link('y', 'd/x/../../mine')],
  'a link that is up by three others': [
    ...['a', 'a/b', 'a/b/c'].map(folder),
    link('a/b/c/x', '../../..'),
    link('y', 'a/b/c/x/../..'),
  ],
  'a hard link out': [hard('h', '../../mine')],
  'a hard link to a link': [
    folder('a'),
    folder('a/b'),
    link('a/b/l', '../..'),
    hard('l', 'a/b/l'),
    link('m', 'l/mine'),
  ],
  'a hard link through a link': [link('l', '..'), hard('h', 'l/mine')],
  'a folder that becomes a link': [folder('a'), link('a', '..'), { name: 'a/evil', text: 'x' }],
  'a link that becomes a folder': [link('a', '..'), folder('a'), { name: 'a/evil', text: 'x' }],
  'the folder itself as a link': [link('.', '..'), { name: 'evil', text: 'x' }],
  'the folder itself as a file': [{ name: './', type: 'file', text: 'x' }],
  'a device': [{ name: 'd', type: 'block-device', devmajor: 8, devminor: 0 }],
  'a pipe': [{ name: 'p', type: 'fifo' }],
  'a path up in pax': [{ name: 'x', text: 'x', pax: { path: '../evil' } }],
  'a sparse name up': [
    {
      name: 'x',
      text: `${'1\n0\n1\n'.padEnd(512, '\0')}x`,
      pax: {
        'GNU.sparse.major': '1',
        'GNU.sparse.minor': '0',
        'GNU.sparse.name': '../evil',
        'GNU.sparse.realsize': '1',
      },
    },
  ],
};
tally.attack('a member that leads out', Object.keys(OUT), (what) =>
  onRunner(async (runner) => {
    await runner.unpack(await tarGz(...(OUT[what] ?? []), { name: 'good', text: 'fine' }));
    expect(readFileSync(join(runner.model, 'good'), 'utf8')).toBe('fine');
    return runner.strange.length > 0;
  }),
);

tally.attack('a mode that gives rights', [0o4755, 0o2755, 0o1777, 0o7777, 0o6000], (mode) =>
  onRunner(async (runner) => {
    await runner.unpack(await tarGz({ name: 'f', mode, text: 'x' }, { ...folder('d'), mode }, { name: 'd/g', mode }));
    return runner.privileged.length > 0;
  }),
);

const LOST: Readonly<Record<string, readonly Member[]>> = {
  'a name that is too long': [{ name: 'n'.repeat(300), text: 'x' }],
  'a path that is too long': [{ name: `${'d/'.repeat(3000)}f`, text: 'x' }],
  'a file where a folder is': [
    { name: 'a/b', text: 'x' },
    { name: 'a', text: 'x' },
  ],
  'a folder where a file is': [
    { name: 'a', text: 'x' },
    { name: 'a/b', text: 'x' },
  ],
  'a name with a zero': [{ name: 'x', text: 'x', pax: { path: 'a\0b' } }],
  'a link out': [link('l', '../..')],
  'a device': [{ name: 'd', type: 'character-device', devmajor: 1, devminor: 3 }],
  'a pipe': [{ name: 'p', type: 'fifo' }],
};
tally.attack('a member that is dropped without a word', Object.keys(LOST), (what) =>
  onRunner(async (runner) => {
    const left = await runner.unpack(await tarGz({ name: 'before' }, ...(LOST[what] ?? []), { name: 'after' }));
    expect([...runner.files.keys()]).toEqual(expect.arrayContaining(['before', 'after']));
    return said(left) !== 1;
  }),
);

/** Files with holes at their start, between data, and at their end. */
function sparseFiles(path: string): void {
  const data: Readonly<Record<string, readonly number[]>> = {
    'only a hole': [],
    'at its start': [0],
    'at its end': [8 * MIB - 4096],
    'in its middle': [3 * MIB],
    'five pieces, so more than a header has room for': [0, MIB, 2 * MIB, 3 * MIB, 7 * MIB],
    'a hundred pieces': Array.from({ length: 100 }, (_, at) => at * 65_536),
  };
  mkdirSync(path);
  for (const [name, offsets] of Object.entries(data)) {
    const file = openSync(join(path, name), 'w');
    ftruncateSync(file, 8 * MIB);
    for (const offset of offsets) writeSync(file, createHash('sha512').update(`${offset}`).digest(), 0, 64, offset);
    closeSync(file);
  }
  writeFileSync(join(path, 'not sparse'), 'x'.repeat(10_000));
}
const sums = (path: string): string => execFileSync('sh', ['-c', 'sha256sum *'], { cwd: path, encoding: 'utf8' });

tally.attack(
  'a sparse file that is not whole',
  [
    ['--format=gnu'],
    ['--format=posix'],
    ['--format=posix', '--sparse-version=0.0'],
    ['--format=posix', '--sparse-version=0.1'],
    ['--format=posix', '--sparse-version=1.0'],
  ],
  (flags) =>
    onRunner(async (runner) => {
      const from = join(runner.path, 'out', 'from');
      sparseFiles(from);
      const left = await runner.unpack(realTarGz(from, '--sparse', ...flags));
      const blocks = Number(
        execFileSync('du', ['-s', '--block-size=1024', runner.model], { encoding: 'utf8' }).split('\t')[0],
      );
      expect(blocks, 'the holes are holes').toBeLessThan(2048);
      return said(left) > 0 || sums(runner.model) !== sums(from);
    }),
);

const sparse = (map: string, realsize: string, data: string): Member => ({
  name: 'x',
  text: map.padEnd(Math.ceil(map.length / 512) * 512, '\0') + data,
  pax: { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'x', 'GNU.sparse.realsize': realsize },
});
const MAPS: Readonly<Record<string, Member>> = {
  'beyond its end': sparse('1\n100\n4\n', '50', 'data'),
  'with less data': sparse('1\n0\n9\n', '50', 'data'),
  'with more data': sparse('1\n0\n2\n', '50', 'data'),
  'out of order': sparse('2\n10\n2\n0\n2\n', '50', 'data'),
  'one over the other': sparse('2\n0\n2\n1\n2\n', '50', 'data'),
  'of a billion pieces': sparse('1000000000\n', '50', ''),
  'that is text': sparse('x\n', '50', ''),
  'of negative numbers': sparse('1\n-5\n4\n', '50', 'data'),
  'larger than numbers go': sparse('1\n99999999999999999999\n4\n', '50', 'data'),
  'that has no end': sparse('1', '50', ''),
  'larger than any disk': sparse('1\n0\n4\n', '9007199254740991', 'data'),
};
tally.attack('a map of holes that is wrong', Object.keys(MAPS), (what) =>
  onRunner(async (runner) => {
    const member = MAPS[what];
    if (member === undefined) return true;
    const unpacking = runner.unpack(await tarGz(member)).then(said);
    const count = await unpacking.catch((error: Error) => (/member|map|fit/.test(error.message) ? 1 : 0));
    return count !== 1 || runner.files.has('x');
  }),
);

/** Each is small, and large once it is unpacked. */
const large = BOMB.bytes + 64 * MIB;
const zeros = function* (bytes: number): Generator<Buffer> {
  for (let at = 0; at < bytes; at += MIB) yield Buffer.alloc(MIB);
};
async function bomb(head: Buffer, tail: number): Promise<Buffer> {
  const pieces = [gzipSync(head), ...[...zeros(MIB)].map((piece) => gzipSync(piece))];
  const [first = head, one = head] = pieces;
  return Buffer.concat([first, ...Array.from({ length: tail / MIB }, () => one)]);
}
const header = async (member: Member): Promise<Buffer> => (await tar(member)).subarray(0, 512);
const BOMBS: Readonly<Record<string, () => Promise<Buffer>>> = {
  'a file of zeros': async () =>
    bomb(await header({ name: 'zeros', size: 0 }).then((block) => sized(block, large)), large),
  'zeros after its end': () => bomb(Buffer.alloc(1024), large),
  'zeros in a member that is refused': async () => bomb(sized(await header({ name: '../x', size: 0 }), large), large),
  'zeros as padding of a name': async () => bomb(sized(await header({ name: 'x', size: 0 }), large, 'L'), large),
  'holes larger than the disk': () => tarGz({ ...sparse('1\n0\n4\n', String(8 * 2 ** 40), 'data') }),
  'a file many times under other names': async () => {
    const times = Math.ceil(freeBytes() / (64 * MIB)) + 10;
    const names = Array.from({ length: times }, (_, at) => hard(`h${at}`, 'f'));
    return tarGz({ name: 'f', text: 'x'.repeat(64 * MIB) }, ...names);
  },
};
function freeBytes(): number {
  const { bavail, bsize } = statfsSync('/tmp');
  return bavail * bsize;
}
/** The header with another size, and the type. */
function sized(block: Buffer, size: number, type = '0'): Buffer {
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  block.write(type, 156, 'latin1');
  block.write('        ', 148, 'latin1');
  const sum = block.reduce((all, byte) => all + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
tally.attack('a bomb', Object.keys(BOMBS), (what) =>
  onRunner(async (runner) => {
    const archive = (await BOMBS[what]?.()) ?? Buffer.alloc(0);
    const error = await runner.unpack(archive).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(error?.message).toMatch(/times its size: it was ended at|does not fit on the disk|longer than 1 MiB/);
    return error === undefined;
  }),
);

tally.attack(
  'an archive that is none, taken for one',
  [
    '',
    'text',
    'gzip of text',
    'gzip of nothing',
    'cut',
    'cut at its end',
    'a changed byte',
    'a changed header',
    'ends in a member',
  ],
  (what) =>
    onRunner(async (runner) => {
      const plain = await tar({ name: 'a', text: 'x'.repeat(5000) }, { name: 'b', text: 'y'.repeat(5000) });
      const whole = gzipSync(plain, { level: 0 });
      const changed = Buffer.from(whole);
      changed.writeUInt8(changed.readUInt8(3000) ^ 1, 3000);
      const forged = Buffer.from(plain);
      forged.write('z', 5632);
      const archives: Readonly<Record<string, Buffer>> = {
        text: Buffer.from('<Error>NoSuchKey</Error>'),
        'gzip of text': gzipSync('x'.repeat(2000)),
        'gzip of nothing': gzipSync(''),
        cut: whole.subarray(0, 4000),
        'cut at its end': whole.subarray(0, -4),
        'a changed byte': changed,
        'a changed header': gzipSync(forged),
        'ends in a member': gzipSync(plain.subarray(0, 3000)),
      };
      const error = await runner.unpack(archives[what] ?? Buffer.alloc(0)).then(
        () => undefined,
        (error: Error) => error,
      );
      if (error !== undefined) expect(error).toBeInstanceOf(DamagedArchive);
      return error === undefined;
    }),
);

describe('memory', () => {
  const MOST = 300 * MIB;
  const full = process.env['SSM_TEST_FULL'] === '1';
  const random = randomBytes(MIB);
  const archive = (kind: string, number: number): Readable =>
    streamed(
      async (add) => {
        if (kind === 'megabytes')
          await add(
            { name: 'f', size: number * MIB },
            Array.from({ length: number }, () => random),
          );
        else for (let at = 0; at < number; at += 1) await add(...member(kind, `d${Math.floor(at / 1000)}/f${at}`));
      },
      kind === 'megabytes' ? 0 : 1,
    );
  function member(kind: string, name: string): [Partial<Header> & { name: string }, Buffer[]] {
    switch (kind) {
      case 'files':
        return [{ name, size: 1 }, [Buffer.from('x')]];
      case 'links':
        return [{ name, type: 'symlink', linkname: 'f0' }, []];
      case 'folders':
        return [{ name, type: 'directory' }, []];
      default:
        return [{ name: `../${name}` }, []];
    }
  }
  /** In a process of its own: what it holds at most, and how many members were left out. */
  async function unpackElsewhere(
    packed: Readable,
    tmpfs: boolean,
  ): Promise<{ readonly bytes: number; readonly left: number }> {
    const script = join(import.meta.dirname, 'unpack-stdin.ts');
    // The disk is not what is measured.
    const env = { ...process.env, ...(tmpfs && existsSync('/dev/shm') ? { TMPDIR: '/dev/shm' } : {}) };
    const child = spawn(process.execPath, [script], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const [text] = await Promise.all([buffer(child.stdout), pipeline(packed, child.stdin)]);
    return JSON.parse(text.toString()) as { bytes: number; left: number };
  }
  it.each([
    ['files', 100_000],
    ['refused', 100_000],
    ['links', 20_000],
    ['folders', 20_000],
    ['megabytes', 300],
    ...(full
      ? ([
          ['files', 1_000_000],
          ['refused', 1_000_000],
          ['megabytes', 5_000],
        ] as const)
      : []),
  ] as const)(
    'stays below 300 MiB at %s: %i',
    async (kind, members) => {
      const { bytes, left } = await unpackElsewhere(archive(kind, members), kind !== 'megabytes');
      expect(left).toBe(kind === 'refused' ? members : 0);
      console.info(`${members} ${kind}: ${Math.round(bytes / MIB)} MiB`);
      expect(bytes).toBeLessThan(MOST);
    },
    1_800_000,
  );
});

it('what is left out is counted, and ten are named', () =>
  onRunner(async (runner) => {
    const { lost } = await runner.unpack(
      await tarGz(...Array.from({ length: 5000 }, (_, at) => ({ name: `../${at}` }))),
    );
    expect(lost.count).toBe(5000);
    expect(lost.lines.split('\n')).toHaveLength(11);
    expect(lost.lines).toContain('… and 4,990 more');
  }));
