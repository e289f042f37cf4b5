/**
 * Finds links that git checked out as text files with the target's path, as it does on Windows without the right to make links
 * (`core.symlinks`, https://git-scm.com/docs/git-config#Documentation/git-config.txt-coresymlinks).
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { LocalFile } from '../core/local-file.ts';
import type { IndexedLink } from './git-index.ts';

/** Bytes of the longest target that Linux and Windows allow. */
const LONGEST = 65_536;

/** The files whose content is exactly what git has for a link of that path. A real link's file has other content. */
export function flatLinks(files: readonly LocalFile[], links: readonly IndexedLink[]): LocalFile[] {
  if (links.length === 0) return [];
  const hashes = new Map(links.map(({ path, hash }) => [path, hash]));
  return files.filter(({ absolute, size }) => {
    const hash = hashes.get(absolute);
    return hash !== undefined && size <= LONGEST && hash === blobHash(absolute, hash.length);
  });
}

/** https://git-scm.com/book/en/v2/Git-Internals-Git-Objects: SHA-1, or SHA-256 in newer repositories. */
function blobHash(path: string, digits: number): string {
  try {
    const content = readFileSync(path);
    const hash = createHash(digits === 40 ? 'sha1' : 'sha256');
    return hash.update(`blob ${content.length}\0`).update(content).digest('hex');
  } catch {
    return '';
  }
}
