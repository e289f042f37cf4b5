/**
 * What is shown of one instance's lines: as a terminal would show them, but each line once. Of a progress bar that is
 * drawn over many lines, a state each half minute and the last one.
 */

import { moves, withControls, withoutControls, withoutLastReturns } from '../core/control-text.ts';
import type { LogLine } from '../core/log-lines.ts';
import { isBar, isNextState, isOtherText, isSameForm } from './bars.ts';
import { closed } from './colours.ts';
import { rendered } from './rendered-line.ts';

/** By the lines' own times. The launcher parts a bar each 30 s: none of these states is left out. */
const STATE_EVERY_MS = 29_500;
/** Rows that are remembered, because later lines may draw over them. */
const MOST_ROWS = 32;
/** Characters of such a row. */
const LONGEST_ROW = 2_000;

interface Row {
  /** With colours. */
  text: string;
  /** Without; the last one that was not empty. */
  plain: string;
  /** What was shown last. */
  shown: string;
}

export class ShownStream {
  /** Rows of bars. The cursor is in one of them, or below. */
  #rows: Row[] = [];
  #cursor = 0;
  #shownAt = Number.NEGATIVE_INFINITY;

  /** Adds what is to be shown of the stream's next line. */
  accept({ at, text }: LogLine, shown: string[]): void {
    const printed = withControls(text);
    const line = withoutLastReturns(printed);
    if (!moves(line)) this.#takeStill(at, closed(line), line.length < printed.length, shown);
    else this.#takeMoving(at, line, line.length < printed.length, shown);
  }

  /** Whether the newest state of a bar was not shown. */
  get holdsBack(): boolean {
    return this.#rows.some(isUnshown);
  }

  /** Adds the newest states that were not shown. */
  flush(shown: string[], rows: readonly Row[] = this.#rows): void {
    for (const row of rows) {
      if (!isUnshown(row)) continue;
      row.shown = row.text;
      shown.push(row.text);
    }
  }

  #takeStill(at: number, text: string, returns: boolean, shown: string[]): void {
    const below = this.#rows[this.#cursor];
    // A line's end alone leaves the row as it is.
    if (below !== undefined && text === '') this.#cursor += 1;
    else if (below !== undefined && isSameForm(below.plain, withoutControls(text))) {
      this.#draw(new Map([[0, text]]), 0, shown);
      this.#showDue(at, shown);
    } else if (below === undefined && (returns || this.#rows.length > 0 || text.endsWith(']'))) {
      this.#takeRow(at, text, returns ? 'end' : 'none', returns || isBar(text), shown);
    } else {
      this.#takeText(text, shown);
    }
  }

  #takeMoving(at: number, line: string, returns: boolean, shown: string[]): void {
    const { rows, end } = rendered(line);
    const isOwnRow = end === 0 && this.#cursor === this.#rows.length && [...rows.keys()].every((row) => row === 0);
    const own = rows.get(0) ?? '';
    if ([...rows.values()].some((text) => text.length > LONGEST_ROW)) {
      for (const text of rows.values()) this.#takeText(text, shown);
    } else if (isOwnRow) {
      // Nothing is left of it, or there was nothing but control characters.
      if (own === '') return;
      this.#takeRow(at, own, isState(line) ? 'begin' : returns ? 'end' : 'none', true, shown);
    } else {
      this.#draw(rows, end, shown);
      this.#showDue(at, shown);
    }
  }

  /** A row below all others. `isDrawn`: the next line may show its next state. */
  #takeRow(at: number, text: string, returns: 'begin' | 'end' | 'none', isDrawn: boolean, shown: string[]): void {
    const last = this.#rows.at(-1);
    const plain = withoutControls(text);
    if (last !== undefined && isNextState(last.plain, { text: plain, returns })) {
      [last.text, last.plain] = [text, plain];
      this.#showDue(at, shown);
      return;
    }
    this.#takeText(text, shown);
    if (!isDrawn || text.length > LONGEST_ROW) return;
    this.#rows = [{ text, plain, shown: text }];
    this.#cursor = 1;
    this.#shownAt = at;
  }

  /** A line that nothing draws over. */
  #takeText(text: string, shown: string[]): void {
    if (this.#rows.length > 0) {
      this.flush(shown);
      this.#rows = [];
      this.#cursor = 0;
      this.#shownAt = Number.NEGATIVE_INFINITY;
    }
    shown.push(text);
  }

  #draw(changes: ReadonlyMap<number, string>, end: number, shown: string[]): void {
    const highest = Math.min(0, this.#cursor + Math.min(end, ...changes.keys()));
    if (highest < 0) {
      this.#rows.unshift(...Array.from({ length: -highest }, emptyRow));
      this.#cursor -= highest;
    }
    const lowest = this.#cursor + Math.max(end, ...changes.keys());
    while (this.#rows.length <= lowest) this.#rows.push(emptyRow());
    for (const [offset, text] of changes) {
      const row = this.#rows[this.#cursor + offset];
      if (row === undefined) continue;
      row.text = text;
      if (text === '') continue;
      const plain = withoutControls(text);
      // Of rows above and of this one, the last states come first.
      if (isOtherText(row.plain, plain)) this.flush(shown, this.#rows.slice(0, this.#cursor + offset + 1));
      row.plain = plain;
    }
    this.#cursor += end + 1;
    const tooMany = Math.max(0, this.#rows.length - MOST_ROWS);
    for (const row of this.#rows.splice(0, tooMany)) if (isUnshown(row)) shown.push(row.text);
    this.#cursor = Math.max(0, this.#cursor - tooMany);
  }

  #showDue(at: number, shown: string[]): void {
    if (at - this.#shownAt < STATE_EVERY_MS || !this.holdsBack) return;
    this.#shownAt = at;
    this.flush(shown);
  }
}

/** Whether all that the line shows is states of one bar, each after a carriage return. */
function isState(line: string): boolean {
  const [before = '', ...states] = line.split('\r').map(withoutControls);
  const drawn = states.filter((state) => state.trim() !== '');
  return before.trim() === '' && isSameForm(drawn[0] ?? '', drawn.at(-1) ?? '');
}

function isUnshown({ text, shown }: Row): boolean {
  return text !== '' && text !== shown;
}

function emptyRow(): Row {
  return { text: '', plain: '', shown: '' };
}
