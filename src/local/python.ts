/**
 * A Python environment with the stand-in's packages: made once for a Python version and a list of packages, then found.
 * The packages are pinned with hashes (local/requirements.txt).
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ActionError } from '../task/errors.ts';

const execute = promisify(execFile);
const OLDEST = [3, 10] as const;

/** The environment's python. `say` tells what takes long. */
export async function pythonEnvironment(requirements: string, say: (message: string) => void): Promise<string> {
  const given = process.env['SAGEMAKER_LOCAL_VENV'];
  if (given) return join(given, 'bin', 'python');
  const { command, version } = await findPython();
  const packages = await readFile(requirements);
  const hash = createHash('sha256').update(packages).update(command).update(version).digest('hex').slice(0, 16);
  const folder = join(cacheFolder(), 'simple-sagemaker-local', hash);
  const python = join(folder, 'bin', 'python');
  if (await exists(join(folder, 'complete'))) return python;
  say(`Installing the stand-in's Python packages into ${folder} …`);
  await makeEnvironment(command, folder, requirements);
  return python;
}

/** https://docs.github.com/actions/reference/workflows-and-actions/variables: RUNNER_TOOL_CACHE outlives a job on some runners. */
function cacheFolder(): string {
  const { env } = process;
  return env['RUNNER_TOOL_CACHE'] || env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
}

async function findPython(): Promise<{ command: string; version: string }> {
  const seen: string[] = [];
  for (const command of ['python3', 'python']) {
    try {
      const script = 'import sys; print("%d.%d.%d" % sys.version_info[:3], sys.executable)';
      const { stdout } = await execute(command, ['-c', script]);
      const [version = '', executable = command] = stdout.trim().split(/ (.*)/s);
      const [major = 0, minor = 0] = version.split('.').map(Number);
      if (major === OLDEST[0] && minor >= OLDEST[1]) return { command: executable, version };
      seen.push(`${command} is ${version}`);
    } catch (error) {
      seen.push(`${command}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  throw new ActionError(
    `There is no Python ${OLDEST.join('.')} or later: ${seen.join('; ')}.`,
    'Put actions/setup-python before this step, or install Python 3.',
  );
}

/** Marked when complete: a run that was cut off leaves nothing that looks whole. */
async function makeEnvironment(command: string, folder: string, requirements: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await createVenv(command, folder);
  const arguments_ = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--require-hashes',
    '-r',
    requirements,
  ];
  try {
    await execute(join(folder, 'bin', 'python'), arguments_, { maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    throw new ActionError(
      `pip did not install the stand-in's packages: ${outputOf(error)}`,
      'Check that the package index is reached (PIP_INDEX_URL names another one).',
      { cause: error },
    );
  }
  await writeFile(join(folder, 'complete'), '');
}

/** Debian's python3 comes without the part that venv needs: there it is installed, where that is allowed. */
async function createVenv(command: string, folder: string): Promise<void> {
  try {
    await execute(command, ['-m', 'venv', folder]);
    return;
  } catch (error) {
    const install = ['apt-get', 'install', '--yes', '--no-install-recommends', 'python3-venv'];
    const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
    try {
      const [program = '', ...rest] = [...asRoot, ...install];
      await execute(program, rest).catch(async () => {
        const [updater = '', ...words] = [...asRoot, 'apt-get', 'update'];
        await execute(updater, words);
        await execute(program, rest);
      });
      await rm(folder, { recursive: true, force: true });
      await execute(command, ['-m', 'venv', folder]);
    } catch (cause) {
      throw new ActionError(
        `${command} -m venv failed: ${outputOf(error)}`,
        "Install Python's venv module (Debian and Ubuntu: apt-get install python3-venv).",
        { cause },
      );
    }
  }
}

/** The end of what a failed program printed. */
function outputOf(error: unknown): string {
  const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string };
  const printed = `${stdout}${stderr}`.trim();
  return printed === '' ? message : printed.slice(-2000);
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
