/** Reads files to upload, and fails if another process changes them meanwhile. */
import { createHash, hash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ActionError } from '../core/errors.ts';
import type { HashedFile, LocalFile } from '../core/local-file.ts';

const MIB = 1024 * 1024;

/** An open file. The caller that opened it closes it. */
export class OpenFile {
  readonly #file: HashedFile;
  readonly #handle: FileHandle;

  constructor(file: HashedFile, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  get size(): number {
    return this.#file.size;
  }

  /** The SHA-256 of a part in Base64, as it was when the file was hashed. `number`: from 1. */
  checksum(number: number): string {
    const checksum = this.#file.parts?.[number - 1];
    if (checksum === undefined) throw new Error(`${this.#file.absolute} has no part ${number}.`);
    return checksum;
  }

  /** Fills the buffer with what the file has from `start` on. Throws an ActionError if the file has become shorter. */
  async read(start: number, into: Uint8Array): Promise<void> {
    for (let at = 0; at < into.length; ) {
      const { bytesRead } = await this.#handle.read(into, at, into.length - at, start + at);
      if (bytesRead === 0) throw this.changed();
      at += bytesRead;
    }
  }

  /** Throws an ActionError if size or time differ from the listing. */
  async assertUnchanged(): Promise<void> {
    const { size, mtimeMs } = await this.#handle.stat();
    if (size !== this.#file.size || mtimeMs !== this.#file.modified) throw this.changed();
  }

  changed(): ActionError {
    return changed(this.#file);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** `file`: of several parts. */
export async function openFile(file: HashedFile): Promise<OpenFile> {
  return new OpenFile(file, await open(file.absolute));
}

/**
 * The bytes of a file of one part. Throws an ActionError if they are not the bytes that were hashed. Synchronous: a thread for
 * each small file would take longer than the read.
 */
export function readUnchanged(file: HashedFile): Uint8Array {
  const bytes = readFileSync(file.absolute);
  if (hash('sha256', bytes) !== file.sha256) throw changed(file);
  return bytes;
}

/** The MD5 of a file in hex digits: S3's ETag if the object was sent in one request. */
export async function md5Of(file: LocalFile, signal: AbortSignal): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(file.absolute, { highWaterMark: MIB, signal }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function changed(file: LocalFile): ActionError {
  return new ActionError(
    `The file ${file.absolute} was changed during its upload.`,
    'Run the step again, and let no other process write to the inputs meanwhile.',
  );
}
