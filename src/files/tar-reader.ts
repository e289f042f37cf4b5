/**
 * The members of a tar archive, one after the other while its bytes arrive; only one header and one piece are in memory. Read are
 * ustar, pax and GNU, and GNU's sparse files: https://www.gnu.org/software/tar/manual/html_node/Sparse-Formats.html
 */
import { Header } from 'tar';
import type { Bytes } from './bytes.ts';
import { DamagedArchive } from './damaged-archive.ts';
import { decodeName } from './file-names.ts';
import { type Attributes, parsePax, wholeNumber } from './pax.ts';
import { type Extent, fieldOf, readOldMap, readPaxMap } from './sparse.ts';

const BLOCK = 512;
const SIZE = 124;
const TYPE = 156;
/** https://www.gnu.org/software/tar/manual/html_node/Standard.html */
const NAME = { at: 0, length: 100 };
const LINK = { at: 157, length: 100 };
const PREFIX = { at: 345, length: 155 };
const MAGIC = 257;
/** Has no data, whatever size some programs write there. */
const FOLDER = '5'.charCodeAt(0);
/** Names and pax attributes of one member. */
const LARGEST_META = 2 ** 20;

export interface Member {
  readonly path: string;
  readonly type: Header['type'];
  readonly linkpath: string;
  readonly mode: number;
  readonly mtime: Date | undefined;
  /** Bytes, with the holes. */
  readonly size: number;
  /** Where the data goes, in order; undefined where the member's own map of its holes is wrong. */
  readonly extents: readonly Extent[] | undefined;
  /** Up to so many of the next bytes of the data; none at its end. */
  read(most: number): Promise<Buffer>;
}

/** What comes before a member's own header. */
interface Before {
  readonly pax: Attributes;
  readonly path: string | undefined;
  readonly linkpath: string | undefined;
}

/** Throws a DamagedArchive. What is not read of a member is skipped. */
export async function* readMembers(bytes: Bytes): AsyncGenerator<Member> {
  let global: Attributes = new Map();
  let before: Before = { pax: new Map(), path: undefined, linkpath: undefined };
  for (let block = await headerBlock(bytes); block !== undefined; block = await headerBlock(bytes)) {
    const header = decode(block);
    const size = header.size ?? 0;
    switch (header.type) {
      case 'GlobalExtendedHeader':
        global = new Map([...global, ...parsePax(await meta(bytes, size))]);
        break;
      case 'ExtendedHeader':
      case 'OldExtendedHeader':
        before = { ...before, pax: parsePax(await meta(bytes, size)) };
        break;
      case 'NextFileHasLongPath':
      case 'OldGnuLongPath':
        before = { ...before, path: longName(await meta(bytes, size)) };
        break;
      case 'NextFileHasLongLinkpath':
        before = { ...before, linkpath: longName(await meta(bytes, size)) };
        break;
      case 'TapeVolumeHeader':
        await bytes.skip(padded(size));
        break;
      default:
        yield* member(bytes, block, header, { ...before, pax: new Map([...global, ...before.pax]) });
        before = { pax: new Map(), path: undefined, linkpath: undefined };
    }
  }
}

async function* member(bytes: Bytes, block: Buffer, header: Header, { pax, ...long }: Before): AsyncGenerator<Member> {
  const stored = block[TYPE] === FOLDER ? 0 : (number(pax, 'size') ?? fieldOf(block, SIZE));
  const path = pax.get('GNU.sparse.name') ?? pax.get('path') ?? long.path ?? nameIn(block, header.path);
  let left = stored;
  const read = async (most: number): Promise<Buffer> => {
    const piece = left === 0 ? Buffer.alloc(0) : await bytes.some(Math.min(left, most));
    if (left > 0 && piece.length === 0) throw new DamagedArchive('it ends within a member');
    left -= piece.length;
    return piece;
  };
  const { size, extents } = await holes(bytes, block, header, pax, stored, read);
  yield {
    path,
    type: header.type === 'File' && path.endsWith('/') ? 'Directory' : header.type,
    linkpath: pax.get('linkpath') ?? long.linkpath ?? fieldIn(block, LINK, header.linkpath),
    mode: header.mode ?? 0o644,
    mtime: timeOf(pax.get('mtime')) ?? header.mtime,
    size,
    extents,
    read,
  };
  await bytes.skip(left + padded(stored) - stored);
}

