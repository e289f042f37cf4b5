/** Archives as a worker, or whoever writes to the bucket, could make them, and what unpacking them did to the runner. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { Below } from '../../src/files/below.ts';

import { type Unpacked, unpack } from '../../src/files/unpack.ts';

const PIECE = 64 * 1024;

/** How many members are missing or under other names, by what `unpack` says. */
export function said({ lost, left, changed }: Unpacked): number {
  return lost.count + left.count + changed.count;
}

export type Member = Partial<Header> & { readonly name: string; readonly text?: string };

export async function tarGz(...members: readonly Member[]): Promise<Buffer> {
  return gzipSync(await tar(...members));
}

export async function tar(...members: readonly Member[]): Promise<Buffer> {
  const packed = pack();
  for (const { text = '', ...header } of members) packed.entry(header, text);
  packed.finalize();
  return buffer(packed);
}

/** What a real tar makes of a folder's files. */
export function realTarGz(folder: string, ...flags: string[]): Buffer {
  return execFileSync('tar', ['-czf', '-', ...flags, '-C', folder, '.'], { maxBuffer: 2 ** 30 });
}

/** A runner's folder: results in `model`, beside a file that is the user's. Removed after the work. */
export async function onRunner<T>(work: (runner: Runner) => Promise<T>): Promise<T> {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'runner-')));
  writeFileSync(join(path, 'mine'), 'mine');
  mkdirSync(join(path, 'out'));
  try {
    return await work(new Runner(path));
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

export class Runner {
  readonly path: string;
  readonly model: string;

  constructor(path: string) {
    this.path = path;
    this.model = join(path, 'out', 'model');
  }

  unpack(archive: Buffer | Readable): Promise<Unpacked> {
    const stream = Buffer.isBuffer(archive) ? Readable.from(piecesOf(archive)) : archive;
    return unpack(stream, new Below(join(this.path, 'out')).emptied('model'), 'model.tar.gz');
  }

  /** What is there outside of the results, and links of theirs that lead to it. */
  get strange(): string[] {
    const outside = readdirSync(this.path).filter((name) => !['mine', 'out'].includes(name));
    const beside = readdirSync(join(this.path, 'out')).filter((name) => name !== 'model');
    const leading = this.#entries.filter((path) => lstatSync(path).isSymbolicLink() && leadsOut(path, this.model));
    const hard = lstatSync(join(this.path, 'mine')).nlink > 1 ? ['a hard link'] : [];
    return [...outside, ...beside, ...hard, ...leading.map((path) => relative(this.path, path))];
  }

  /** Paths whose mode has set-uid, set-gid or sticky. */
  get privileged(): string[] {
    return this.#entries.filter((path) => !lstatSync(path).isSymbolicLink() && (lstatSync(path).mode & 0o7000) !== 0);
  }

  /** Relative path → size. */
  get files(): Map<string, number> {
    return new Map(this.#entries.map((path) => [relative(this.model, path), lstatSync(path).size]));
  }

  get #entries(): string[] {
    return below(this.model);
  }
}

/** Links are not followed. */
function below(path: string): string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const found = join(path, entry.name);
    return entry.isDirectory() ? [found, ...below(found)] : [found];
  });
}

function leadsOut(link: string, folder: string): boolean {
  try {
    return !`${realpathSync(link)}/`.startsWith(`${folder}/`);
  } catch {
    return false;
  }
}

/** As from a network. */
function piecesOf(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / PIECE) }, (_, at) =>
    bytes.subarray(at * PIECE, (at + 1) * PIECE),
  );
}

/** The archive's bytes while they are made: as large as one likes. `level` of gzip: 0 for data that gets no smaller. */
export function streamed(
  fill: (add: (header: Partial<Header> & { name: string }, data?: Iterable<Buffer>) => Promise<void>) => Promise<void>,
  level = 1,
): Readable {
  const packed = pack();
  const add = async (header: Partial<Header> & { name: string }, data: Iterable<Buffer> = []): Promise<void> => {
    const sink = packed.entry(header);
    const ended = finished(sink);
    for (const piece of data) if (!sink.write(piece)) await once(sink, 'drain');
    sink.end('');
    await ended;
  };
  fill(add).then(
    () => packed.finalize(),
    (error: Error) => packed.destroy(error),
  );
  return pipeline(gathered(packed as AsyncIterable<Buffer>), createGzip({ level }), () => {});
}

/** In larger pieces: gzip takes as long for the 512 bytes of a header as for 64 KiB. */
async function* gathered(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let size = 0;
  for await (const piece of pieces) {
    held.push(piece);
    size += piece.length;
    if (size < PIECE) continue;
    yield Buffer.concat(held);
    [held, size] = [[], 0];
  }
  yield Buffer.concat(held);
}
