/** Copies a build context, for a builder that cannot exclude further files from it. */
import { constants } from 'node:fs';
import { chmod, copyFile, link, mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { each } from '../core/concurrency.ts';
import type { ContextFiles } from './build-context.ts';

const FILES_AT_ONCE = 16;

/** Calls `work` with a copy below the folder `parent`, and removes it afterwards. */
export async function withCopy<T>(
  context: string,
  found: ContextFiles,
  parent: string | undefined,
  signal: AbortSignal,
  work: (copy: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(parent || tmpdir(), 'docker-context-'));
  try {
    const copy = join(folder, 'context');
    await copyContext(context, found, copy, signal);
    return await work(copy);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Links files where possible, because that is faster than copying. */
async function copyContext(
  context: string,
  { files, linksAndFolders }: ContextFiles,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(folder);
  const folders = [...linksAndFolders].filter(([, target]) => target === '/').map(([path]) => path);
  for (const path of folders.sort()) await mkdir(join(folder, path));
  await each(signal, [...linksAndFolders], FILES_AT_ONCE, async ([path, target]) => {
    if (target !== '/') await symlink(target, join(folder, path));
  });
  await each(signal, files, FILES_AT_ONCE, async ({ path, absolute }) => {
    const target = join(folder, path);
    // A hard link to another disk or to another user's file is not possible.
    await link(absolute, target).catch(() => copyFile(absolute, target, constants.COPYFILE_FICLONE));
  });
  await each(signal, folders, FILES_AT_ONCE, async (path) => {
    await chmod(join(folder, path), (await stat(join(context, path))).mode & 0o7777);
  });
}
