/** Computes the SHA-256 of files. */
import { createHash, hash, subtle } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { each, Turns } from '../core/concurrency.ts';
import { ActionError } from '../core/errors.ts';
import type { HashedFile, LocalFile } from '../core/local-file.ts';
import { type FilePart, partsOf, SMALLEST_PART } from '../core/parts.ts';

/** A file of at most this many bytes is read synchronously: a thread for each small file would take longer than the read. */
const ONE_READ = 1024 * 1024;
/** As many as Node has threads for it. */
const PARTS_AT_ONCE = 4;

/** Hashes files. The result has the same order. */
export type HashFiles = (files: readonly LocalFile[]) => Promise<readonly HashedFile[]>;

/** Returns the files with their hashes. Calls `onBytes` with the number of bytes read. */
export async function hashFiles(
  files: readonly LocalFile[],
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<HashedFile[]> {
  const large = await hashLarge(
    files.filter((file) => !isSmall(file)),
    onBytes,
    signal,
  );
  const buffer = Buffer.allocUnsafeSlow(ONE_READ + 1);
  const turns = new Turns();
  const hashed: HashedFile[] = [];
  for (const file of files) {
    if (turns.isOver) await turns.pass(signal);
    signal.throwIfAborted();
    const { path, absolute, size, modified, executable } = file;
    const found = large.get(file) ?? { sha256: hashSmall(file, buffer, onBytes) };
    hashed.push({ path, absolute, size, modified, executable, ...found });
  }
  return hashed;
}

function isSmall({ size }: LocalFile): boolean {
  return size <= ONE_READ;
}

/** Also of a file that has become longer. */
function hashSmall(file: LocalFile, buffer: Buffer, onBytes: (bytes: number) => void): string {
  try {
    const opened = openSync(file.absolute, 'r');
    try {
      const read = (): Buffer => {
        // A byte more than such a file has room for: so the length shows whether it ends there.
        const length = readSync(opened, buffer, 0, buffer.length, -1);
        onBytes(length);
        return buffer.subarray(0, length);
      };
      const first = read();
      if (first.length === file.size) return hash('sha256', first);
      const whole = createHash('sha256').update(first);
      for (let more = read(); more.length > 0; more = read()) whole.update(more);
      return whole.digest('hex');
    } finally {
      closeSync(opened);
    }
  } catch (error) {
    throw unreadable(file, error);
  }
}

type Hash = Pick<HashedFile, 'sha256' | 'parts'>;

async function hashLarge(
  files: readonly LocalFile[],
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<ReadonlyMap<LocalFile, Hash>> {
  const parts = files.flatMap((file) => partsOf(file.size).map((part) => ({ file, part })));
  const buffers: Buffer[] = [];
  const digests = await each(signal, parts, PARTS_AT_ONCE, async ({ file, part }, signal) => {
    const buffer = buffers.pop() ?? Buffer.allocUnsafeSlow(SMALLEST_PART);
    try {
      return await hashPart(file, part, buffer, onBytes, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw unreadable(file, error);
    } finally {
      buffers.push(buffer);
    }
  });
  const hashes = new Map<LocalFile, Hash>();
  for (let at = 0; at < parts.length; ) {
    const { file } = parts[at] as (typeof parts)[number];
    const own = digests.slice(at, at + partsOf(file.size).length);
    hashes.set(file, joined(own));
    at += own.length;
  }
  return hashes;
}

/** A part that fits into the buffer is hashed by another thread. */
async function hashPart(
  file: LocalFile,
  { start, length }: FilePart,
  buffer: Buffer,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Buffer> {
  const opened = await open(file.absolute);
  try {
    const whole = createHash('sha256');
    for (let at = 0; at < length; ) {
      signal.throwIfAborted();
      const bytes = buffer.subarray(0, Math.min(buffer.length, length - at));
      await readFully(opened, bytes, start + at);
      onBytes(bytes.length);
      if (bytes.length === length) return Buffer.from(await subtle.digest('SHA-256', bytes));
      whole.update(bytes);
      at += bytes.length;
    }
    return whole.digest();
  } finally {
    await opened.close();
  }
}

function joined(digests: readonly Buffer[]): Hash {
  const [only, second] = digests;
  if (only !== undefined && second === undefined) return { sha256: only.toString('hex') };
  const sha256 = hash('sha256', Buffer.concat(digests));
  return { sha256: `${sha256}-${digests.length}`, parts: digests.map((digest) => digest.toString('base64')) };
}

/** Throws an error if the file ends before. */
async function readFully(file: FileHandle, bytes: Buffer, start: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
    if (bytesRead === 0) throw new Error('it has become shorter');
    at += bytesRead;
  }
}

function unreadable({ absolute }: LocalFile, cause: unknown): ActionError {
  return new ActionError(
    `The file ${absolute} cannot be read: ${(cause as Error).message}`,
    'Check its permissions, and let no other process change the files while the step runs.',
    { cause },
  );
}
