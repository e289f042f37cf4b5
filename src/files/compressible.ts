/** Whether files become smaller by compression, judged by a sample of their bytes. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';

/** Of so many of the largest files, a piece of this many bytes from the middle of each. */
const FILES = 16;
const PIECE = 256 * 1024;
/** Less is compressed in no time. */
const SMALL = 1024 * 1024;
/** What keeps more than this part of its size is not worth the time: compressed archives, images, random weights. */
const WORTHWHILE = 0.95;

/** `paths`: of files that can be read. */
export async function isCompressible(paths: Iterable<string>): Promise<boolean> {
  const largest: { readonly path: string; readonly size: number }[] = [];
  let total = 0;
  for (const path of paths) {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size === 0) continue;
    total += size;
    largest.push({ path, size });
    if (largest.length >= 2 * FILES) keepLargest(largest);
  }
  if (total < SMALL) return true;
  keepLargest(largest);
  // Each file counts as much as it has bytes: a large archive is not outweighed by small texts.
  const parts = await Promise.all(
    largest.map(async ({ path, size }) => {
      const piece = pieceOf(path, size);
      const kept = (await promisify(deflate)(piece)).length / piece.length;
      return { size, kept: size * Math.min(kept, 1) };
    }),
  );
  const sum = (of: (part: (typeof parts)[number]) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  return sum(({ kept }) => kept) <= WORTHWHILE * sum(({ size }) => size);
}

function keepLargest(files: { readonly size: number }[]): void {
  files.sort((a, b) => b.size - a.size).splice(FILES);
}

function pieceOf(path: string, size: number): Buffer {
  const piece = Buffer.allocUnsafe(Math.min(PIECE, size));
  const fd = openSync(path, 'r');
  try {
    const read = readSync(fd, piece, 0, piece.length, Math.floor((size - piece.length) / 2));
    return piece.subarray(0, read);
  } finally {
    closeSync(fd);
  }
}
