/** Reads lines of drivers/print_lines.py from what a client prints: which ones came, and how late. */
import { quantile } from './statistics.ts';

const MARK = 'BENCH ';
const LINE = /BENCH (\S+) (\d+) (\d+)/;

export class LineTally {
  /** What came and is not read yet, and when, in milliseconds since 1970. */
  #chunks: (readonly [text: string, at: number])[] = [];
  #marks = 0;
  #end = '';
  #lastAt = 0;
  #rest = '';
  readonly #lines = new Set<string>();
  /** Milliseconds. */
  readonly #lags: number[] = [];

  /** `now`: milliseconds since 1970. It only counts, so that who prints does not wait for who reads. */
  accept(text: string, now: number): void {
    this.#chunks.push([text, now]);
    const whole = this.#end + text;
    for (let at = whole.indexOf(MARK); at >= 0; at = whole.indexOf(MARK, at + 1)) {
      this.#marks += 1;
      this.#lastAt = now;
    }
    this.#end = whole.slice(1 - MARK.length);
  }

  /** Whether so many different lines came. */
  has(lines: number): boolean {
    return this.#marks >= lines && this.count >= lines;
  }

  /** When the last line came, in milliseconds since 1970; 0 before the first. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /** Different lines. A part of one waits for its end. */
  get count(): number {
    for (const [text, at] of this.#chunks) this.#read(text, at);
    this.#chunks = [];
    return this.#lines.size;
  }

  /** Seconds from the printing of a line to its arrival here, that this share of them was not later than. */
  lag(share: number): number {
    return this.count === 0
      ? Number.NaN
      : quantile(
          this.#lags.toSorted((a, b) => a - b),
          share,
        ) / 1_000;
  }

  #read(text: string, at: number): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, host, number, printed] = LINE.exec(line) ?? [];
      const name = `${host} ${number}`;
      if (printed === undefined || this.#lines.has(name)) continue;
      this.#lines.add(name);
      this.#lags.push(at - Number(printed));
    }
  }
}
