/**
 * Copies in place of symbolic links, which need a privilege on Windows:
 * https://learn.microsoft.com/windows/security/threat-protection/security-policy-settings/create-symbolic-links
 * They are made when all else is there, for a link can come before what it leads to.
 */
import { posix } from 'node:path';
import type { Below } from './below.ts';
import { MOST_BEHIND_LINKS } from './link-limits.ts';
import { RefusedName } from './refused.ts';
import type { Room } from './room.ts';

const MOST_LINKS = 10_000;

export class LinkCopies {
  readonly #folder: Below;
  readonly #room: Room;
  /** Where a link would be → where it leads. */
  readonly #links = new Map<string, string>();
  readonly #busy = new Set<string>();
  readonly #most: number;
  #copied = 0;

  /** `most`: files and folders that are copied. */
  constructor(folder: Below, room: Room, most = MOST_BEHIND_LINKS) {
    this.#folder = folder;
    this.#room = room;
    this.#most = most;
  }

  add(at: string, to: string): void {
    if (this.#links.size === MOST_LINKS) throw new RefusedName('it is a link, and there are too many to copy them');
    this.#folder.remove(at);
    this.#links.set(at, to);
  }

  /** Something else has its place since. */
  forget(at: string): void {
    this.#links.delete(at);
  }

  /** Makes them all. Calls `left` for each of which there is no copy. */
  make(left: (at: string, error: unknown) => void): void {
    for (const at of [...this.#links.keys()]) this.#make(at, left);
  }

  #make(at: string, left: (at: string, error: unknown) => void): void {
    const to = this.#links.get(at);
    if (to === undefined || this.#busy.has(at)) return;
    this.#busy.add(at);
    try {
      if (to === '' || `${at}/`.startsWith(`${to}/`)) throw new RefusedName('it is a link that leads in a circle');
      // What it leads through, and what is in it, can be links too.
      const parts = to.split('/');
      for (let length = 1; length <= parts.length; length += 1) this.#make(parts.slice(0, length).join('/'), left);
      for (const other of [...this.#links.keys()]) if (other.startsWith(`${to}/`)) this.#make(other, left);
      this.#copy(to, at);
    } catch (error) {
      this.#folder.removeFolder(at);
      left(at, error);
    } finally {
      this.#busy.delete(at);
      this.#links.delete(at);
    }
  }

  #copy(from: string, to: string): void {
    const stats = this.#folder.look(from);
    if (stats === undefined) throw new RefusedName('it is a link that leads to nothing');
    this.#copied += 1;
    if (this.#copied > this.#most) throw new RefusedName('it and other links lead to too many files');
    if (stats.isDirectory()) {
      this.#folder.folder(to);
      for (const name of this.#folder.names(from)) this.#copy(posix.join(from, name), posix.join(to, name));
    } else {
      this.#room.take(stats.size);
      this.#folder.copy(from, to);
    }
  }
}
