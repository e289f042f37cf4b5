/** The files that scenarios send: checkouts of a git repository, large files, a model as SageMaker leaves it. */
import { execFileSync } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

const MIB = 2 ** 20;
const FILES_IN_A_FOLDER = 500;
const IDENTITY = ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', '-c', 'gc.auto=0'];

/** A repository in the folder: `train.py`, and `data/` with so many files of so many bytes, of which no two are equal if they have room. */
export function makeRepository(folder: string, files: number, bytes: number): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'train.py'), 'print("trained")\n');
  for (let at = 0; at < files; at += 1) {
    const file = dataFile(folder, at);
    if (at % FILES_IN_A_FOLDER === 0) mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, noise(`file ${at}`, bytes));
  }
  git(folder, 'init', '--quiet', '--initial-branch=main');
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '--message=data');
}

/** The path of one of the files of `data/`. */
export function dataFile(folder: string, at: number): string {
  return join(folder, 'data', `part-${Math.trunc(at / FILES_IN_A_FOLDER)}`, `file-${at}.bin`);
}

/** A fresh checkout in the place of the old one: the same files, all of them new. */
export function checkOut(repository: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  git('.', 'clone', '--quiet', '--local', repository, folder);
}

/** A file that cannot be compressed. */
export function makeLargeFile(file: string, mebibytes: number): void {
  mkdirSync(dirname(file), { recursive: true });
  const output = openSync(file, 'w');
  for (let at = 0; at < mebibytes; at += 1) writeSync(output, noise(`block ${at}`, MIB));
  closeSync(output);
}

/** A folder as training leaves it, and the archive that SageMaker makes of it: weights, which compress by a few percent. */
export function makeModel(folder: string, archive: string, mebibytes: number): void {
  mkdirSync(folder, { recursive: true });
  const shards = 4;
  for (let shard = 0; shard < shards; shard += 1) {
    const output = openSync(join(folder, `model-0000${shard + 1}-of-0000${shards}.safetensors`), 'w');
    for (let at = 0; at < mebibytes / shards; at += 1) writeSync(output, weights(`weights ${shard} ${at}`));
    closeSync(output);
  }
  writeFileSync(join(folder, 'config.json'), '{"architectures": ["Bench"], "num_hidden_layers": 12}\n');
  execFileSync('tar', ['-czf', archive, '-C', folder, '.']);
}

/** Bytes that look like chance and are the same each time: AES in counter mode, by the name. */
function noise(name: string, bytes: number): Buffer {
  const key = createHash('sha256').update(name).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

/** A MiB of 32-bit numbers that are spread about zero as weights are: each the sum of two random ones and of a small one. */
function weights(name: string): Buffer {
  const bytes = noise(name, 2 * MIB);
  const random = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / Int16Array.BYTES_PER_ELEMENT);
  const values = new Float32Array(MIB / Float32Array.BYTES_PER_ELEMENT);
  for (let at = 0; at < values.length; at += 1) {
    const [large, other, small] = [random[4 * at] ?? 0, random[4 * at + 1] ?? 0, random[4 * at + 2] ?? 0];
    values[at] = (large + other + small / 2 ** 16) / 2 ** 20;
  }
  return Buffer.from(values.buffer);
}

function git(folder: string, ...words: readonly string[]): void {
  execFileSync('git', ['-C', folder, ...IDENTITY, ...words], { stdio: 'ignore' });
}
