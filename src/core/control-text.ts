/**
 * Control characters and sequences in a worker's lines. SageMaker's agent writes a tab as `#011` and a carriage return as
 * `#015` (recorded), other control characters likewise (assumed). A worker's own text `#011` looks the same, so it is taken
 * for a tab too. Sequences: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 */

/** Two backspaces or more, or one before a carriage return: alone, `#010` is more likely a number. */
const WRITTEN = /#0(?:15|33)|(?:#010){2,}|#010(?=#015|#033)/g;
const CHARACTERS: Readonly<Record<string, string>> = { '#015': '\r', '#033': '\u001b' };

/** `ESC [ … letter`: colours, movements of the cursor, erasing. */
const CSI = String.raw`(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]`;
/** Titles, links and the like, with their end: a bell, which the agent may have written as `#007`, or `ESC \`. */
const STRING = String.raw`(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u0090-\u009f]*?(?:\u0007|#007|\u001b\\|\u009c)`;
/** `ESC 7`, `ESC ( B` and the like; then an ESC that begins nothing. */
const OTHER = String.raw`\u001b[ -/]*[0-~]|\u001b`;
/** All but the tab and U+0085, which is a line break. Single ones only: sequences come before them in what is searched for. */
const CHARACTER = String.raw`[\u0000-\u0008\u000a-\u001f\u007f-\u0084\u0086-\u009f]`;
const TEXT = String.raw`[^\u0000-\u0008\u000a-\u001f\u007f-\u0084\u0086-\u009f]+`;

const SEQUENCES = new RegExp(`${STRING}|${CSI}|${OTHER}`, 'g');
const CONTROLS = new RegExp(`${STRING}|${CSI}|${OTHER}|${CHARACTER}`, 'g');
const PIECES = new RegExp(`${STRING}|${CSI}|${OTHER}|${CHARACTER}|${TEXT}`, 'g');
/** What may change text before it: anything but text and colours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression finds control characters
const MOVES = /[\b\r\u0090\u0098\u009b\u009d-\u009f]|\u001b(?!\[[\d;:]*m)/;

/** The line with the control characters that the worker printed. */
export function withControls(text: string): string {
  if (!text.includes('#0')) return text;
  const tabbed = text.replaceAll('#011', '\t');
  if (!tabbed.includes('#0')) return tabbed;
  return tabbed.replace(WRITTEN, (code) => CHARACTERS[code] ?? '\b'.repeat(code.length / 4));
}

/** Whether the line has more than text and colours. */
export function moves(text: string): boolean {
  return MOVES.test(text);
}

/** Control characters and sequences, and the runs of text between them, in order. Takes linear time. */
export function pieces(text: string): Iterable<RegExpExecArray> {
  return text.matchAll(PIECES);
}

/** The text without sequences, but with its other control characters. */
export function withoutSequences(text: string): string {
  return text.replace(SEQUENCES, '');
}

/** The line without control characters and sequences. */
export function withoutControls(text: string): string {
  return text.replace(CONTROLS, '');
}

/** The same, without what some programs take for the end of a line. */
export function onOneLine(text: string): string {
  return withoutControls(text).replace(/[\u0085\u2028\u2029]/g, '');
}

/** What was drawn in the line, each text over the one before: parted by carriage returns, also as the agent writes them. */
export function drawnTexts(text: string): readonly string[] {
  return text.split(/\r|#015/);
}

/** Without the carriage returns at its end. */
export function withoutLastReturns(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\r') end -= 1;
  return end === text.length ? text : text.slice(0, end);
}
