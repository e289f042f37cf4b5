/**
 * Unpacks what came from a worker. Whatever its members are called or link to, nothing is written outside the folder; what
 * cannot be unpacked is named; and what would fill the disk is not unpacked to its end.
 */
import { closeSync, ftruncateSync, futimesSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, type ZlibOptions } from 'node:zlib';
import { ActionError } from '../core/errors.ts';
import { size as shown } from '../core/format.ts';
import { linkText, targetOf } from './archive-links.ts';
import type { Below } from './below.ts';
import { Bytes, inPieces } from './bytes.ts';
import { DamagedArchive } from './damaged-archive.ts';
import { LinkCopies } from './link-copies.ts';
import { NamedFew } from './named-few.ts';
import { Places } from './places.ts';
import { isDiskFull, notWritable, RefusedName, reasonOf } from './refused.ts';
import { Room } from './room.ts';
import type { Extent } from './sparse.ts';
import { type Member, readMembers } from './tar-reader.ts';

/**
 * Up to so many bytes, any archive is unpacked. Above, one that unpacks to so many times its own size is a bomb: weights,
 * text and a million small files stay below 100, and 1000 is about the most that gzip reaches.
 */
export const BOMB = { bytes: 2 ** 30, ratio: 200 } as const;

/** What is unpacked in pieces of this size. */
const PIECE = 256 * 1024;
/** So many packed bytes are unpacked at once, by a thread of their own: each time costs. */
const PACKED_PIECE = 512 * 1024;
/** What was unpacked ahead of its being written. */
const AHEAD = 4 * PIECE;

/** What became of members that could not be unpacked as they are. */
export interface Unpacked {
  /** Files and folders that are missing. */
  readonly lost: NamedFew;
  /** Links that lead out of the folder or, where links are copied, to nothing; devices and pipes. */
  readonly left: NamedFew;
  /** Under other names, which are possible here and are no other member's. */
  readonly changed: NamedFew;
}

/** Where the members go. */
interface Target {
  readonly folder: Below;
  readonly room: Room;
  readonly places: Places;
  readonly home: string | undefined;
  /** Where the platform has no links for everyone. */
  readonly copies: LinkCopies | undefined;
}

/**
 * Unpacks a tar.gz into the empty folder. Throws a DamagedArchive where it cannot be read to its end, an ActionError where it
 * does not fit on the disk. `name`: what messages call it. `home`: the folder on the worker that it was made of, which an
 * absolute link may name.
 */
export async function unpack(archive: Readable, folder: Below, name: string, home?: string): Promise<Unpacked> {
  const room = new Room(folder.path, name);
  const places = new Places(folder.platform, folder.path);
  const copies = folder.platform === 'win32' ? new LinkCopies(folder, room) : undefined;
  const target = { folder, room, places, home, copies };
  const [lost, left] = [new NamedFew(), new NamedFew()];
  let packed = 0;
  let unpacked = 0;
  try {
    await pipeline(
      archive,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const piece of inPieces(chunks, PACKED_PIECE)) {
          packed += piece.length;
          yield piece;
        }
      },
      createGunzip({ chunkSize: PIECE, readableHighWaterMark: AHEAD } as ZlibOptions),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          unpacked += chunk.length;
          if (unpacked > BOMB.bytes && unpacked > BOMB.ratio * packed) throw new DamagedArchive(bomb(packed, unpacked));
          yield chunk;
        }
      },
      async (chunks: AsyncIterable<Buffer>) => {
        const bytes = new Bytes(chunks);
        for await (const member of readMembers(bytes)) {
          // What one member cannot be does not keep the others from being unpacked.
          const list = WITHOUT_CONTENT.has(member.type) ? left : lost;
          await orName(list, member.path, folder, () => make(member, target));
        }
        // What comes after the end is not read, but its checksum is.
        await bytes.skip(Number.POSITIVE_INFINITY);
        if (unpacked === 0) throw new DamagedArchive('it is empty');
      },
    );
  } catch (error) {
    throw asDamaged(error);
  }
  copies?.make((at, error) => note(left, at, folder, error));
  return { lost, left, changed: places.changed };
}

