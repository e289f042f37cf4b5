// What the checks and tests need beside npm's packages: a Python environment (pytest, ruff, mypy, zizmor, act, the
// stand-in's packages), programs of Go's, a Docker engine, and a few of Debian's packages. All of it goes to `.cache/`, but
// Debian's packages, which are installed where the caller allows it. What is missing is said, with what brings it.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { answers, startEngine } from './engine.mjs';
import { buildByGo, exists, goProgram, Missing, onPath, VERSITYGW } from './programs.mjs';
import { pythonEnvironment } from './python-environment.mjs';
import { startStandIns } from './stand-ins.mjs';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '..');
const cache = join(root, '.cache');
const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';
const BUILDX = 'github.com/docker/buildx/cmd/buildx@v0.38.2';
const CONFORMANCE = 'github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111';
const CRANE = 'github.com/google/go-containerregistry/cmd/crane@v0.22.1';

const DEBIAN_KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Debian's packages by the program that each brings; the tests that need a program skip themselves without it. */
const DEBIAN = { busybox: 'busybox', sudo: 'sudo', setpriv: 'util-linux' };

const NO_ENGINE =
  'none runs that this user may use, and only root starts one: start Docker, and add yourself to the group "docker"';

/**
 * Starts to fetch what is `needed`, all at once; what touches this machine waits for `after`. Each tool is a promise of its
 * folder or program, or of undefined where it is missing: `venv`, `examples`, `actionlint`, `conformance`, `crane`, `system`
 * (true), `standIns` (`{ socket }`), `engine` (`{ host, own, image, config }`), and with `full` `browser`, `clients`, `s3`,
 * `pytorch`, `reader`. Besides: `missing`, a list of `{ what, why }`; `underway()`, what is being fetched, in words; `stop()`
 * ends the engine and the stand-ins.
 */
export function startTools({ needed, full = false, mayInstall = false, after = Promise.resolve(), say = console.log }) {
  const missing = [];
  const running = new Set();
  const attempt = async (what, fetch) => {
    running.add(what);
    try {
      return await fetch();
    } catch (error) {
      const said = error instanceof Missing ? error.message : `${error.stderr ?? ''}${error.message}`;
      missing.push({ what, why: said.trim().split('\n').at(-1) });
      return undefined;
    } finally {
      running.delete(what);
    }
  };
  const having = (name, what, fetch) => (needed.has(name) || full ? attempt(what, fetch) : undefined);
  const extra = (what, fetch) => (full ? attempt(what, fetch) : undefined);
  const debian = installer(after, mayInstall, say);
  const venv = having('venv', 'the Python packages of the tests', () => pythonPackages(debian, say));
  const system = having('system', 'programs of Debian', async () => (await programs(debian, missing)) || true);
  const engine = having('engine', 'a Docker engine', async () => {
    const there = await answers();
    if (!there && process.getuid() !== 0 && !mayInstall) throw new Missing(NO_ENGINE);
    const buildx = attempt('BuildKit', () => buildKit(say));
    for (const program of there ? [] : ['docker', 'dockerd'])
      if ((await onPath(program)) === undefined) await debian(['docker.io'], program);
    return startEngine(await buildx);
  });
  const standIns = having('standIns', "the process of the tests' stand-ins", async () => {
    const folder = await venv;
    if (folder === undefined) throw new Missing('it needs the Python packages of the tests');
    return startStandIns(join(folder, 'bin', 'python'));
  });
  return {
    ...{ venv, standIns, system, engine, missing },
    examples: having('examples', 'the Python packages of the examples', () => examplePackages(debian, say)),
    actionlint: having('actionlint', 'actionlint', () => goProgram('actionlint', ACTIONLINT, say)),
    conformance: having('conformance', "OCI's conformance suite", () => goProgram('conformance', CONFORMANCE, say)),
    crane: having('crane', 'crane', () => goProgram('crane', CRANE, say)),
    browser: extra('a browser', () => browserPackages(say)),
    clients: extra('clients of the stand-in', () => clientPackages(debian, say)),
    s3: extra('an S3 server', () => goProgram('versitygw', VERSITYGW, say)),
    pytorch: extra('PyTorch', () => pytorch(debian)),
    reader: extra("BuildKit's reader of Dockerfiles", () => buildKitReader(say)),
    underway: () => [...running].map((what) => `fetching ${what}`),
    stop: async () => {
      await (await standIns)?.stop();
      await (await engine)?.stop();
    },
  };
}

