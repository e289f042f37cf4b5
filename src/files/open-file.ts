/** Reads files to upload, and fails if another process changes them meanwhile. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { ActionError } from '../core/errors.ts';
import type { HashedFile, LocalFile } from '../core/local-file.ts';

const MIB = 1024 * 1024;

/** An open file. The caller that opened it closes it. */
export class OpenFile {
  readonly #file: LocalFile;
  readonly #handle: FileHandle;

  constructor(file: LocalFile, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  get size(): number {
    return this.#file.size;
  }

  /** Throws an ActionError if the file has become shorter. */
  async read(start: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let at = 0; at < length; ) {
      const { bytesRead } = await this.#handle.read(bytes, at, length - at, start + at);
      if (bytesRead === 0) throw changed(this.#file);
      at += bytesRead;
    }
    return bytes;
  }

  /** Throws an ActionError if size or time differ from the listing. */
  async assertUnchanged(): Promise<void> {
    const { size, mtimeMs } = await this.#handle.stat();
    if (size !== this.#file.size || mtimeMs !== this.#file.modified) throw changed(this.#file);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

export async function openFile(file: LocalFile): Promise<OpenFile> {
  return new OpenFile(file, await open(file.absolute));
}

/** The bytes of a small file. Throws an ActionError if they are not the bytes that were hashed. */
export async function readUnchanged(file: HashedFile): Promise<Uint8Array> {
  const bytes = await readFile(file.absolute);
  if (createHash('sha256').update(bytes).digest('hex') !== file.sha256) throw changed(file);
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
