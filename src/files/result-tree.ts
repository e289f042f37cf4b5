/**
 * What is in the folder of a result, its links followed: a link to a file is one more file, a link to a folder one more folder.
 * Links that lead out of the folder, to nothing or in a circle are left out.
 */
import type { Dirent, Stats } from 'node:fs';
import { opendir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { absent } from './absent.ts';
import { MOST_BEHIND_LINKS, MOST_TIMES } from './link-limits.ts';
import { NamedFew } from './named-few.ts';
import { isInside } from './paths.ts';
import { DEEPEST } from './places.ts';

export interface TreeEntry {
  /** Relative to the folder, with slashes. */
  readonly path: string;
  readonly kind: 'file' | 'empty folder';
  /** Where the file itself is: relative to the folder, with slashes, and through no link. */
  readonly real: string;
}

export interface ResultTree {
  /** Files, and folders in which nothing is. In the order of their paths. */
  readonly entries: readonly TreeEntry[];
  /** Links that were not followed. */
  readonly left: NamedFew;
}

/** Of a folder that was unpacked there. `most`: files and folders that are reached through links. */
export async function resultTree(folder: string, most = MOST_BEHIND_LINKS): Promise<ResultTree> {
  const walk = new Walk(await realpath(folder), most);
  await walk.folder('', [walk.root]);
  const entries = walk.entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { entries, left: walk.left };
}

class Walk {
  readonly root: string;
  readonly entries: TreeEntry[] = [];
  readonly left = new NamedFew();
  /** A file → how often links led to it. */
  readonly #times = new Map<string, number>();
  readonly #most: number;
  #behindLinks = 0;

  constructor(root: string, most: number) {
    this.root = root;
    this.#most = most;
  }

  /** `above`: its real path at the end, those of the folders that it is in before. Behind a link there is more than one root. */
  async folder(path: string, above: readonly string[], behindLink = false): Promise<void> {
    const here = above.at(-1) ?? this.root;
    const before = this.entries.length;
    for await (const entry of await opendir(here, { bufferSize: 256 }))
      await this.#entry(path, entry, above, behindLink);
    if (this.entries.length === before && path !== '') this.#add(path, here, 'empty folder', behindLink);
  }

  async #entry(folder: string, entry: Dirent, above: readonly string[], behindLink: boolean): Promise<void> {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    const absolute = join(above.at(-1) ?? this.root, entry.name);
    if (entry.isFile()) this.#add(path, absolute, 'file', behindLink);
    else if (entry.isDirectory()) await this.folder(path, [...above, absolute], behindLink);
    else if (entry.isSymbolicLink()) await this.#link(path, absolute, above);
    else this.left.add(path, 'it is neither a file nor a folder');
  }

  async #link(path: string, absolute: string, above: readonly string[]): Promise<void> {
    const real = await realpath(absolute).catch(nowhere);
    if (real === undefined) return this.left.add(path, 'it is a link that leads to nothing');
    if (!isInside(real, this.root)) return this.left.add(path, 'it is a link that leads out of the folder');
    const stats = await stat(real);
    if (stats.isDirectory() && above.some((folder) => isInside(folder, real)))
      return this.left.add(path, 'it is a link that leads in a circle');
    if (this.#behindLinks >= this.#most || above.length > DEEPEST) return this.left.add(path, TOO_MUCH);
    await this.#follow(path, real, stats, above);
  }

  async #follow(path: string, real: string, stats: Stats, above: readonly string[]): Promise<void> {
    const before = this.entries.length;
    this.#behindLinks += 1;
    try {
      if (stats.isDirectory()) await this.folder(path, [...above, real], true);
      else if (stats.isFile()) this.#add(path, real, 'file', true);
      else this.left.add(path, 'it is neither a file nor a folder');
    } catch (error) {
      if (!(error instanceof TooMuch)) throw error;
      this.entries.length = before;
      this.left.add(path, TOO_MUCH);
    }
  }

  #add(path: string, absolute: string, kind: TreeEntry['kind'], behindLink: boolean): void {
    if (behindLink) this.#count(absolute);
    this.entries.push({ path, kind, real: relative(this.root, absolute).split(sep).join('/') });
  }

  #count(absolute: string): void {
    const times = (this.#times.get(absolute) ?? 0) + 1;
    this.#behindLinks += 1;
    if (times > MOST_TIMES || this.#behindLinks > this.#most) throw new TooMuch();
    this.#times.set(absolute, times);
  }
}

const TOO_MUCH = 'it is a link, and it and other links lead to too many files';

class TooMuch extends Error {}

/** A link to nothing, or to itself. */
function nowhere(error: NodeJS.ErrnoException): undefined {
  return error.code === 'ELOOP' ? undefined : absent(error);
}
