/**
 * Colours and the like of text: the sequences `ESC [ … m`. What hides text or blinks is left out.
 * https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 */

/** Codes of `ESC [ … m`, sorted; empty for plain text. */
export interface Style {
  /** Bold, faint, italic, underlined, inverse, struck out. */
  readonly marks: ReadonlySet<number>;
  readonly text: string;
  readonly ground: string;
}

export const PLAIN: Style = { marks: new Set(), text: '', ground: '' };
const RESET = '\u001b[0m';

const MARKS = new Set([1, 2, 3, 4, 7, 9]);
/** Code → what it ends. */
const ENDS: Readonly<Record<number, readonly number[]>> = { 22: [1, 2], 23: [3], 24: [4], 27: [7], 29: [9] };
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression finds control characters
const COLOUR = /^\u001b\[([\d;:]*)m$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression finds control characters
const COLOURS = /\u001b\[([\d;:]*)m/g;

/** The style after a sequence; the same one if the sequence is no colour's. */
export function restyled(style: Style, sequence: string): Style {
  const codes = COLOUR.exec(sequence)?.[1];
  if (codes === undefined) return style;
  const numbers = codes.split(/[;:]/).map(Number);
  let next = style;
  for (let at = 0; at < numbers.length; at += 1) {
    const code = numbers[at] ?? 0;
    if (code === 38 || code === 48) {
      const length = numbers[at + 1] === 5 ? 3 : numbers[at + 1] === 2 ? 5 : 1;
      const colour = numbers.slice(at, at + length);
      const isValid = length > 1 && colour.length === length && colour.every((each) => each <= 255);
      if (isValid) next = coloured(next, code, colour.join(';'));
      at += length - 1;
    } else {
      next = changed(next, code);
    }
  }
  return next;
}

function changed(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (MARKS.has(code)) return style.marks.has(code) ? style : { ...style, marks: new Set([...style.marks, code]) };
  const ended = ENDS[code];
  if (ended !== undefined)
    return { ...style, marks: new Set([...style.marks].filter((mark) => !ended.includes(mark))) };
  if (code === 39 || code === 49) return coloured(style, code, '');
  const isText = (code >= 30 && code <= 37) || (code >= 90 && code <= 97);
  const isGround = (code >= 40 && code <= 47) || (code >= 100 && code <= 107);
  return isText || isGround ? coloured(style, isText ? 38 : 48, String(code)) : style;
}

function coloured(style: Style, code: number, colour: string): Style {
  return code === 38 || code === 39 ? { ...style, text: colour } : { ...style, ground: colour };
}

/** The sequences that lead from one style to another. */
export function transition(from: Style, to: Style): string {
  if (from === to) return '';
  const [before, after] = [codesOf(from), codesOf(to)];
  if (before === after) return '';
  return `${before === '' ? '' : RESET}${after === '' ? '' : `\u001b[${after}m`}`;
}

function codesOf({ marks, text, ground }: Style): string {
  return [...[...marks].sort((a, b) => a - b), text, ground].filter((code) => code !== '').join(';');
}

/** A line whose only sequences are colours, plain again at its end: so it does not colour what is printed after it. */
export function closed(text: string): string {
  if (!text.includes('\u001b')) return text;
  let style = PLAIN;
  for (const [sequence] of text.matchAll(COLOURS)) style = restyled(style, sequence);
  return `${text}${transition(style, PLAIN)}`;
}
