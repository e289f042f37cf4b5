/**
 * What differs between the systems of runners. Each rule takes the system as a value (Node's `process.platform`: `linux`,
 * `darwin`, `win32`), so that it can be tested on any of them.
 */
import { posix, win32 } from 'node:path';

export type Platform = NodeJS.Platform;

/** A path with slashes. On Windows a backslash parts names too; elsewhere it is a character of a name. */
export function slashed(path: string, platform: Platform): string {
  return platform === 'win32' ? path.replaceAll('\\', '/') : path;
}

/** Node's rules for the system's paths. */
export function pathsOf(platform: Platform): typeof posix {
  return platform === 'win32' ? win32 : posix;
}

/**
 * How to start a program: by its name, which the system looks up. Windows would look into the current folder first, which is
 * the workspace, so that a pull request could bring the program. There it is the first that `exists` in the folders of PATH;
 * undefined if none does.
 */
export function findProgram(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  platform: Platform,
  exists: (path: string) => boolean,
): string | undefined {
  if (platform !== 'win32') return name;
  // Names of variables have no case on Windows.
  const path = Object.entries(env).find(([key]) => key.toUpperCase() === 'PATH')?.[1] ?? '';
  const folders = path.split(';').map((folder) => folder.trim().replace(/^"(.*)"$/, '$1'));
  const candidates = folders
    .filter((folder) => win32.isAbsolute(folder))
    .map((each) => win32.join(each, `${name}.exe`));
  return candidates.find(exists);
}

/** The signals by which the runner cancels a step. On Windows it sends Ctrl+C and then Ctrl+Break. */
export function cancelSignals(platform: Platform): NodeJS.Signals[] {
  return platform === 'win32' ? ['SIGINT', 'SIGBREAK'] : ['SIGINT', 'SIGTERM'];
}

/** The user's home folder, as Docker and Git look it up. Undefined if no variable has it. */
export function homeOf(env: Readonly<Record<string, string | undefined>>, platform: Platform): string | undefined {
  return (platform === 'win32' ? env['USERPROFILE'] : env['HOME']) || undefined;
}
