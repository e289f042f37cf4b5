/** The commands of a scenario's sides: the action as a step, and peers in their environments. */
import { mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { stepEnvironment } from '../scripts/step.mjs';
import { type Command, type Ended, measured } from './process.ts';
import type { Bench, Run } from './scenario.ts';
import type { Variables } from './servers/aws.ts';
import type { Peer } from './tools.ts';

const root = join(import.meta.dirname, '..');
const DRIVERS = 'bench/drivers';
export const DIST = join(root, 'dist', 'index.js');
export const PROJECT = 'bench';

type Watch = Pick<Command, 'onOutput' | 'until'>;

export interface ActionStep extends Watch {
  /** Of the checkout. */
  readonly workspace: string;
  /** As under `with:`. */
  readonly inputs: Variables;
  /** Whether S3 is reached through the stand-in, so that its log has all requests in their order. */
  readonly logged?: boolean;
}

/** Runs the action as a runner would: `dist/index.js` as a process. */
export function runAction(
  bench: Bench,
  { place }: Run,
  { workspace, inputs, logged, ...watch }: ActionStep,
): Promise<Ended> {
  const { variables } = stepEnvironment({
    folder: join(bench.folder, 'steps'),
    inputs: { project: PROJECT, ...inputs },
    env: {
      ...environment(bench, []),
      ...bench.aws.variables(place, logged),
      GITHUB_WORKSPACE: workspace,
      GITHUB_REPOSITORY: `org/${PROJECT}`,
      GITHUB_REF: 'refs/heads/main',
      GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
      GITHUB_RUN_ID: '17',
    },
  });
  const words = [process.execPath, DIST];
  return measured(bench, { words, cwd: workspace, env: variables, ...watch });
}

/** A step with these inputs, on one line. */
export function shownStep(inputs: Variables): string {
  const pairs = Object.entries(inputs).map(([name, value]) => `${name}: ${value}`);
  return `with: {${pairs.join(', ')}}`;
}

export interface PeerCommand extends Watch {
  /** Undefined for what every machine has. */
  readonly peer: Peer | undefined;
  /** With `$NAME`s, whose values are in `values`. */
  readonly words: readonly string[];
  readonly values: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly logged?: boolean;
}

export function runPeer(bench: Bench, { place }: Run, command: PeerCommand): Promise<Ended> {
  const { peer, words, values, cwd, logged, ...watch } = command;
  const namesAwsHosts = peer !== undefined && peer !== 'transfer';
  const env = {
    ...environment(bench, peer === undefined ? [] : (bench.tools.peers.get(peer) ?? [])),
    ...bench.aws.variables(place, logged),
    ...(namesAwsHosts ? bench.aws.proxyVariables(place) : {}),
    // https://github.com/peak/s5cmd#google-cloud-storage-support, https://rclone.org/docs/#environment-variables
    S3_ENDPOINT_URL: place.s3,
    RCLONE_CONFIG_S3_TYPE: 's3',
    RCLONE_CONFIG_S3_PROVIDER: 'Other',
    RCLONE_CONFIG_S3_ENV_AUTH: 'true',
    RCLONE_CONFIG_S3_ENDPOINT: place.s3,
    // What they print is read as it comes.
    PYTHONUNBUFFERED: '1',
    SAGEMAKER_USER_CONFIG_OVERRIDE: join(import.meta.dirname, 'peers', 'sagemaker-config.yaml'),
  };
  return measured(bench, { words: filled(words, { DRIVERS: join(root, DRIVERS), ...values }), cwd, env, ...watch });
}

/** As a person would type it in this repository. A word with a space stands in quotes. */
export function shownCommand(words: readonly string[]): string {
  const shown = words.map((word) => word.replace('$DRIVERS', DRIVERS));
  return shown.map((word) => (word.includes(' ') ? `'${word}'` : word)).join(' ');
}

/** Throws an Error for a name without a value. */
export function filled(words: readonly string[], values: Readonly<Record<string, string>>): string[] {
  return words.map((word) =>
    word.replace(/\$([A-Z]+)/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`$${name} has no value in: ${words.join(' ')}`);
      return value;
    }),
  );
}

/** Nothing of this machine's own configuration; `folders` come first on the PATH. */
function environment({ folder }: Bench, folders: readonly string[]): Variables {
  const home = join(folder, 'home');
  mkdirSync(home, { recursive: true });
  return { PATH: [...folders, process.env['PATH'] ?? ''].join(delimiter), HOME: home, LANG: 'C.UTF-8' };
}
