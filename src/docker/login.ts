/**
 * Docker's configuration for the step: the user's own, with logins of ours beside it, in a folder that only the step's user
 * may read. So no credentials are on a command line, and the user's configuration stays as it is.
 * https://docs.docker.com/reference/cli/docker/#configuration-files
 */
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ActionError } from '../task/errors.ts';

export interface Login {
  /** Host and port. */
  readonly registry: string;
  /** Base64 of `USER:PASSWORD`. */
  readonly auth: string;
}

export interface Configuration {
  readonly env: NodeJS.ProcessEnv;
  readonly remove: () => Promise<void>;
}

export async function configure(env: NodeJS.ProcessEnv, logins: readonly Login[]): Promise<Configuration> {
  const own = resolve(env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker'));
  const folder = await mkdtemp(join(env['RUNNER_TEMP'] || tmpdir(), 'docker-config-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const names = await readdir(own).catch((): string[] => []);
    // Plugins, contexts and builders are the user's.
    await Promise.all(
      names.filter((name) => name !== 'config.json').map((name) => symlink(join(own, name), join(folder, name))),
    );
    const given = names.includes('config.json') ? await readFile(join(own, 'config.json'), 'utf8') : '';
    await writeFile(join(folder, 'config.json'), mergeLogins(given, logins, own), { mode: 0o600 });
  } catch (error) {
    await remove();
    throw error;
  }
  return { env: { ...env, DOCKER_CONFIG: folder }, remove };
}

interface DockerConfig {
  readonly auths?: Readonly<Record<string, unknown>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

/** An empty file is one without settings, as to docker. */
function parseConfig(text: string, folder: string): DockerConfig {
  try {
    const config: unknown = JSON.parse(text.trim() || '{}');
    if (typeof config === 'object' && config !== null) return config;
    throw new SyntaxError('it is no object');
  } catch (cause) {
    throw new ActionError(
      `Docker's configuration ${join(folder, 'config.json')} cannot be read: ${(cause as Error).message}.`,
      'Correct the file, or name another folder by DOCKER_CONFIG.',
      { cause },
    );
  }
}

/** A helper that is named empty for a registry has Docker look into the file, whatever helper the rest has. */
function mergeLogins(given: string, logins: readonly Login[], folder: string): string {
  const config = parseConfig(given, folder);
  return JSON.stringify({
    ...config,
    auths: { ...config.auths, ...Object.fromEntries(logins.map(({ registry, auth }) => [registry, { auth }])) },
    credHelpers: { ...config.credHelpers, ...Object.fromEntries(logins.map(({ registry }) => [registry, ''])) },
  });
}
