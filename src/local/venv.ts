/**
 * Creates a Python environment with the stand-in's packages. There is one for each Python version and list of packages,
 * and later runs reuse it. The packages are pinned with hashes (local/requirements.txt).
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ActionError } from '../core/errors.ts';

const execute = promisify(execFile);
const OLDEST = [3, 10] as const;

/** The path of the environment's python. `print`: prints a message if an installation is necessary. */
export async function pythonEnvironment(requirements: string, print: (message: string) => void): Promise<string> {
  const prepared = process.env['SAGEMAKER_LOCAL_VENV'];
  if (prepared) return join(prepared, 'bin', 'python');
  const { command, version } = await findPython();
  const packages = await readFile(requirements);
  const hash = createHash('sha256').update(packages).update(command).update(version).digest('hex').slice(0, 16);
  const folder = join(cacheFolder(), 'simple-sagemaker-local', hash);
  const python = join(folder, 'bin', 'python');
  if (await exists(join(folder, 'complete'))) return python;
  print(`Installing the stand-in's Python packages into ${folder}. This happens once and takes about half a minute …`);
  await makeEnvironment(command, folder, requirements);
  return python;
}

/**
 * https://docs.github.com/actions/reference/workflows-and-actions/variables: RUNNER_TOOL_CACHE is kept between jobs on
 * some runners.
 */
function cacheFolder(): string {
  const { env } = process;
  return env['RUNNER_TOOL_CACHE'] || env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
}

async function findPython(): Promise<{ command: string; version: string }> {
  const problems: string[] = [];
  for (const command of ['python3', 'python']) {
    try {
      const script = 'import sys; print("%d.%d.%d" % sys.version_info[:3], sys.executable)';
      const { stdout } = await execute(command, ['-c', script]);
      const [version = '', executable = command] = stdout.trim().split(/ (.*)/s);
      const [major = 0, minor = 0] = version.split('.').map(Number);
      if (major === OLDEST[0] && minor >= OLDEST[1]) return { command: executable, version };
      problems.push(`${command} is ${version}`);
    } catch (error) {
      problems.push(`${command}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  throw new ActionError(
    `Python ${OLDEST.join('.')} or later was not found: ${problems.join('; ')}.`,
    'Run actions/setup-python before this step, or install Python.',
  );
}

/** Creates the environment. Writes the file `complete` last, so that an interrupted installation is not reused. */
async function makeEnvironment(command: string, folder: string, requirements: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await createVenv(command, folder);
  const arguments_ = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    // Of the packages' modules a fifth is ever loaded, and compiled then.
    '--no-compile',
    '--require-hashes',
    '-r',
    requirements,
  ];
  try {
    await execute(join(folder, 'bin', 'python'), arguments_, { maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    throw new ActionError(
      `pip could not install the stand-in's packages:\n${errorsOf(outputOf(error))}`,
      'Check that this machine can reach the package index. PIP_INDEX_URL sets another index.',
    );
  }
  await writeFile(join(folder, 'complete'), '');
}

/**
 * Creates the virtual environment. Debian's python3 lacks venv: with CI=true this installs it, on other machines it
 * fails.
 */
async function createVenv(command: string, folder: string): Promise<void> {
  try {
    await execute(command, ['-m', 'venv', folder]);
  } catch (error) {
    const failed = (cause: unknown): ActionError =>
      new ActionError(
        `${command} -m venv failed: ${outputOf(error)}`,
        "Install Python's venv module (Debian and Ubuntu: apt-get install python3-venv).",
        { cause },
      );
    if (process.env['CI'] !== 'true' || process.platform !== 'linux') throw failed(error);
    try {
      await installVenv();
      await rm(folder, { recursive: true, force: true });
      await execute(command, ['-m', 'venv', folder]);
    } catch (cause) {
      throw failed(cause);
    }
  }
}

/** Installs venv as root, or with a sudo that asks for no password. */
async function installVenv(): Promise<void> {
  const [program = '', ...rest] = process.getuid?.() === 0 ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
  const install = [...rest, 'install', '--yes', '--no-install-recommends', 'python3-venv'];
  await execute(program, install).catch(async () => {
    await execute(program, [...rest, 'update']);
    await execute(program, install);
  });
}

/** The end of a failed program's output. */
function outputOf(error: unknown): string {
  const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string };
  const printed = `${stdout}${stderr}`.trim();
  return printed === '' ? message : printed.slice(-2000);
}

/**
 * The errors in pip's output, after its last warning: pip repeats the warning for each attempt. Without errors, all
 * output.
 */
function errorsOf(printed: string): string {
  const lines = printed.split('\n');
  const errors = lines.filter((line) => line.startsWith('ERROR: '));
  const warning = lines.findLast((line) => line.startsWith('WARNING: '));
  return errors.length === 0 ? printed : [...(warning === undefined ? [] : [warning]), ...errors].join('\n');
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