const WITHOUT_CONTENT: ReadonlySet<Member['type']> = new Set([
  'SymbolicLink',
  'Link',
  'CharacterDevice',
  'BlockDevice',
  'FIFO',
]);

async function orName(list: NamedFew, name: string, folder: Below, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    note(list, name, folder, error);
  }
}

/** Puts it on the list, if it is this one member that is wrong. */
function note(list: NamedFew, name: string, folder: Below, error: unknown): void {
  if (isDiskFull(error)) throw notWritable(folder.path, error);
  if (error instanceof DamagedArchive || error instanceof ActionError) throw error;
  list.add(name, reasonOf(error));
}

async function make(member: Member, target: Target): Promise<void> {
  const { folder, places } = target;
  switch (member.type) {
    case 'File':
    case 'OldFile':
    case 'ContiguousFile':
    case 'SparseFile':
      return write(member, target);
    case 'Directory':
    case 'GNUDumpDir':
      return folder.folder(places.folder(member.path));
    case 'SymbolicLink':
      return link(member, target);
    case 'Link':
      return hardLink(member, target);
    case 'CharacterDevice':
    case 'BlockDevice':
      throw new RefusedName('it is a device');
    case 'FIFO':
      throw new RefusedName('it is a pipe');
    default:
      throw new RefusedName('it is neither a file nor a folder');
  }
}

function link({ path, linkpath }: Member, { folder, places, home, copies }: Target): void {
  const target = targetOf(path, linkpath, home);
  if (target === undefined) throw new RefusedName('it is a link that leads out of the folder');
  const to = places.find(target);
  const at = places.file(path);
  if (copies === undefined) folder.symlink(at, linkText(at, to));
  else copies.add(at, to);
}

function hardLink({ path, linkpath }: Member, { folder, room, places, copies }: Target): void {
  const to = places.find(linkpath);
  const at = places.file(path);
  room.takeHoles(folder.hardLink(at, to));
  copies?.forget(at);
}

/**
 * Writes a file whole, or leaves none. Of its mode, set-uid, set-gid and sticky are left out; its owner can read and write it,
 * whatever the worker could.
 */
async function write(member: Member, { folder, room, places, copies }: Target): Promise<void> {
  const { mode, size, extents } = member;
  if (extents === undefined) throw new RefusedName('what it says of its holes is wrong, or too long');
  const data = extents.reduce((sum, { length }) => sum + length, 0);
  room.takeHoles(size - data);
  room.take(data);
  const path = places.file(member.path);
  const file = folder.file(path, (mode & 0o777) | 0o600);
  copies?.forget(path);
  try {
    try {
      await fill(file, member, extents);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    folder.remove(path);
    throw error;
  }
}

async function fill(file: number, { size, mtime, read }: Member, extents: readonly Extent[]): Promise<void> {
  let end = 0;
  for (const { offset, length } of extents) {
    for (let done = 0; done < length; ) {
      const piece = await read(length - done);
      for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at, piece.length - at, offset + done + at);
      done += piece.length;
      end = offset + done;
    }
  }
  if (end < size) ftruncateSync(file, size);
  if (mtime !== undefined && Number.isFinite(mtime.getTime())) futimesSync(file, mtime, mtime);
}

function bomb(packed: number, unpacked: number): string {
  const times = Math.floor(unpacked / packed);
  return `it unpacks to more than ${times} times its size: it was ended at ${shown(unpacked)} from ${shown(packed)}`;
}

/** zlib's codes: https://nodejs.org/api/zlib.html#error-codes-and-constants */
function asDamaged(error: unknown): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'Z_BUF_ERROR':
      return new DamagedArchive('it ends too early', { cause: error });
    case 'Z_DATA_ERROR':
      return new DamagedArchive('it is not gzip, or its bytes were changed', { cause: error });
    default:
      return error;
  }
}
