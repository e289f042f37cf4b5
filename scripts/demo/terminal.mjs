// What the demo prints: colours on a terminal alone, and nothing any more once it was interrupted.
const colourful = process.stdout.isTTY === true && !process.env.NO_COLOR;
const paint = (code) => (text) => (colourful ? `\x1b[${code}m${text}\x1b[0m` : text);

export const bold = paint('1');
export const dim = paint('2');
export const red = paint('31');
export const green = paint('32');
export const yellow = paint('33');
export const cyan = paint('36');

let silent = false;

export function say(line = '') {
  if (!silent) process.stdout.write(`${line}\n`);
}

/** The last line that is printed. */
export function sayLast(line) {
  say(line);
  silent = true;
}

/** A text of others on one line: what would steer the terminal is left out. */
export function harmless(text) {
  return text.replaceAll('\t', '    ').replaceAll(/\p{Cc}/gu, '');
}

/** Milliseconds as `4.2 s`. */
export function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
