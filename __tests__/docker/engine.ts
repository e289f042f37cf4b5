/** The Docker engine that scripts/engine.mjs found or started for the tests, and runs of the action beside it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StandIn } from '../action/stand-in.ts';

const host = process.env['TEST_DOCKER_HOST'] ?? '';
/** The user's configuration: the plugin for BuildKit, and nothing else. */
const config = process.env['TEST_DOCKER_CONFIG'] ?? '';

/** Whether what the engine has besides may be emptied: it was started for the tests, or its machine is thrown away. */
export const MAY_EMPTY = process.env['TEST_DOCKER_OWN'] === '1' || process.env['CI'] === 'true';

/** An image with python3 that the engine has and no registry. */
export const BASE = process.env['TEST_BASE_IMAGE'] ?? '';

export type BuilderKind = 'BuildKit' | 'the classic builder';

/** A stand-in whose jobs run in the engine's containers. */
export function startStandIn(flags: readonly string[] = []): Promise<StandIn> {
  return StandIn.start(['--containers', 'auto', ...flags], { DOCKER_HOST: host, DOCKER_CONFIG: config });
}

/** Runs docker; its output. */
export function docker(...args: string[]): string {
  const env = { ...process.env, DOCKER_HOST: host, DOCKER_CONFIG: config };
  return execFileSync('docker', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 });
}

/** A name that no other test gives an image. */
export function freshName(): string {
  return `test-${Math.random().toString(36).slice(2, 10)}`;
}

/** Without these images; where it may be emptied without what builds left too, as an engine is that never built them. */
export function forget(repository: string): void {
  const names = docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', `${repository}*`)
    .split('\n')
    .filter((name) => name !== '' && !name.endsWith(':<none>'));
  if (names.length > 0) docker('image', 'rm', '--force', ...names);
  if (!MAY_EMPTY) return;
  docker('image', 'prune', '--force');
  docker('builder', 'prune', '--all', '--force');
}

/** A runner of its own: the user's home with Docker's configuration, and a docker whose command lines are kept. */
export class Runner {
  readonly env: Record<string, string>;
  /** Where Docker's configuration of the user lies. */
  readonly config: string;
  readonly temporary: string;
  readonly #calls: string;
  readonly #registries: string;

  constructor(aws: Pick<StandIn, 'folder'>, builder: BuilderKind = 'BuildKit') {
    const folder = mkdtempSync(join(aws.folder, 'runner-'));
    this.config = join(folder, 'docker');
    this.temporary = join(folder, 'temp');
    this.#calls = join(folder, 'calls');
    this.#registries = join(folder, 'config.json');
    const bin = join(folder, 'bin');
    for (const each of [this.config, this.temporary, bin]) mkdirSync(each);
    if (builder === 'BuildKit') symlinkSync(join(config, 'cli-plugins'), join(this.config, 'cli-plugins'));
    const real = execFileSync('which', ['docker'], { encoding: 'utf8' }).trim();
    // It does nothing but keep the words and be docker.
    const keep = `printf '%s\\n' "$*" >> '${this.#calls}'\ncp "$DOCKER_CONFIG/config.json" '${this.#registries}' 2>&-`;
    // As docker warns, and as podman does that goes by its name.
    const notice = 'echo "WARNING: linux/none is a word of a notice" >&2';
    writeFileSync(join(bin, 'docker'), `#!/bin/sh\n${keep}\n${notice}\nexec '${real}' "$@"\n`);
    chmodSync(join(bin, 'docker'), 0o755);
    writeFileSync(this.#calls, '');
    this.env = {
      DOCKER_HOST: host,
      DOCKER_CONFIG: this.config,
      RUNNER_TEMP: this.temporary,
      PATH: `${bin}:${process.env['PATH']}`,
    };
  }

  /** The command lines so far. */
  calls(): string[] {
    return readFileSync(this.#calls, 'utf8').split('\n').slice(0, -1);
  }

  /** The registries that the last command had a login to. */
  logins(): string[] {
    const { auths } = JSON.parse(readFileSync(this.#registries, 'utf8')) as { auths: Record<string, unknown> };
    return Object.keys(auths).sort();
  }

  /** How many images were built so far. */
  builds(): number {
    return this.calls().filter((call) => call.startsWith('build ')).length;
  }
}
