/** How `npm run demo` ends where it cannot go on: what is missing is told, and nothing that it started is left. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
}

/** A clone in which nothing was installed yet, with programs of its own on PATH. */
let clone: string;
beforeEach(() => {
  mkdirSync(join(root, '.cache', 'tests'), { recursive: true });
  clone = mkdtempSync(join(root, '.cache', 'tests', 'demo-'));
  // The action refuses code behind a link out of the workspace.
  for (const name of ['scripts', 'examples']) cpSync(join(root, name), join(clone, name), { recursive: true });
  mkdirSync(join(clone, 'bin'));
  for (const name of ['dist', 'local', 'toolkit']) symlinkSync(join(root, name), join(clone, name));
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

/** A shell script as a program. */
function program(path: string, script: string): string {
  const file = join(clone, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

function start(env: NodeJS.ProcessEnv): { readonly child: ChildProcess; readonly done: Promise<Ended> } {
  const child = spawn(process.execPath, [join(clone, 'scripts', 'demo.mjs')], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    child.emit('printed', stdout);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const done = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, stdout })));
  return { child, done };
}

/** Ends with a line on what happened, one on what to do, and exit code 1. */
async function expectRefusal(env: NodeJS.ProcessEnv, what: RegExp, remedy: RegExp): Promise<string> {
  const { code, stdout } = await start({ PATH: join(clone, 'bin'), HOME: clone, ...env }).done;
  const [last = '', before = ''] = stdout.trimEnd().split('\n').reverse();
  expect(before).toMatch(/^The demo ends here: /);
  expect(before).toMatch(what);
  expect(last).toMatch(remedy);
  expect(stdout).not.toMatch(/^\s+at |Traceback|^\s+File "/m);
  expect(code).toBe(1);
  return stdout;
}

describe('what is missing', () => {
  const version = (text: string) => program('bin/python3', `case "$*" in *version*) echo ${text};; *) exit 1;; esac`);

  it('is python3', async () => {
    const told = await expectRefusal(
      {},
      /There is no Python here: python3 is not on PATH\.$/,
      /^Install Python 3\.10 or later/,
    );
    expect(told).not.toContain('Installing');
  });
  it('is a newer python3', async () => {
    version('3.9.2');
    const told = await expectRefusal(
      {},
      /python3 is Python 3\.9\.2, which is too old\.$/,
      /^Install Python 3\.10 or later/,
    );
    expect(told).not.toContain('Installing');
  });
  it("is Python's venv", async () => {
    program(
      'bin/python3',
      `case "$*" in *version*) echo 3.12.1;; *) echo "ModuleNotFoundError: No module named 'ensurepip'" >&2; exit 1;; esac`,
    );
    const told = await expectRefusal(
      {},
      /cannot make virtual environments: .*'ensurepip'\.$/,
      /apt-get install python3-venv/,
    );
    expect(told).not.toContain('Installing');
  });
  it('is npm', async () => {
    version('3.10.0');
    await expectRefusal({ SAGEMAKER_LOCAL_VENV: '/nowhere' }, /npm is not on PATH\.$/, /^Install Node with npm/);
  });
  it("is npm's registry", async () => {
    version('3.10.0');
    program(
      'bin/npm',
      `printf 'npm error code ENOTFOUND\\nnpm error network request to https://registry.npmjs.org/marked failed\\n' >&2; exit 1`,
    );
    await expectRefusal(
      { SAGEMAKER_LOCAL_VENV: '/nowhere' },
      /npm could not install .*: code ENOTFOUND; network request to \S+ failed$/,
      /^Check that npm reaches its registry/,
    );
  });
  it("is pip's index", async () => {
    program('bin/npm', 'exit 0');
    const pip =
      'for n in 4 3 2; do echo "WARNING: Retrying ($n)"; done; echo "ERROR: No matching distribution"; exit 1';
    program(
      'bin/python3',
      `case "$*" in *version*) echo 3.10.0 "$0";; *"-m venv"*) /bin/mkdir -p "$3/bin" && /bin/cp ${program('pip', pip)} "$3/bin/python";; esac`,
    );
    const told = await expectRefusal({}, /the stand-in for AWS did not start \(exit code 1\)\.$/, /run the demo again/);
    expect(told).toMatch(
      /^error: pip could not .*:\n {2}WARNING: Retrying \(2\)\n {2}ERROR: No matching distribution\n {2}Check that this machine can reach the package index/m,
    );
  });
  it('is a stand-in that starts', async () => {
    version('3.10.0');
    program('bin/npm', 'exit 0');
    program(
      'venv/bin/python',
      `printf 'Traceback (most recent call last):\\n  File "x.py", line 1, in y\\nOSError: no port\\n' >&2; exit 3`,
    );
    const env = { SAGEMAKER_LOCAL_VENV: join(clone, 'venv') };
    const told = await expectRefusal(
      env,
      /the stand-in for AWS did not start \(exit code 1\)\.$/,
      /run the demo again/,
    );
    expect(told).toMatch(/^error: The stand-in did not start: it ended with 3\.\n {2}OSError: no port$/m);
  });
});

describe('an interruption', () => {
  const mark = `DEMO_MARK=${randomUUID()}`;
  let url: string | undefined;

  /** What runs of the demo: by its environment, or a job's, which knows the stand-in's URL alone. */
  function running(): { readonly pid: string; readonly job: boolean }[] {
    return readdirSync('/proc').flatMap((pid) => {
      const environment = /^\d+$/.test(pid) ? textOf(`/proc/${pid}/environ`).split('\0') : [];
      const job = url !== undefined && environment.includes(`AWS_ENDPOINT_URL=${url}`) && !environment.includes(mark);
      return job || environment.includes(mark) ? [{ pid, job }] : [];
    });
  }

  const interrupt = (moment: string, signal: NodeJS.Signals, whom: 'group' | 'process', jobs: boolean) =>
    it(`by ${signal} to the ${whom} ${moment}`, async () => {
      program('bin/npm', 'exit 0');
      const [name = '', value] = mark.split('=');
      const { child, done } = start({
        ...process.env,
        PATH: `${join(clone, 'bin')}:${process.env['PATH']}`,
        SAGEMAKER_LOCAL_VENV: process.env['SAGEMAKER_LOCAL_VENV'] || join(root, '.cache', 'venv'),
        [name]: value,
      });
      const shown = new Promise<void>((resolve) => {
        child.on('printed', (text: string) => text.includes(moment) && resolve());
      });
      const early = done.then((ended) => expect.fail(`The demo ended before: ${ended.stdout}`));
      await Promise.race([shown, early]);
      early.catch(() => undefined);
      child.on('printed', (text: string) => (url = /^The following steps use (\S+) /m.exec(text)?.[1] ?? url));
      child.emit('printed', '');
      if (jobs) await expect.poll(() => running().some(({ job }) => job), { timeout: 30_000, interval: 20 }).toBe(true);
      process.kill(whom === 'group' ? -(child.pid ?? 0) : (child.pid ?? 0), signal);
      const { code, stdout } = await done;
      expect(stdout.slice(stdout.lastIndexOf('Interrupted'))).toBe('Interrupted: the demo ends what it started.\n');
      expect(code).toBe(signal === 'SIGINT' ? 130 : 143);
      expect(running()).toEqual([]);
      expect(readdirSync(join(clone, '.cache', 'demo')).filter((each) => each.startsWith('run-'))).toEqual([]);
    });

  interrupt('A stand-in for AWS starts', 'SIGINT', 'group', false);
  interrupt('Started penguins-train', 'SIGINT', 'group', true);
  interrupt('The following steps use', 'SIGTERM', 'process', false);
});

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    // It has ended meanwhile.
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
