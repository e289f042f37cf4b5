/** Looks for paths in the workspace, within limits of time and number. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isEmpty } from './checkout.ts';
import { indexBelow, repositoryOf } from './git-index.ts';
import { MARKER } from './output-folder.ts';
import { isInside, pathBelow } from './paths.ts';
import { isGit } from './private-files.ts';
import { submodulesOf } from './submodules.ts';

const MOST_ENTRIES = 200_000;
const MOST_MS = 3_000;
/** Folders of other people's files: packages, and Python environments, which have the second file. */
const PACKAGES = 'node_modules';
const ENVIRONMENT = 'pyvenv.cfg';

/** Relative to the workspace, with slashes. */
export interface FoundPath {
  readonly path: string;
  readonly isFolder: boolean;
  /** It is not on the disk, because the checkout lacks it. */
  readonly lacks?: 'sparse' | 'submodule';
}

/** Calls back with the paths of the workspace, those that are higher up first, and with those that the checkout lacks. */
export async function eachPath(workspace: string, take: (found: FoundPath) => void): Promise<void> {
  await eachOnDisk(workspace, take);
  const repository = repositoryOf(workspace, workspace);
  for (const path of await submodulesOf(workspace))
    if (isEmpty(path)) take({ path: pathBelow(workspace, path), isFolder: true, lacks: 'submodule' });
  if (repository === undefined) return;
  for (const path of (await indexBelow(repository, workspace)).skipped)
    if (isInside(path, workspace)) take({ path: pathBelow(workspace, path), isFolder: false, lacks: 'sparse' });
}

async function eachOnDisk(workspace: string, take: (found: FoundPath) => void): Promise<void> {
  const until = performance.now() + MOST_MS;
  const folders = [workspace];
  let entries = 0;
  // The list grows while it is read.
  for (const folder of folders) {
    if (entries > MOST_ENTRIES || performance.now() > until) return;
    const inside = await readdir(folder, { withFileTypes: true }).catch(() => []);
    entries += inside.length;
    if (inside.some(({ name }) => name === ENVIRONMENT || (name === MARKER && folder !== workspace))) continue;
    for (const entry of inside.filter(({ name }) => !isGit(name) && name !== PACKAGES)) {
      const absolute = join(folder, entry.name);
      take({ path: pathBelow(workspace, absolute), isFolder: entry.isDirectory() });
      if (entry.isDirectory()) folders.push(absolute);
    }
  }
}
