/**
 * Archives that came from a worker, unpacked: a member never lands outside the folder, whatever it is called or links to
 * (npm `tar` strips absolute paths and refuses `..` and links that lead out; devices and pipes are left out).
 */
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Unpack } from 'tar';
import { ActionError } from '../task/errors.ts';
import { isInside } from './tree.ts';

const KINDS: readonly string[] = [
  'File',
  'OldFile',
  'ContiguousFile',
  'Directory',
  'SymbolicLink',
  'Link',
  'GNUDumpDir',
];

/** Empties the folder and unpacks the tar.gz into it; answers how many members were left out. */
export async function unpack(archive: Readable, folder: string): Promise<{ files: number; refused: string[] }> {
  const target = resolve(folder);
  await emptyFolder(target);
  const refused: string[] = [];
  let files = 0;
  const sink = new Unpack({
    cwd: target,
    preserveOwner: false,
    filter: (path, entry) => {
      const kind = 'type' in entry ? entry.type : undefined;
      const taken = kind === undefined || KINDS.includes(kind);
      if (!taken) refused.push(path);
      else if (kind !== 'Directory') files += 1;
      return taken;
    },
    onwarn: (code, message) => {
      // Tells of a member that is unpacked all the same, without its leading slash.
      if (code !== 'TAR_ENTRY_INFO') refused.push(`${code}: ${String(message)}`);
    },
  });
  await pipeline(archive, sink);
  return { files, refused };
}

/** Makes the folder, or removes what is in it. */
export async function emptyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

/** Writes a stream to `folder/path`; a path that leads out of the folder is refused. */
export async function writeBelow(folder: string, path: string, body: Readable): Promise<void> {
  const target = resolve(folder, path);
  if (!isInside(target, resolve(folder)) || target === resolve(folder)) {
    body.destroy();
    throw new ActionError(`The object "${path}" has a name that leads out of ${folder}.`, 'Remove it from the bucket.');
  }
  await mkdir(dirname(target), { recursive: true });
  await pipeline(body, createWriteStream(target));
}
