// Environments of Python packages, each from a list with hashes: made by uv where it can be had, else by pip.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { exists } from './programs.mjs';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '..');

/**
 * The folder `venv`, with the packages of the file `list`, made where they are not there yet. `debian` installs packages of
 * Debian's, or throws; `pip`: whether pip is to be there too; `compiled`: whether all is compiled now, and not what is
 * imported, when that is, which is a fraction of it.
 */
export async function pythonEnvironment(venv, list, what, debian, say, { pip = false, compiled = false } = {}) {
  const mark = join(venv, 'complete');
  const wanted = createHash('sha256')
    .update(await readFile(list))
    .digest('hex');
  if ((await exists(mark)) && (await readFile(mark, 'utf8')) === wanted) return venv;
  say(`Installing ${what} …`);
  await rm(venv, { recursive: true, force: true });
  await mkdir(dirname(venv), { recursive: true });
  const uv = await withUv(debian).catch(() => undefined);
  if (uv === undefined) await byPip(venv, list, debian);
  else await byUv(uv, venv, list, pip, compiled).catch(() => byPip(venv, list, debian));
  await writeFile(mark, wanted);
  return venv;
}

/** uv takes a third of pip's time. */
async function byUv(uv, venv, list, pip, compiled) {
  const index = process.env.PIP_INDEX_URL ? { UV_DEFAULT_INDEX: process.env.PIP_INDEX_URL } : {};
  const env = { ...process.env, ...index, VIRTUAL_ENV: venv, UV_NATIVE_TLS: '1', UV_LINK_MODE: 'copy' };
  if (pip) await execute('python3', ['-m', 'venv', venv]);
  else await execute(uv, ['venv', '--quiet', '--no-project', '--python', 'python3', venv], { env });
  const options = ['--quiet', '--no-cache', '--require-hashes', ...(compiled ? ['--compile-bytecode'] : [])];
  await execute(uv, ['pip', 'install', ...options, '-r', list], { env, maxBuffer: 2 ** 26 });
}

async function byPip(venv, list, debian) {
  await rm(venv, { recursive: true, force: true });
  await execute('python3', ['-m', 'venv', venv]).catch(async () => {
    // Debian's python3 comes without the part that venv needs.
    await debian(['python3-venv'], "Python's venv module");
    await rm(venv, { recursive: true, force: true });
    await execute('python3', ['-m', 'venv', venv]);
  });
  const words = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '-r', list];
  await execute(join(venv, 'bin', 'python'), words, { maxBuffer: 2 ** 26 });
}

let uv;
/** The program, in an environment of its own; one for all who ask. */
function withUv(debian) {
  uv ??= (async () => {
    const folder = join(root, '.cache', 'uv');
    const program = join(folder, 'bin', 'uv');
    if (!(await exists(program))) await byPip(folder, join(root, '__tests__', 'uv.txt'), debian);
    return program;
  })();
  return uv;
}
