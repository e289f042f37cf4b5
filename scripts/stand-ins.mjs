// Starts the process of which the tests' stand-ins are forks (__tests__/action/stand_ins.py).
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '..');

/** `python`: one with the stand-in's packages. Returns the socket's path, and `stop`. */
export async function startStandIns(python) {
  // The system's folder: a socket's path has at most about a hundred characters.
  const folder = await mkdtemp(join(tmpdir(), 'stand-ins-'));
  const socket = join(folder, 'socket');
  const child = spawn(python, [join(root, '__tests__', 'action', 'stand_ins.py'), socket], {
    cwd: join(root, 'local'),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('error', reject);
    void ended.then((code) => reject(new Error(`the stand-ins' process ended with ${code}`)));
  });
  const stop = async () => {
    child.stdin.end();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  return { socket, stop };
}
