/**
 * Where the members of a result go: each under its own name where that is possible, else under a changed one. No two of them
 * get the same place, whatever the platform takes for one name. Pure, but that it remembers what it gave.
 */
import { hash } from 'node:crypto';
import { digest, fitting, folded, lengthOf, numbered, type Rules } from './file-names.ts';
import { NamedFew, quoted } from './named-few.ts';

/** Folders in folders: what is deeper, other programs cannot remove or read. */
export const DEEPEST = 256;

/** The most bytes (on Windows: UTF-16 units) of a whole path. Linux: PATH_MAX with its zero. */
const LONGEST_PATH: Readonly<Record<Rules, number>> = {
  linux: 4095,
  darwin: 1023,
  win32: 32_000,
  artifact: 65_535,
};

/** So many are remembered, in some 60 bytes each. After that, places are taken for free. */
const REMEMBERED = 4_000_000;

export type Kind = 'file' | 'folder';

export class Places {
  readonly #rules: Rules;
  readonly #longest: number;
  /** Place → who has it: hashes, for there can be millions. */
  readonly #owners = new Map<number, number>();
  /** The folder of the last path: most come folder by folder. */
  #last: { readonly from: string; readonly to: string } = { from: '', to: '' };
  /** Names that were changed, and what they are now. */
  readonly changed = new NamedFew();

  /** `root`: the path of the folder that all is in. */
  constructor(rules: Rules, root = '') {
    this.#rules = rules;
    this.#longest = LONGEST_PATH[rules] - lengthOf(root, rules) - 1;
  }

  /** The path to write a file to, relative to the folder. The same for the same path. */
  file(path: string): string {
    return this.#place(path, 'file');
  }

  folder(path: string): string {
    return this.#place(path, 'folder');
  }

  /** The path of what was or will be put there, a file or a folder. */
  find(path: string): string {
    let to = '';
    let from = '';
    for (const part of this.#parts(path)) {
      from = joined(from, part);
      const candidates = [...this.#candidates(part, from)];
      const known = candidates.find((name) => this.#has(joined(to, name), from));
      const free = candidates.find((name) => this.#owners.get(this.#id(joined(to, name))) === undefined);
      to = joined(to, known ?? free ?? part);
    }
    return to;
  }

  #place(path: string, kind: Kind): string {
    const parts = this.#parts(path);
    // One that leads up stays as it is: whoever writes refuses it.
    if (parts.includes('..')) return path;
    const last = parts.pop();
    if (last === undefined) return '';
    const folder = parts.join('/');
    if (this.#last.from !== folder) this.#last = { from: folder, to: this.#folders(parts) };
    const known = this.#owners.size;
    const place = this.#claim(this.#last.to, joined(folder, last), last, kind);
    if (this.#isTooLong(path) && this.#owners.size > known) this.changed.add(path, `now ${quoted(place)}`);
    return place;
  }

  #folders(parts: readonly string[]): string {
    let from = '';
    let to = '';
    for (const part of parts) {
      from = joined(from, part);
      to = this.#claim(to, from, part, 'folder');
    }
    return to;
  }

  /** The first of its names that nobody else has. */
  #claim(folder: string, from: string, name: string, kind: Kind): string {
    const owner = number(`${kind}:${from}`);
    for (const candidate of this.#candidates(name, from)) {
      const place = joined(folder, candidate);
      const id = this.#id(place);
      const has = this.#owners.get(id);
      if (has === owner) return place;
      if (has !== undefined) continue;
      if (this.#owners.size < REMEMBERED) this.#owners.set(id, owner);
      if (candidate !== name) this.changed.add(from, `now ${quoted(place)}`);
      return place;
    }
    return joined(folder, name);
  }

  *#candidates(name: string, from: string): Generator<string> {
    const fit = fitting(name, this.#rules);
    yield fit;
    for (const end of [2, 3, 4]) yield numbered(fit, end, this.#rules);
    // A file and a folder may want the same one.
    for (const text of [from, `${from}/`]) yield numbered(fit, digest(text), this.#rules);
  }

  #has(place: string, from: string): boolean {
    const owner = this.#owners.get(this.#id(place));
    return owner !== undefined && (owner === number(`file:${from}`) || owner === number(`folder:${from}`));
  }

  #id(place: string): number {
    return number(folded(place, this.#rules));
  }

  /** One that is too long or too deep goes to a folder at the top. */
  #parts(path: string): string[] {
    const parts = partsOf(path);
    if (!this.#isTooLong(path)) return parts;
    return [`too-deep-${digest(parts.slice(0, -1).join('/'))}`, ...parts.slice(-1)];
  }

  #isTooLong(path: string): boolean {
    return lengthOf(path, this.#rules) > this.#longest || partsOf(path).length > DEEPEST;
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** 52 bits that stand for a text. */
function number(text: string): number {
  return Number.parseInt(hash('sha1', text).slice(0, 13), 16);
}
