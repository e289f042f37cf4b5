// A Docker engine for the tests: one that is there, or one of their own, started where this user may; with an image in it
// that has python3, made of the machine's own files, and BuildKit's client. No registry is asked for any of it.
import { execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '..');
const BASE_IMAGE = 'simple-sagemaker-test-base:3';
const START_MS = 30_000;
const STOP_MS = 20_000;
const RESTART_MS = 500;
const MOST_CRASHES = 5;

/**
 * `{ host, own, image, config, stop, crashes }`: DOCKER_HOST, whether it is the tests' own, the base image's name, a
 * DOCKER_CONFIG whose docker has buildx, how often the engine ended by itself: Debian's 20.10 does so now and then, in
 * BuildKit's GetByBlob, and is started again. Throws where there is none.
 */
export async function startEngine(buildx) {
  const { host, own, stop, crashes } = (await running()) ?? (await ownEngine());
  try {
    const env = { ...process.env, DOCKER_HOST: host };
    await execute(join(root, 'scripts', 'base-image.sh'), [BASE_IMAGE], { env, maxBuffer: 2 ** 26 });
    const config = join(root, '.cache', 'docker', 'config');
    await rm(config, { recursive: true, force: true });
    await mkdir(join(config, 'cli-plugins'), { recursive: true });
    if (buildx) await symlink(buildx, join(config, 'cli-plugins', 'docker-buildx'));
    return { host, own, image: BASE_IMAGE, config, stop, crashes };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whether docker is here and finds an engine by itself. */
export const answers = () =>
  execute('docker', ['version', '--format', '{{.Server.Version}}']).then(
    () => true,
    () => false,
  );

/** The engine that docker finds by itself. */
async function running() {
  if (!(await answers())) return undefined;
  const format = '{{.Endpoints.docker.Host}}';
  const { stdout } = await execute('docker', ['context', 'inspect', '--format', format]);
  return { host: process.env.DOCKER_HOST || stdout.trim(), own: false, stop: async () => {}, crashes: () => 0 };
}

/** As root, or by sudo where that asks for no password. Without iptables what it runs reaches each other, not the world. */
async function ownEngine(firewall = []) {
  const folder = join(root, '.cache', 'docker');
  await mkdir(folder, { recursive: true });
  const pidFile = join(folder, 'dockerd.pid');
  await end(await pidIn(pidFile));
  // The path of a socket is 108 characters at the most.
  const run = await mkdtemp(join(tmpdir(), 'docker-'));
  // Who may use the engine, its socket says.
  await chmod(run, 0o755);
  const host = `unix://${run}/docker.sock`;
  const logFile = join(folder, 'dockerd.log');
  await writeFile(logFile, '');
  const flags = [...firewall, '-H', host];
  const places = ['--data-root', join(folder, 'data'), '--exec-root', join(run, 'exec'), '--pidfile', pidFile];
  const user = process.getuid() === 0 ? [] : ['sudo', '-n'];
  const group = process.getuid() === 0 ? [] : ['--group', String(process.getgid())];
  const [program, ...args] = [...user, 'dockerd', ...flags, ...places, ...group];
  let ended;
  let isWanted = false;
  let crashes = 0;
  const start = async () => {
    const log = await open(logFile, 'a');
    const child = spawn(program, args, { detached: true, stdio: ['ignore', log.fd, log.fd] });
    child.once('error', (error) => (ended = error.message));
    child.once('exit', (code) => {
      ended ??= `dockerd ended with ${code}`;
      if (!isWanted || crashes === MOST_CRASHES) return;
      crashes += 1;
      // What it started is still ending.
      void sleep(RESTART_MS).then(() => isWanted && start());
    });
    child.unref();
    await log.close();
  };
  await start();
  const stop = async () => {
    isWanted = false;
    await end(await pidIn(pidFile));
    await execute('ip', ['link', 'del', 'docker0']).catch(() => {}); // there may be no "ip", or no such link
    await rm(run, { recursive: true, force: true }).catch(() => {}); // root's, where sudo started it
  };
  for (const deadline = Date.now() + START_MS; Date.now() < deadline && ended === undefined; await sleep(100)) {
    const answers = await execute('docker', ['--host', host, 'version']).catch(() => undefined);
    if (answers) {
      isWanted = true;
      return { host, own: true, stop, crashes: () => crashes };
    }
  }
  await stop();
  if (firewall.length === 0)
    return ownEngine(['--iptables=false', '--ip6tables=false', '--ip-masq=false', '--ip-forward=false']);
  const said = (await readFile(join(folder, 'dockerd.log'), 'utf8')).trim().split('\n').at(-1);
  throw new Error(`no Docker engine runs, and none could be started: ${ended ?? 'no answer'} (${said})`);
}

async function pidIn(file) {
  return Number(await readFile(file, 'utf8').catch(() => '0'));
}

/** SIGTERM, and SIGKILL to what does not end. */
async function end(pid) {
  const command = pid > 0 ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') : '';
  if (!command.includes('dockerd')) return;
  const kill = (signal) =>
    execute(process.getuid() === 0 ? 'kill' : 'sudo', [
      ...(process.getuid() === 0 ? [] : ['-n', 'kill']),
      signal,
      String(pid),
    ]);
  await kill('-TERM');
  for (const deadline = Date.now() + STOP_MS; Date.now() < deadline; await sleep(100)) {
    if (!(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''))) return;
  }
  await kill('-KILL');
}
