/** Computes the SHA-256 of files. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { each } from '../core/concurrency.ts';
import { ActionError } from '../core/errors.ts';
import type { HashedFile, LocalFile } from '../core/local-file.ts';

/** A file of at most this many bytes is read at once. */
const ONE_READ = 1024 * 1024;
const AT_ONCE = 8;

/** Hashes files. The result has the same order. */
export type HashFiles = (files: readonly LocalFile[]) => Promise<readonly HashedFile[]>;

/** Returns the files with their hashes. Calls `onBytes` with the number of bytes read. */
export async function hashFiles(
  files: readonly LocalFile[],
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<HashedFile[]> {
  return each(signal, files, AT_ONCE, async (file, signal) => ({
    ...file,
    sha256: await hashFile(file, onBytes, signal),
  }));
}

async function hashFile(file: LocalFile, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const take = (bytes: Uint8Array): void => {
    hash.update(bytes);
    onBytes(bytes.length);
  };
  try {
    if (file.size <= ONE_READ) take(await readFile(file.absolute));
    else for await (const chunk of createReadStream(file.absolute, { highWaterMark: ONE_READ, signal })) take(chunk);
  } catch (error) {
    signal.throwIfAborted();
    throw new ActionError(
      `The file ${file.absolute} cannot be read: ${(error as Error).message}`,
      'Check its permissions, and let no other process change the files while the step runs.',
      { cause: error },
    );
  }
  return hash.digest('hex');
}
