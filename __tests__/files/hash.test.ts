/** What the files hold, told by sha256sum. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ActionError } from '../../src/core/errors.ts';
import { hashFiles } from '../../src/files/hash.ts';
import { listData } from '../../src/files/tree.ts';
import { testFolder } from './folder.ts';

const folder = testFolder();
const NEVER = new AbortController().signal;

describe('hashes', () => {
  it('are of the contents, in the order of the files', async () => {
    const names = Array.from({ length: 50 }, (_, at) => `f${at}`);
    folder.write(Object.fromEntries(names.map((name, at) => [name, 'x'.repeat(at * 50_000)])));
    const read: number[] = [];
    const hashed = await hashFiles(await listData(folder.path), (bytes) => read.push(bytes), NEVER);
    const lines = execFileSync(
      'sha256sum',
      hashed.map(({ path }) => path),
      { cwd: folder.path, encoding: 'utf8' },
    );
    expect(hashed.map(({ path, sha256 }) => `${sha256}  ${path}`)).toEqual(lines.trim().split('\n'));
    expect(read.reduce((sum, bytes) => sum + bytes, 0)).toBe(hashed.reduce((sum, { size }) => sum + size, 0));
  });
  it('are none for no files', async () => {
    expect(await hashFiles([], () => undefined, NEVER)).toEqual([]);
  });
  it('of a file that went away are an error that names it', async () => {
    folder.write({ here: 'x', 'gone soon': 'x' });
    const files = await listData(folder.path);
    rmSync(join(folder.path, 'gone soon'));
    const hashing = hashFiles(files, () => undefined, NEVER);
    await expect(hashing).rejects.toThrow(ActionError);
    await expect(hashing).rejects.toThrow('gone soon cannot be read: ENOENT');
  });
  it.each([10, 2_000_000])('end with the step, at files of %i bytes', async (size) => {
    folder.write({ a: 'x'.repeat(size) });
    const files = await listData(folder.path);
    const reason = new Error('cancelled');
    await expect(hashFiles(files, () => undefined, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
