// The folders that tests write to are kept in memory, for root on Linux. Tests make and remove tens of thousands of small
// files: on a disk that is a tenth of their processor time, and half of the time in which a runner copies the action.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { delimiter, join, sep } from 'node:path';
import { answers } from './engine.mjs';

const root = join(import.meta.dirname, '..');
const OWN = ['tests', 'docker'].map((name) => join(root, '.cache', name));
const LEAST_BYTES = 8 * 2 ** 30;
/** Set once the folders are mounted. */
const MOUNTED = 'TESTS_IN_MEMORY';
const MOUNT = 'while [ "$1" != -- ]; do mount -t tmpfs -o mode=1777 tests "$1" || exit; shift; done; shift; exec "$@"';

/**
 * Starts this program again with a file system in memory at each of the tests' folders: in a mount namespace of its own, so no
 * other program sees them, and they end with its last process (manual: unshare(1), tmpfs(5)). Returns where the user may not
 * mount, the machine has less than 8 GiB of free memory, or a Docker engine runs, which sees the machine's own folders only.
 */
export async function goToMemory() {
  if (process.env[MOUNTED] || process.platform !== 'linux' || process.getuid() !== 0 || freemem() < LEAST_BYTES) return;
  if (await answers()) return;
  for (const folder of OWN) mkdirSync(folder, { recursive: true });
  const folders = [...OWN, ...(isNeeded(tmpdir()) ? [] : [tmpdir()])];
  const words = (command) => ['--mount', 'sh', '-c', MOUNT, 'sh', ...folders, '--', ...command];
  if (spawnSync('unshare', words(['true'])).status !== 0) return;
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve('/usr/bin/env', ['env', 'unshare', ...words(again)], { ...process.env, [MOUNTED]: '1' });
}

/** Whether the folder holds something that the tests need: this clone, Node, or what a variable names. */
function isNeeded(folder) {
  const named = Object.values(process.env).flatMap((value) => value.split(delimiter));
  return [root, process.execPath, ...named].some((path) => path.startsWith(folder + sep));
}
