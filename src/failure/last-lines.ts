/** Keeps the last lines of each instance, in which the error is that ended it. */

import type { LogConsumer, LogLine, LogLines } from '../core/log-lines.ts';

export interface InstanceLines {
  readonly host: string;
  /** Counts from 0. */
  readonly instance: number;
  readonly lines: readonly LogLine[];
}

/** Characters of an instance, and of all together. */
const MOST = 128 * 1024;
const MOST_OF_ALL = 8 * 1024 * 1024;
const LONGEST_LINE = 8_000;
/** What a line costs beside its characters. */
const LINE = 64;

interface Kept extends InstanceLines {
  readonly lines: LogLine[];
  characters: number;
}

export class LastLines implements LogConsumer {
  readonly #kept = new Map<number, Kept>();

  accept({ host, instance, lines }: LogLines): void {
    const known = this.#kept.get(instance);
    const kept = known ?? { host, instance, lines: [], characters: 0 };
    if (known === undefined) this.#kept.set(instance, kept);
    for (const { at, text } of lines) {
      const start = text.slice(0, LONGEST_LINE);
      kept.lines.push({ at, text: start });
      kept.characters += start.length + LINE;
      // Twice as much before it is cut, so that a line costs the same however many are kept.
      if (kept.characters > 2 * this.#most) cut(kept, this.#most);
    }
    if (known === undefined) for (const each of this.#kept.values()) cut(each, 2 * this.#most);
  }

  /** In the order of the instances. */
  get instances(): readonly InstanceLines[] {
    return [...this.#kept.values()].sort((a, b) => a.instance - b.instance);
  }

  get #most(): number {
    return Math.min(MOST, MOST_OF_ALL / this.#kept.size);
  }
}

function cut(kept: Kept, most: number): void {
  let first = 0;
  while (kept.characters > most) {
    kept.characters -= (kept.lines[first]?.text.length ?? 0) + LINE;
    first += 1;
  }
  kept.lines.splice(0, first);
}
