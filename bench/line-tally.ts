/** Reads lines of drivers/print_lines.py from what a client prints: which ones came, and how late. */
import { quantile } from './statistics.ts';

const LINE = /BENCH (\S+) (\d+) (\d+)/;

export class LineTally {
  readonly #seen = new Set<string>();
  /** Milliseconds. */
  readonly #lags: number[] = [];
  #rest = '';
  #lastAt = 0;

  /** `now`: milliseconds since 1970. A part of a line waits for its end. */
  accept(text: string, now: number): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, host, number, printed] = LINE.exec(line) ?? [];
      const name = `${host} ${number}`;
      if (printed === undefined || this.#seen.has(name)) continue;
      this.#seen.add(name);
      this.#lags.push(now - Number(printed));
      this.#lastAt = now;
    }
  }

  /** Different lines. */
  get count(): number {
    return this.#seen.size;
  }

  /** When the last of them came, in milliseconds since 1970; 0 before the first. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /** Seconds from the printing of a line to its arrival here, that this share of them was not later than. */
  lag(share: number): number {
    return (
      quantile(
        this.#lags.toSorted((a, b) => a - b),
        share,
      ) / 1_000
    );
  }
}
