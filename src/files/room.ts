/** How much more may be written to a disk: the runner needs some of it for itself. */
import { statfsSync } from 'node:fs';
import { ActionError } from '../core/errors.ts';
import { size } from '../core/format.ts';

const MIB = 2 ** 20;
/** Kept free: this, or a twentieth of a small disk. */
const KEPT = 256 * MIB;
/** Looked at again after so many bytes: others write too. */
const LOOK_EVERY = 64 * MIB;
/** What a file takes of a disk at least, on most file systems. */
const LEAST = 4096;

/** Throws an ActionError where what is to be written does not fit. */
export class Room {
  readonly #folder: string;
  readonly #what: string;
  #left = 0;
  #taken = 0;
  #holes = 0;

  /** `what`: what is written, as the error names it. */
  constructor(folder: string, what: string) {
    this.#folder = folder;
    this.#what = what;
    this.#look(0);
  }

  /** Before so many bytes of a file are written. */
  take(bytes: number): void {
    this.#taken += Math.max(bytes, LEAST);
    this.#left -= Math.ceil(bytes / LEAST) * LEAST;
    if (this.#left < 0 || this.#taken > LOOK_EVERY) this.#look(bytes);
  }

  /** For bytes that take no disk until somebody copies them: holes, and further names of a file. */
  takeHoles(bytes: number): void {
    this.#holes += bytes;
    this.#left -= bytes;
    if (this.#left < 0) this.#look(0);
  }

  #look(bytes: number): void {
    const { bavail, bsize, blocks, files, ffree } = statfsSync(this.#folder);
    const free = bavail * bsize;
    this.#taken = 0;
    this.#left = free - Math.min(KEPT, (blocks * bsize) / 20) - this.#holes - bytes;
    // Some file systems do not count files.
    if (this.#left >= 0 && (files === 0 || ffree > files / 100)) return;
    const needs = bytes + this.#holes > 0 ? `, and it needs ${size(bytes + this.#holes)} more` : '';
    const has = this.#left < 0 ? `has ${size(free)} free${needs}` : 'has no room for more files';
    throw new ActionError(
      `${this.#what} does not fit on the disk: ${this.#folder} ${has}.`,
      'Free disk space on the runner, name a folder on a larger disk in "output-path", or let the job write less; then ' +
        'run the step again: it takes the results of the job that completed.',
    );
  }
}