/** What installs Debian's packages, one after the other, where that is allowed; else it throws, with the command. */
function installer(after, mayInstall, say) {
  let last = Promise.resolve();
  const install = async (names, what) => {
    const command = `apt-get install ${names.join(' ')}`;
    if ((await onPath('apt-get')) === undefined) throw new Missing(`${what} is not on this machine: install it`);
    const way = `sudo ${command} (or let these checks install it: npm test -- --install)`;
    if (!mayInstall) throw new Missing(`${what} is not on this machine: ${way}`);
    say(`Installing Debian's ${names.join(', ')} …`);
    const [program, ...rest] = process.getuid() === 0 ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
    const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 2 ** 26 };
    await execute(program, [...rest, 'update', '-q'], options);
    await execute(program, [...rest, 'install', '-qy', '--no-install-recommends', ...names], options);
  };
  return (names, what) => {
    const turn = last.then(() => after).then(() => install(names, what));
    last = turn.catch(() => {}); // told to who asked
    return turn;
  };
}

/** The programs that a few tests start; who lacks one leaves those tests out. */
async function programs(debian, missing) {
  for (const [program, name] of Object.entries(DEBIAN)) {
    if ((await onPath(program)) !== undefined) continue;
    await debian([name], program).catch((error) => missing.push({ what: program, why: error.message.split('\n')[0] }));
  }
  return true;
}

/** The environment that jobs of the tests find as `python3`. */
export const PLAIN_PYTHON = join(cache, 'python');

/** With the stand-in compiled, which tests start hundreds of times, where nothing may write beside its sources. */
async function pythonPackages(debian, say) {
  const list = join(root, '__tests__', 'requirements.txt');
  const [venv] = await Promise.all([
    pythonEnvironment(join(cache, 'venv'), list, 'the Python packages of the tests', debian, say),
    plainPython(),
  ]);
  await execute(join(venv, 'bin', 'python'), ['-m', 'compileall', '-q', join(root, 'local', 'sagemaker_local')]);
  return venv;
}

/**
 * Python with pip and nothing else: jobs start it thousands of times, and what a machine's own loads at each start (pyenv's
 * shim, packages' .pth files) can take longer than Python itself. Debian's may have no venv, and then its own will do.
 */
async function plainPython() {
  if (!(await exists(join(PLAIN_PYTHON, 'bin', 'pip'))))
    await execute('python3', ['-m', 'venv', PLAIN_PYTHON]).catch(() =>
      rm(PLAIN_PYTHON, { recursive: true, force: true }),
    );
}

/** What the examples for AWS need: scikit-learn on the worker, the AWS command line on the runner. */
const examplePackages = (debian, say) =>
  pythonEnvironment(
    join(cache, 'examples'),
    join(root, '__tests__', 'workflows', 'examples.txt'),
    'the Python packages of the examples',
    debian,
    say,
    // pip installs the requirements.txt of one of them. What a job compiles is gone with its instance.
    { pip: true, compiled: true },
  );

