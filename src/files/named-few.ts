/** Names in a message: how many there are, and the first of them, each with what is to be said of it. */

import { count } from '../core/format.ts';

const NAMED = 10;
const LONGEST_NAME = 120;

export class NamedFew {
  readonly #named: string[] = [];
  count = 0;

  add(name: string, what: string): void {
    this.count += 1;
    if (this.#named.length === NAMED) return;
    this.#named.push(`- ${quoted(name)}: ${what}`);
  }

  /** A line for each that is named, and one for how many more there are. */
  get lines(): string {
    const more = this.count - this.#named.length;
    return [...this.#named, ...(more > 0 ? [`- … and ${count(more)} more`] : [])].join('\n');
  }
}

/** A name as JSON has it, so that odd characters are seen; a long one cut. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name);
}
