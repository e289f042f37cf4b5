/** Where the symbolic links of an archive lead. Pure. */
import { posix } from 'node:path';

/**
 * The path that a link means, in the archive; empty where that is the folder of all; undefined where it is outside. `home`: the
 * folder that the archive was made of on the worker, where absolute links point.
 */
export function targetOf(path: string, to: string, home: string | undefined): string | undefined {
  const inside = posix.isAbsolute(to)
    ? home === undefined
      ? '..'
      : posix.relative(home, posix.normalize(to))
    : posix.join(posix.dirname(posix.join('/', path)).slice(1), to);
  const parts = inside.split('/').filter((part) => part !== '' && part !== '.');
  return parts[0] === '..' ? undefined : parts.join('/');
}

/** What is written into a link so that it leads from one path of a folder to another. */
export function linkText(from: string, to: string): string {
  return posix.relative(posix.join('/', posix.dirname(from)), posix.join('/', to)) || '.';
}
