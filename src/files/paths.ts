/** Paths on the runner. `platform`: the runner's system. */
import { type Platform, pathsOf, slashed } from '../core/platform.ts';

/** Whether an absolute path is the folder or below it. Windows' names have no case, and its folders' slashes two forms. */
export function isInside(path: string, folder: string, platform: Platform = process.platform): boolean {
  const [inner, outer] = [comparable(path, platform), comparable(folder, platform)];
  return inner === outer || inner.startsWith(outer.endsWith('/') ? outer : `${outer}/`);
}

/** Whether two absolute paths are the same. */
export function isSamePath(one: string, other: string, platform: Platform = process.platform): boolean {
  return comparable(one, platform) === comparable(other, platform);
}

function comparable(path: string, platform: Platform): string {
  return platform === 'win32' ? slashed(path, platform).toLowerCase() : path;
}

/** The path from a folder to what is below it, with slashes: as in archives, keys and patterns. */
export function pathBelow(folder: string, path: string, platform: Platform = process.platform): string {
  return slashed(pathsOf(platform).relative(folder, path), platform);
}

/** A path for people: relative and with slashes if it is below the workspace, otherwise as it is. */
export function shownPath(path: string, workspace: string, platform: Platform = process.platform): string {
  if (!isInside(path, workspace, platform)) return path;
  return pathBelow(workspace, path, platform) || pathsOf(platform).basename(path);
}
