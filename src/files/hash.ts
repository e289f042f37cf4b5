/** The SHA-256 of files' contents. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ActionError } from '../task/errors.ts';
import type { HashedFile, LocalFile } from '../task/sync.ts';

/** Files up to this many bytes are hashed in one go. */
const ONE_READ = 1024 * 1024;
const AT_ONCE = 8;

/** The files with their hashes; `onBytes` is told of what was read. */
export async function hashFiles(
  files: readonly LocalFile[],
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<HashedFile[]> {
  const hashed: HashedFile[] = [];
  const queue = files.entries();
  const worker = async (): Promise<void> => {
    for (const [index, file] of queue) {
      signal.throwIfAborted();
      hashed[index] = { ...file, sha256: await hashFile(file, onBytes, signal) };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return hashed;
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
      `${file.absolute} cannot be read: ${(error as Error).message}`,
      "Look at its permissions, and let nothing change the step's files while it runs.",
      { cause: error },
    );
  }
  return hash.digest('hex');
}
