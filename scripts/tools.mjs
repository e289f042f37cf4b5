// What the checks and tests need beside npm's packages: a Python environment (pytest, ruff, mypy, zizmor, act, the
// stand-in's packages), actionlint, and a few of Debian's packages where that is allowed. What cannot be had is said.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { startEngine } from './engine.mjs';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '..');
const cache = join(root, '.cache');
const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';
const BUILDX = 'github.com/docker/buildx/cmd/buildx@v0.38.2';
const VERSITYGW = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';

/** Debian's packages by the program that each brings; the tests that need a program skip themselves without it. */
const DEBIAN = {
  busybox: 'busybox',
  sudo: 'sudo',
  setpriv: 'util-linux',
  docker: 'docker.io',
  dockerd: 'docker.io',
  'docker-registry': 'docker-registry',
};

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

/**
 * `{ bin, venv, examples, actionlint, browser, clients, s3, engine, missing: [{ what, why }] }`: folders, programs, a running
 * Docker engine to be stopped, what could not be had.
 */
export async function fetchTools(full = false) {
  const missing = [];
  const attempt = async (what, fetch) => {
    try {
      return await fetch();
    } catch (error) {
      missing.push({ what, why: `${error.stderr ?? ''}${error.message}`.trim().split('\n').at(-1) });
      return undefined;
    }
  };
  const [venv, examples, actionlint, buildx, browser, clients, s3] = await Promise.all([
    attempt('python packages', pythonPackages),
    attempt('packages of the examples', examplePackages),
    attempt('actionlint', () => goProgram('actionlint', ACTIONLINT)),
    attempt('BuildKit', buildKit),
    full ? attempt('a browser', browserPackages) : undefined,
    full ? attempt('clients', clientPackages) : undefined,
    full ? attempt('an S3 server', () => goProgram('versitygw', VERSITYGW)) : undefined,
    attempt('debian packages', debianPackages),
    full ? attempt('PyTorch', pytorch) : undefined,
  ]);
  for (const program of Object.keys(DEBIAN)) {
    if ((await onPath(program)) === undefined)
      missing.push({ what: program, why: 'not on PATH, and not to be installed here' });
  }
  const engine = await attempt('a Docker engine', () => startEngine(buildx));
  return { bin: venv && join(venv, 'bin'), venv, examples, actionlint, browser, clients, s3, engine, missing };
}

const pythonPackages = () =>
  pythonEnvironment(
    join(cache, 'venv'),
    join(root, '__tests__', 'requirements.txt'),
    'the Python packages of the tests',
  );

/** What the examples for AWS need: scikit-learn on the worker, the AWS command line on the runner. */
const examplePackages = () =>
  pythonEnvironment(
    join(cache, 'examples'),
    join(root, '__tests__', 'workflows', 'examples.txt'),
    'the Python packages of the examples',
  );

/** A folder with an environment for each client of the stand-in that its tests start, and for script-mode jobs. */
async function clientPackages() {
  const folder = join(cache, 'clients');
  const lists = join(root, '__tests__', 'local', 'clients');
  for (const name of ['sdk2', 'sdk3', 'ssm'])
    await pythonEnvironment(join(folder, name), join(lists, `${name}.txt`), `a client of the stand-in (${name})`);
  const toolkit = join(root, 'local', 'requirements-script-mode.txt');
  await pythonEnvironment(join(folder, 'worker'), toolkit, "AWS's training toolkit");
  return folder;
}

async function pythonEnvironment(venv, list, what) {
  const mark = join(venv, 'complete');
  const wanted = createHash('sha256')
    .update(await readFile(list))
    .digest('hex');
  if ((await exists(mark)) && (await readFile(mark, 'utf8')) === wanted) return venv;
  console.log(`Installing ${what} …`);
  await rm(venv, { recursive: true, force: true });
  await mkdir(dirname(venv), { recursive: true });
  await execute('python3', ['-m', 'venv', venv]).catch(async (error) => {
    // Debian's python3 comes without the part that venv needs.
    await installDebian(['python3-venv']).catch(() => Promise.reject(error));
    await rm(venv, { recursive: true, force: true });
    await execute('python3', ['-m', 'venv', venv]);
  });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '-r', list];
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

/** A program on PATH, or built by go. */
async function goProgram(name, module) {
  const found = await onPath(name);
  if (found !== undefined) return found;
  const bin = join(cache, 'go');
  const binary = join(bin, name);
  if (!(await exists(binary))) {
    if ((await onPath('go')) === undefined) throw new Error(`neither ${name} nor go is on PATH`);
    console.log(`Building ${name} …`);
    await execute('go', ['install', module], { env: { ...process.env, GOBIN: bin, GOFLAGS: '-mod=mod' } });
  }
  return binary;
}

/** BuildKit's client as a plugin of docker: one that is there is found by itself. */
async function buildKit() {
  const there = await execute('docker', ['buildx', 'version']).catch(() => undefined);
  return there ? undefined : goProgram('buildx', BUILDX);
}

async function debianPackages() {
  const wanted = [];
  for (const [program, name] of Object.entries(DEBIAN)) if ((await onPath(program)) === undefined) wanted.push(name);
  if (wanted.length === 0 || (await onPath('apt-get')) === undefined) return;
  console.log(`Installing Debian's ${wanted.join(', ')} …`);
  await installDebian(wanted);
}

/** Debian's CPU build for Debian's Python, which the tests of real PyTorch start. */
async function pytorch() {
  const there = () => execute('/usr/bin/python3', ['-c', 'import torch']);
  await there().catch(async () => {
    console.log("Installing Debian's python3-torch …");
    await installDebian(['python3-torch']);
    await there();
  });
}

/** As root, or by sudo where that asks for no password. */
async function installDebian(names) {
  const [program, ...rest] = process.getuid() === 0 ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 2 ** 26 };
  await execute(program, [...rest, 'update', '-q'], options);
  await execute(program, [...rest, 'install', '-qy', '--no-install-recommends', ...names], options);
}
