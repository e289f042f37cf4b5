// What the checks and tests need beside npm's packages: a Python environment (pytest, ruff, mypy, zizmor, act, the
// stand-in's packages), actionlint, and a few of Debian's packages where that is allowed. What cannot be had is said.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '..');
const cache = join(root, '.cache');
const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';

/** Debian's packages by the program that each brings; the tests that need a program skip themselves without it. */
const DEBIAN = { busybox: 'busybox', sudo: 'sudo', setpriv: 'util-linux' };

const exists = (path) =>
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

/** `{ python, bin, actionlint, browser, missing: [{ what, why }] }`: folders and programs, and what could not be had. */
export async function fetchTools(withBrowser = false) {
  const missing = [];
  const attempt = async (what, fetch) => {
    try {
      return await fetch();
    } catch (error) {
      missing.push({ what, why: `${error.stderr ?? ''}${error.message}`.trim().split('\n').at(-1) });
      return undefined;
    }
  };
  const [venv, actionlint, browser] = await Promise.all([
    attempt('python packages', pythonPackages),
    attempt('actionlint', fetchActionlint),
    withBrowser ? attempt('a browser', browserPackages) : undefined,
    attempt('debian packages', debianPackages),
  ]);
  for (const program of Object.keys(DEBIAN)) {
    if ((await onPath(program)) === undefined)
      missing.push({ what: program, why: 'not on PATH, and not to be installed here' });
  }
  return { bin: venv && join(venv, 'bin'), venv, actionlint, browser, missing };
}

async function pythonPackages() {
  const lists = [join(root, '__tests__', 'requirements.txt')];
  const hash = createHash('sha256');
  for (const list of lists) hash.update(await readFile(list));
  const venv = join(cache, 'venv');
  const mark = join(venv, 'complete');
  const wanted = hash.digest('hex');
  if ((await exists(mark)) && (await readFile(mark, 'utf8')) === wanted) return venv;
  console.log('Installing the Python packages of the tests …');
  await rm(venv, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  await execute('python3', ['-m', 'venv', venv]).catch(async (error) => {
    // Debian's python3 comes without the part that venv needs.
    await installDebian(['python3-venv']).catch(() => Promise.reject(error));
    await rm(venv, { recursive: true, force: true });
    await execute('python3', ['-m', 'venv', venv]);
  });
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--require-hashes',
    ...lists.flatMap((list) => ['-r', list]),
  ];
  await execute(join(venv, 'bin', 'python'), pip, { maxBuffer: 2 ** 26 });
  await writeFile(mark, wanted);
  return venv;
}

/** A folder with the packages of the browser's tests: 90 MB that no other test needs. */
async function browserPackages() {
  const lists = ['package.json', 'package-lock.json'].map((name) => join(root, '__tests__', 'local', 'browser', name));
  const wanted = createHash('sha256')
    .update(await readFile(lists[1]))
    .digest('hex');
  const folder = join(cache, 'browser');
  const mark = join(folder, 'complete');
  if ((await exists(mark)) && (await readFile(mark, 'utf8')) === wanted) return folder;
  console.log('Installing the browser of the tests …');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const list of lists) await copyFile(list, join(folder, basename(list)));
  await execute('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, maxBuffer: 2 ** 26 });
  await writeFile(mark, wanted);
  return folder;
}

async function fetchActionlint() {
  const found = await onPath('actionlint');
  if (found !== undefined) return found;
  const bin = join(cache, 'go');
  const binary = join(bin, 'actionlint');
  if (!(await exists(binary))) {
    if ((await onPath('go')) === undefined) throw new Error('neither actionlint nor go is on PATH');
    console.log('Building actionlint …');
    await execute('go', ['install', ACTIONLINT], { env: { ...process.env, GOBIN: bin, GOFLAGS: '-mod=mod' } });
  }
  return binary;
}

async function debianPackages() {
  const wanted = [];
  for (const [program, name] of Object.entries(DEBIAN)) if ((await onPath(program)) === undefined) wanted.push(name);
  if (wanted.length === 0 || (await onPath('apt-get')) === undefined) return;
  console.log(`Installing Debian's ${wanted.join(', ')} …`);
  await installDebian(wanted);
}

/** As root, or by sudo where that asks for no password. */
async function installDebian(names) {
  const [program, ...rest] = process.getuid() === 0 ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 2 ** 26 };
  await execute(program, [...rest, 'update', '-q'], options);
  await execute(program, [...rest, 'install', '-qy', '--no-install-recommends', ...names], options);
}
