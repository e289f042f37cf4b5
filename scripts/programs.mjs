// Programs that checks and benches start: found on PATH, or built by go.
import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const cache = join(import.meta.dirname, '..', '.cache');
export const VERSITYGW = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';

/** What cannot be had, in a line. */
export class Missing extends Error {}

export const exists = (path) =>
  access(path).then(
    () => true,
    () => false,
  );

export async function onPath(program) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder !== '' && (await exists(join(folder, program)))) return join(folder, program);
  }
  return undefined;
}

let building = Promise.resolve();
/** Runs go, for one thing after the other, as each takes all cores and most of the packages are the same. */
export async function buildByGo(what, words, { env, ...options }, say) {
  if ((await onPath('go')) === undefined)
    throw new Missing(`${what} needs go: install Go (https://go.dev/dl), which builds it`);
  const turn = building.then(() => {
    say(`Building ${what} …`);
    const own = { GOFLAGS: '-mod=mod', CGO_ENABLED: '0', GOGC: '400' };
    return execute('go', words, { ...options, env: { ...process.env, ...own, ...env } });
  });
  building = turn.catch(() => {}); // told to who asked
  await turn;
}

/** A program on PATH, or built by go. */
export async function goProgram(name, module, say) {
  // Not optimized: building is a quarter faster, and the tests hardly use the programs.
  return (await onPath(name)) ?? (await builtProgram(join(cache, 'go', name), module, say, ['-gcflags=all=-N -l']));
}

/** A program that go builds at this path; its name is that of the module's command. Optimized, unless `flags` say otherwise. */
export async function builtProgram(binary, module, say, flags = []) {
  const words = ['install', '-ldflags=-s -w', ...flags, module];
  if (!(await exists(binary))) await buildByGo(basename(binary), words, { env: { GOBIN: dirname(binary) } }, say);
  return binary;
}
