/**
 * Finds Git LFS pointers: the small text files that a checkout without LFS has in place of the real ones.
 * https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { LocalFile } from '../core/local-file.ts';

/** Every pointer begins with this line, and has less than 1,024 bytes. Older ones name an earlier address of the same page. */
const BEGINNING = /^version https:\/\/(?:git-lfs\.github\.com|hawser\.github\.com)\/spec\/v1\r?\n/;
const SHORTEST = 'version https://hawser.github.com/spec/v1\n'.length;
const LONGEST = 1023;
const READ = 64;
/** So many files are read before the step handles signals again. */
const SLICE = 500;

/**
 * The files that are pointers. Reads the first bytes of files of a pointer's size, and nothing of the others. A file that
 * cannot be opened does not count as a pointer: what reads it later reports it.
 */
export async function lfsPointers(files: readonly LocalFile[]): Promise<LocalFile[]> {
  const small = files.filter(({ size }) => size >= SHORTEST && size <= LONGEST);
  const bytes = Buffer.alloc(READ);
  const found: LocalFile[] = [];
  for (const [at, file] of small.entries()) {
    if (at % SLICE === SLICE - 1) await setImmediate();
    if (BEGINNING.test(beginning(file.absolute, bytes))) found.push(file);
  }
  return found;
}

/** Synchronous, because a thread for each small file would take ten times as long as the read. */
function beginning(path: string, bytes: Buffer): string {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY);
    return bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0));
  } catch {
    return '';
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
