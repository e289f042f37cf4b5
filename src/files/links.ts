/** Links of the workspace: what an input names is reached through none that leads out, what is written through none at all. */
import { lstat, readlink, realpath } from 'node:fs/promises';
import { join, parse, resolve, sep } from 'node:path';
import { InputProblem } from '../core/errors.ts';
import { absent } from './absent.ts';
import { isInside, shownPath } from './paths.ts';

/** As Linux: https://man7.org/linux/man-pages/man7/path_resolution.7.html */
const MOST_LINKS = 40;

/**
 * The first link on the way to a path that is in the workspace itself. How the workspace is reached is the machine's own
 * matter: `/tmp` and `/home` are links on some.
 */
export async function linkInWorkspace(path: string, workspace: string): Promise<string | undefined> {
  const top = await realpath(workspace).catch(() => resolve(workspace));
  const ahead = partsOf(path);
  let folder = parse(resolve(path)).root;
  for (let links = 0, part = ahead.shift(); part !== undefined && links <= MOST_LINKS; part = ahead.shift()) {
    const here = join(folder, part);
    const found = await lstat(here).catch(absent);
    if (found === undefined) return undefined;
    if (!found.isSymbolicLink()) {
      folder = here;
      continue;
    }
    if (isInside(here, top)) return here;
    links += 1;
    const target = resolve(folder, await readlink(here));
    ahead.unshift(...partsOf(target));
    // On Windows the target can be on another drive.
    folder = parse(target).root;
  }
  return undefined;
}

/** Throws an InputProblem where the path, which exists, is reached through a link that leads out of the workspace. */
export async function assertNoWayOut(path: string, workspace: string): Promise<void> {
  const link = await linkInWorkspace(path, workspace);
  if (link === undefined) return;
  const [real, top] = await Promise.all([realpath(path), realpath(workspace)]);
  if (isInside(real, top)) return;
  throw new InputProblem(
    `${shownPath(path, workspace)} is reached through the link ${shownPath(link, top)}, which leads out of the workspace`,
    'put the files themselves there, or name the place that the link leads to.',
  );
}

function partsOf(path: string): string[] {
  const absolute = resolve(path);
  return absolute.slice(parse(absolute).root.length).split(sep).filter(Boolean);
}
