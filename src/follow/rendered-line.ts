/** What a line leaves on a terminal that obeys its control characters: the last state of a progress bar, for example. */

import { pieces } from '../core/control-text.ts';
import { PLAIN, restyled, type Style, transition } from './colours.ts';

/** Columns and rows that the cursor can be moved by. They bound what a line costs. */
const WIDTH = 256;
const HEIGHT = 32;

export interface Rendered {
  /** Row → its new text, with colours. 0 is the row in which the line began, -1 the one above. */
  readonly rows: ReadonlyMap<number, string>;
  /** The row in which the line ended. */
  readonly end: number;
}

/** Takes linear time: each character costs at most `WIDTH` steps. */
export function rendered(line: string): Rendered {
  const screen = new Screen();
  for (const [piece] of pieces(line)) screen.take(piece);
  return screen.result;
}

class Screen {
  readonly #rows = new Map<number, Row>();
  #row = 0;
  #column = 0;
  #style: Style = PLAIN;

  get result(): Rendered {
    return { rows: new Map([...this.#rows].map(([at, row]) => [at, row.text])), end: this.#row };
  }

  take(piece: string): void {
    switch (piece.charCodeAt(0)) {
      case 8:
        this.#column = Math.max(0, this.#column - 1);
        return;
      case 13:
        this.#column = 0;
        return;
      case 0x1b:
      case 0x9b:
        this.#obey(piece);
        return;
      default:
        if (!isControl(piece)) this.#write(piece);
    }
  }

  #write(text: string): void {
    const row = this.#own();
    for (const character of text) {
      row.write(this.#column, character, this.#style);
      this.#column += 1;
    }
  }

  #own(): Row {
    const known = this.#rows.get(this.#row);
    if (known !== undefined) return known;
    const row = new Row();
    this.#rows.set(this.#row, row);
    return row;
  }

  #obey(sequence: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression finds control characters
    const match = /^(?:\u001b\[|\u009b)(\d*)(?:;(\d*))?([A-Za-z])$/.exec(sequence);
    if (match === null) {
      if (sequence === '\u001bM') this.#go(-1, false);
      else this.#style = restyled(this.#style, sequence);
      return;
    }
    const [, first = '', second = '', letter = ''] = match;
    const count = Math.max(1, Number(first));
    switch (letter) {
      case 'm':
        this.#style = restyled(this.#style, sequence);
        return;
      case 'A':
      case 'F':
        this.#go(-count, letter === 'F');
        return;
      case 'B':
      case 'E':
        this.#go(count, letter === 'E');
        return;
      case 'C':
        this.#column = Math.min(this.#column + count, Math.max(this.#column, WIDTH));
        return;
      case 'D':
        this.#column = Math.max(0, this.#column - count);
        return;
      case 'G':
        this.#column = Math.min(count, WIDTH) - 1;
        return;
      case 'H':
        this.#column = Math.min(Math.max(1, Number(second)), WIDTH) - 1;
        return;
      case 'J':
      case 'K':
        this.#erase(Number(first));
    }
  }

  #go(rows: number, toBegin: boolean): void {
    if (toBegin) this.#column = 0;
    this.#row = Math.max(-HEIGHT, Math.min(HEIGHT, this.#row + rows));
  }

  /** `how`: 0 from the cursor on, 1 up to the cursor, 2 and 3 all. */
  #erase(how: number): void {
    const row = this.#own();
    if (how === 0) row.cut(this.#column);
    else if (how > 1 || this.#column >= row.length) row.cut(0);
    this.#column = Math.min(this.#column, Math.max(row.length, WIDTH));
  }
}

class Row {
  readonly #characters: string[] = [];
  readonly #styles: Style[] = [];
  /** Where the text begins: not every row is entered at its begin. */
  #begin = Number.POSITIVE_INFINITY;

  get length(): number {
    return this.#characters.length;
  }

  write(column: number, character: string, style: Style): void {
    while (this.#characters.length < column) this.#put(this.#characters.length, ' ', PLAIN);
    this.#put(column, character, style);
    this.#begin = Math.min(this.#begin, column);
  }

  #put(column: number, character: string, style: Style): void {
    this.#characters[column] = character;
    this.#styles[column] = style;
  }

  cut(length: number): void {
    if (length >= this.#characters.length) return;
    this.#characters.length = length;
    this.#styles.length = length;
    if (length <= this.#begin) this.#begin = Number.POSITIVE_INFINITY;
  }

  /** Without blanks at its end. */
  get text(): string {
    let end = this.#characters.length;
    while (end > 0 && this.#characters[end - 1] === ' ' && this.#styles[end - 1]?.ground === '') end -= 1;
    const parts: string[] = [];
    let style = PLAIN;
    for (let at = this.#begin; at < end; at += 1) {
      const next = this.#styles[at] ?? PLAIN;
      if (next !== style) parts.push(transition(style, next));
      parts.push(this.#characters[at] ?? '');
      style = next;
    }
    return `${parts.join('')}${transition(style, PLAIN)}`;
  }
}

/** Whether the piece begins with a control character. */
function isControl(piece: string): boolean {
  const code = piece.charCodeAt(0);
  return code !== 9 && code !== 0x85 && (code < 0x20 || (code >= 0x7f && code < 0xa0));
}
