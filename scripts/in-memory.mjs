// What the tests write lies in memory, where this user may have it so: root, on Linux. They make and remove tens of
// thousands of small files, and a disk's file system costs them a tenth of their time, a runner's copies of the action half.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { delimiter, join, sep } from 'node:path';

const root = join(import.meta.dirname, '..');
const OWN = ['tests', 'docker'].map((name) => join(root, '.cache', name));
const LEAST_BYTES = 8 * 2 ** 30;
/** Set where the folders are mounted already. */
const MOUNTED = 'TESTS_IN_MEMORY';
const MOUNT = 'while [ "$1" != -- ]; do mount -t tmpfs -o mode=1777 tests "$1" || exit; shift; done; shift; exec "$@"';

/**
 * This program starts again with the tests' folders as mounts of its own, which end with its last process and which no other
 * program sees. Does nothing where that cannot be, or where the machine's free memory is less than 8 GiB.
 */
export function goToMemory() {
  if (process.env[MOUNTED] || process.platform !== 'linux' || process.getuid() !== 0 || freemem() < LEAST_BYTES) return;
  for (const folder of OWN) mkdirSync(folder, { recursive: true });
  const folders = [...OWN, ...(isNeeded(tmpdir()) ? [] : [tmpdir()])];
  const words = (command) => ['--mount', 'sh', '-c', MOUNT, 'sh', ...folders, '--', ...command];
  if (spawnSync('unshare', words(['true'])).status !== 0) return;
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve('/usr/bin/env', ['env', 'unshare', ...words(again)], { ...process.env, [MOUNTED]: '1' });
}

/** Whether the tests need something that lies below the folder, as a clone may. */
function isNeeded(folder) {
  const path = (process.env.PATH ?? '').split(delimiter);
  return [root, process.execPath, process.env.HOME ?? '', ...path].some((each) => each.startsWith(folder + sep));
}