/** A folder with an environment for each client of the stand-in that its tests start, and for script-mode jobs. */
async function clientPackages(debian, say) {
  const folder = join(cache, 'clients');
  const lists = join(root, '__tests__', 'local', 'clients');
  for (const name of ['sdk2', 'sdk3', 'ssm', 'ssm-0.9.12']) {
    const what = `a client of the stand-in (${name})`;
    await pythonEnvironment(join(folder, name), join(lists, `${name}.txt`), what, debian, say);
  }
  const toolkit = join(root, 'local', 'requirements-script-mode.txt');
  // pip is what the toolkit installs a package with.
  await pythonEnvironment(join(folder, 'worker'), toolkit, "AWS's training toolkit", debian, say, { pip: true });
  return folder;
}

/** A folder with the packages of the browser's tests: 90 MB that no other test needs. */
async function browserPackages(say) {
  const lists = ['package.json', 'package-lock.json'].map((name) => join(root, '__tests__', 'local', 'browser', name));
  const wanted = createHash('sha256')
    .update(await readFile(lists[1]))
    .digest('hex');
  const folder = join(cache, 'browser');
  const mark = join(folder, 'complete');
  if ((await exists(mark)) && (await readFile(mark, 'utf8')) === wanted) return folder;
  say('Installing the browser of the tests …');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const list of lists) await copyFile(list, join(folder, basename(list)));
  await execute('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, maxBuffer: 2 ** 26 });
  await writeFile(mark, wanted);
  return folder;
}

const GO_SOURCES = ['go.mod', 'main.go'];
/** The program that reads Dockerfiles by BuildKit's own code, with which the action's reading is compared. */
async function buildKitReader(say) {
  const sources = join(root, '__tests__', 'image', 'buildkit');
  const hash = createHash('sha256');
  for (const name of GO_SOURCES) hash.update(await readFile(join(sources, name)));
  const folder = join(cache, 'go', `reader-${hash.digest('hex').slice(0, 16)}`);
  const binary = join(folder, 'reader');
  if (await exists(binary)) return binary;
  await mkdir(folder, { recursive: true });
  // A copy, because go writes what it fetched to go.mod and go.sum.
  for (const name of GO_SOURCES) await copyFile(join(sources, name), join(folder, name));
  await buildByGo("BuildKit's reader of Dockerfiles", ['build', '-o', binary, '.'], { cwd: folder }, say);
  return binary;
}

/** BuildKit's client as a plugin of docker: one that is there is found by itself. */
async function buildKit(say) {
  const there = await execute('docker', ['buildx', 'version']).catch(() => undefined);
  return there ? undefined : debianBuildx().catch(() => goProgram('buildx', BUILDX, say));
}

/** Debian's stable build, unpacked into `.cache/`, not installed: go takes three minutes of two cores for it. */
async function debianBuildx() {
  const folder = join(cache, 'buildx');
  const program = join(folder, 'usr', 'libexec', 'docker', 'cli-plugins', 'docker-buildx');
  if (await exists(program)) return program;
  const lists = join(folder, 'lists', 'partial');
  const sources = join(folder, 'sources.list');
  await mkdir(lists, { recursive: true });
  await writeFile(sources, `deb [signed-by=${DEBIAN_KEYS}] http://deb.debian.org/debian trixie main\n`);
  const places = [
    ...['-o', `Dir::Etc::SourceList=${sources}`, '-o', 'Dir::Etc::SourceParts=-'],
    ...['-o', `Dir::State::Lists=${dirname(lists)}`, '-o', `Dir::Cache=${folder}`],
  ];
  const apt = (...words) => execute('apt-get', ['-q', ...places, ...words], { cwd: folder, maxBuffer: 2 ** 26 });
  await apt('update', '-o', 'Acquire::Languages=none');
  await apt('download', 'docker-buildx');
  const [file] = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
  await execute('dpkg-deb', ['-x', join(folder, file), folder]);
  return program;
}

/** Debian's CPU build for Debian's Python, which the tests of real PyTorch start. */
async function pytorch(debian) {
  const there = () => execute('/usr/bin/python3', ['-c', 'import torch']);
  await there().catch(async () => {
    await debian(['python3-torch'], 'PyTorch');
    await there();
  });
}
