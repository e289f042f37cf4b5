/**
 * Where the data of GNU's sparse files goes, in all four formats: https://www.gnu.org/software/tar/manual/html_node/Sparse-Formats.html
 * and, for the old one, https://www.gnu.org/software/tar/manual/html_node/Standard.html
 */

import { DamagedArchive } from './damaged-archive.ts';
import { type Attributes, wholeNumber } from './pax.ts';

export interface Extent {
  readonly offset: number;
  readonly length: number;
}

/** So many are kept in memory. */
const MOST_EXTENTS = 200_000;
const BLOCK = 512;

/** The old format: the map is in the header and in blocks after it, which are taken by `next`. */
export async function readOldMap(
  header: Buffer,
  next: () => Promise<Buffer>,
): Promise<{ readonly size: number; readonly extents: readonly Extent[] | undefined }> {
  const extents = oldEntries(header, 386, 4);
  for (let extended = header[482] !== 0; extended; ) {
    const block = await next();
    if (extents.length < MOST_EXTENTS) extents.push(...oldEntries(block, 0, 21));
    extended = block[504] !== 0;
  }
  return { size: fieldOf(header, 483), extents: extents.length < MOST_EXTENTS ? extents : undefined };
}

function oldEntries(block: Buffer, start: number, most: number): Extent[] {
  const extents: Extent[] = [];
  for (let at = start; at < start + most * 24 && block[at] !== 0; at += 24) {
    extents.push({ offset: fieldOf(block, at), length: fieldOf(block, at + 12) });
  }
  return extents;
}

/** A number in a header: octal digits, or after a set first bit its bytes. */
export function fieldOf(block: Buffer, at: number): number {
  const field = block.subarray(at, at + 12);
  if ((field.readUInt8(0) & 0x80) !== 0) return wholeNumber(field.readBigUInt64BE(4).toString());
  return wholeNumber(String(Number.parseInt(field.toString('latin1').replace(/\0.*$/s, '').trim() || '0', 8)));
}

/** The formats of pax: the map is in the attributes, or before the data. `length`: of the map in the data. */
export async function readPaxMap(
  pax: Attributes,
  read: (most: number) => Promise<Buffer>,
): Promise<{ readonly extents: readonly Extent[] | undefined; readonly length: number }> {
  const inline = pax.get('GNU.sparse.map');
  if (inline !== undefined) return { extents: paired(inline.split(',').map(wholeNumber)), length: 0 };
  if (pax.get('GNU.sparse.major') !== '1') return { extents: undefined, length: 0 };
  return readMapBeforeData(read);
}

/** Format 1.0: a line with the number of extents, then two lines for each, up to the end of a block. */
async function readMapBeforeData(
  read: (most: number) => Promise<Buffer>,
): Promise<{ readonly extents: readonly Extent[] | undefined; readonly length: number }> {
  const numbers: number[] = [];
  let length = 0;
  let line = '';
  for (let wanted = 1; numbers.length < wanted; ) {
    for (let left = BLOCK; left > 0; ) {
      const piece = await read(left);
      if (piece.length === 0) throw new DamagedArchive('the map of a sparse file ends too early');
      left -= piece.length;
      length += piece.length;
      line += piece.toString('latin1');
    }
    const lines = line.split('\n');
    line = lines.pop() ?? '';
    for (const text of lines) if (numbers.length < wanted) wanted = add(numbers, text, wanted);
    if (wanted > 1 + 2 * MOST_EXTENTS || line.length > BLOCK) return { extents: undefined, length };
  }
  return { extents: paired(numbers.slice(1)), length };
}

/** Answers how many numbers there are. */
function add(numbers: number[], text: string, wanted: number): number {
  const number = wholeNumber(text);
  numbers.push(number);
  return numbers.length === 1 ? 1 + 2 * number : wanted;
}

function paired(numbers: readonly number[]): Extent[] {
  return Array.from({ length: Math.floor(numbers.length / 2) }, (_, at) => ({
    offset: numbers[2 * at] ?? 0,
    length: numbers[2 * at + 1] ?? 0,
  }));
}