/** The file's size, and where its data goes. */
async function holes(
  bytes: Bytes,
  block: Buffer,
  { type }: Header,
  pax: Attributes,
  stored: number,
  read: (most: number) => Promise<Buffer>,
): Promise<{ readonly size: number; readonly extents: readonly Extent[] | undefined }> {
  if (type === 'SparseFile') {
    const { size, extents } = await readOldMap(block, () => blockOf(bytes));
    return { size, extents: fitting(extents, size, stored) };
  }
  const size = number(pax, 'GNU.sparse.realsize') ?? number(pax, 'GNU.sparse.size');
  if (size === undefined) return { size: stored, extents: [{ offset: 0, length: stored }] };
  const { extents, length } = await readPaxMap(pax, read);
  return { size, extents: fitting(extents, size, stored - length) };
}

/** The extents, where they follow each other, end within the file and take all of the data. */
function fitting(extents: readonly Extent[] | undefined, size: number, data: number): readonly Extent[] | undefined {
  let end = 0;
  let sum = 0;
  for (const { offset, length } of extents ?? []) {
    if (!Number.isSafeInteger(offset + length) || length < 0 || offset < end) return undefined;
    end = offset + length;
    sum += length;
  }
  return end <= size && sum === data ? extents : undefined;
}

/** The next header's block; undefined at the end: two empty blocks, or no more bytes. */
async function headerBlock(bytes: Bytes): Promise<Buffer | undefined> {
  for (let empty = 0; empty < 2; empty += 1) {
    const block = await bytes.exactly(BLOCK);
    if (block === undefined) return undefined;
    if (block.length < BLOCK) throw new DamagedArchive('it ends within a header');
    if (block.some((byte) => byte !== 0)) return block;
  }
  return undefined;
}

async function blockOf(bytes: Bytes): Promise<Buffer> {
  const block = await bytes.exactly(BLOCK);
  if (block?.length !== BLOCK) throw new DamagedArchive('it ends within a header');
  return block;
}

function decode(block: Buffer): Header {
  let header: Header;
  try {
    header = new Header(block);
  } catch (cause) {
    throw new DamagedArchive('a header in it is not one of tar', { cause });
  }
  if (!header.cksumValid) throw new DamagedArchive('a header in it is not one of tar');
  return header;
}

async function meta(bytes: Bytes, size: number): Promise<Buffer> {
  if (size > LARGEST_META) throw new DamagedArchive('the name or the attributes of a member are longer than 1 MiB');
  const text = await bytes.exactly(padded(size));
  if (size > 0 && text?.length !== padded(size)) throw new DamagedArchive('it ends within a header');
  return text?.subarray(0, size) ?? Buffer.alloc(0);
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

function longName(text: Buffer): string {
  const end = text.indexOf(0);
  return decodeName(end < 0 ? text : text.subarray(0, end));
}

/** The library has U+FFFD for bytes that are not UTF-8: then the header's own bytes are read. */
function nameIn(block: Buffer, read = ''): string {
  if (!read.includes('\ufffd')) return read;
  const prefix = block.toString('latin1', MAGIC, MAGIC + 8) === 'ustar\u000000' ? fieldIn(block, PREFIX) : '';
  return `${prefix === '' ? '' : `${prefix}/`}${fieldIn(block, NAME)}`;
}

function fieldIn(
  block: Buffer,
  { at, length }: { readonly at: number; readonly length: number },
  read?: string,
): string {
  return read?.includes('\ufffd') === false ? read : longName(block.subarray(at, at + length));
}

function number(pax: Attributes, name: string): number | undefined {
  const text = pax.get(name);
  return text === undefined ? undefined : wholeNumber(text);
}

function timeOf(seconds: string | undefined): Date | undefined {
  return seconds === undefined ? undefined : new Date(Number(seconds) * 1000);
}
