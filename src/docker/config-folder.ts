/**
 * A temporary Docker configuration: the user's own plus the step's logins, in a folder that only the step's user can
 * read. So no credentials are on a command line, and the user's configuration does not change.
 * https://docs.docker.com/reference/cli/docker/#configuration-files
 */
import { copyFile, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ActionError } from '../core/errors.ts';
import { homeOf } from '../core/platform.ts';

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
  const userFolder = resolve(env['DOCKER_CONFIG'] || join(homeOf(env, process.platform) ?? homedir(), '.docker'));
  const folder = await mkdtemp(join(env['RUNNER_TEMP'] || tmpdir(), 'docker-config-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const names = await readdir(userFolder).catch((): string[] => []);
    // Plugins, contexts and builders stay the user's.
    await Promise.all(
      names.filter((name) => name !== 'config.json').map((name) => include(join(userFolder, name), join(folder, name))),
    );
    const config = names.includes('config.json') ? await readFile(join(userFolder, 'config.json'), 'utf8') : '';
    await writeFile(join(folder, 'config.json'), mergeLogins(config, logins, userFolder), { mode: 0o600 });
  } catch (error) {
    await remove();
    throw error;
  }
  return { env: { ...env, DOCKER_CONFIG: folder }, remove };
}

/** By a link. On Windows most users may only make those to folders, called junctions, so that a file is copied. */
async function include(path: string, target: string): Promise<void> {
  const isFolder = process.platform === 'win32' && (await stat(path)).isDirectory();
  if (process.platform !== 'win32' || isFolder) await symlink(path, target, 'junction');
  else await copyFile(path, target);
}

interface DockerConfig {
  readonly auths?: Readonly<Record<string, unknown>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

/** Like docker, reads an empty file as a configuration without settings. */
function parseConfig(text: string, folder: string): DockerConfig {
  try {
    const config: unknown = JSON.parse(text.trim() || '{}');
    if (typeof config === 'object' && config !== null) return config;
    throw new SyntaxError('it is not a JSON object');
  } catch (cause) {
    throw new ActionError(
      `Docker's configuration ${join(folder, 'config.json')} cannot be parsed: ${(cause as Error).message}.`,
      'Correct the file, or set DOCKER_CONFIG to another folder.',
      { cause },
    );
  }
}

/**
 * Adds logins. An empty `credHelpers` entry makes Docker read this registry's login from config.json, even if a global
 * credential helper is set.
 */
function mergeLogins(text: string, logins: readonly Login[], folder: string): string {
  const config = parseConfig(text, folder);
  return JSON.stringify({
    ...config,
    auths: { ...config.auths, ...Object.fromEntries(logins.map(({ registry, auth }) => [registry, { auth }])) },
    credHelpers: { ...config.credHelpers, ...Object.fromEntries(logins.map(({ registry }) => [registry, ''])) },
  });
}
