/** Whether compression is worth the time: by a sample of what is in the files, whatever they are called. */
import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isCompressible } from '../../src/files/compressible.ts';
import { testFolder } from './folder.ts';

const folder = testFolder();
const MIB = 1024 * 1024;
const random = (bytes: number): Buffer => randomBytes(bytes);
const text = (bytes: number): Buffer =>
  Buffer.from('epoch,loss\n1,0.25\n'.repeat(Math.ceil(bytes / 18))).subarray(0, bytes);
/** Weights as 32-bit floats of one size: their exponents are alike, which a compressor uses. */
const floats = (bytes: number): Buffer => {
  const values = new Float32Array(bytes / 4).map(() => (Math.random() - 0.5) / 50);
  return Buffer.from(values.buffer);
};

async function judged(files: Readonly<Record<string, Buffer>>): Promise<boolean> {
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder.path, name), bytes);
  return isCompressible(readdirSync(folder.path).map((name) => join(folder.path, name)));
}

describe('files', () => {
  it.each<[string, Record<string, Buffer>, boolean]>([
    ['none', {}, true],
    ['an empty one', { a: Buffer.alloc(0) }, true],
    ['text', { 'a.gz': text(3 * MIB) }, true],
    ['random bytes', { 'a.txt': random(3 * MIB) }, false],
    ['a little of random bytes', { a: random(1000) }, true],
    ['an archive', { 'model.bin': gzipSync(random(2 * MIB)) }, false],
    ['an archive and much less text', { a: gzipSync(random(4 * MIB)), b: text(MIB / 16) }, false],
    ['an archive and as much text', { a: random(2 * MIB), b: text(2 * MIB) }, true],
    [
      'many small files of random bytes',
      Object.fromEntries([...Array(60)].map((_, at) => [`f${at}`, random(40_000)])),
      false,
    ],
    ['weights', { 'model.safetensors': floats(2 * MIB) }, true],
    ['zeros', { a: Buffer.alloc(2 * MIB) }, true],
  ])('that are %s', async (_what, files, expected) => {
    expect(await judged(files)).toBe(expected);
  });
  it('that are gone by now do not count', async () => {
    writeFileSync(join(folder.path, 'a'), random(2 * MIB));
    expect(await isCompressible([join(folder.path, 'a'), join(folder.path, 'gone')])).toBe(false);
  });
});
