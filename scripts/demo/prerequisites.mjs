// What the machine must have, told before anything is downloaded.
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { DemoError } from './processes.mjs';

const execute = promisify(execFile);
const OLDEST = [3, 10];
const ASK_MS = 10_000;

/** `tools`: where the stand-in's Python packages are kept. Throws DemoError. */
export async function checkPrerequisites(tools) {
  if (process.platform === 'win32')
    throw new DemoError(
      'The demo runs on Linux and macOS.',
      'On Windows run it in WSL: https://learn.microsoft.com/windows/wsl',
    );
  await checkPython();
  if (!process.env.SAGEMAKER_LOCAL_VENV && !hasEnvironment(tools)) await checkVenv();
}

async function checkPython() {
  const remedy = `Install Python ${OLDEST.join('.')} or later and have "python3" on PATH: https://www.python.org/downloads`;
  let told;
  try {
    told = await ask('python3', ['-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3])']);
  } catch (error) {
    const why = error.code === 'ENOENT' ? 'python3 is not on PATH' : `python3 does not start: ${lastLine(error)}`;
    throw new DemoError(`There is no Python here: ${why}.`, remedy);
  }
  const [major, minor] = told.trim().split('.').map(Number);
  if (major !== OLDEST[0] || minor < OLDEST[1])
    throw new DemoError(`python3 is Python ${told.trim()}, which is too old.`, remedy);
}

function hasEnvironment(tools) {
  const folder = join(tools, 'simple-sagemaker-local');
  return existsSync(folder) && readdirSync(folder).some((name) => existsSync(join(folder, name, 'complete')));
}

/** Debian's python3 comes without the part that venv needs. */
async function checkVenv() {
  try {
    await ask('python3', ['-c', 'import ensurepip, venv']);
  } catch (error) {
    throw new DemoError(
      `python3 cannot make virtual environments: ${lastLine(error)}.`,
      "Install Python's venv module (Debian and Ubuntu: sudo apt-get install python3-venv).",
    );
  }
}

/** Throws DemoError. */
export function checkNpm() {
  if (!onPath('npm')) throw new DemoError('npm is not on PATH.', 'Install Node with npm: https://nodejs.org');
}

function onPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

async function ask(program, words) {
  return (await execute(program, words, { timeout: ASK_MS })).stdout;
}

function lastLine(error) {
  return (error.stderr || error.message).trim().split('\n').at(-1);
}
