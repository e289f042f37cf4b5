/**
 * Brings tracebacks of other forms to Python's own, line by line: those of exception groups, which have a margin, and those
 * of the library Rich, which have a frame.
 */

import type { PrintedLine } from './printed-line.ts';

const HEADER = 'Traceback (most recent call last)';
const GROUP = /^\s*\+ Exception Group Traceback \(most recent call last\):$/;
const MARGIN = /^\s*(?:\| ?|\+ |\+[-+]+.*$)/;
/** `│ /opt/ml/code/train.py:12 in main   │`. A path that is too long is broken, and its second half is no path. */
const BOXED_FRAME = /^│ (\/[^│]*):(\d+) in (\S+)\s*│?$/;

/** `groups`: the first and last index of each exception group. */
export interface PlainForm {
  readonly lines: readonly PrintedLine[];
  readonly groups: readonly (readonly [number, number])[];
}

/** The lines keep their indices. */
export function toPlainForm(lines: readonly PrintedLine[]): PlainForm {
  const plain = [...lines];
  const groups: [number, number][] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const text = lines[at]?.text ?? '';
    if (GROUP.test(text)) {
      const end = endOf(lines, at + 1, (below) => MARGIN.test(below));
      replace(plain, at, end, (margin) => margin.replace(MARGIN, ''));
      groups.push([at, end - 1]);
      at = end - 1;
    } else if (text.startsWith('╭') && text.includes(HEADER)) {
      const end = endOf(lines, at + 1, (below) => below.startsWith('│'));
      replace(plain, at, at + 1, () => `${HEADER}:`);
      replace(plain, at + 1, end + 1, unboxed);
      at = end;
    }
  }
  return { lines: plain, groups };
}

/** The first line from `start` on of which it is not true. */
function endOf(lines: readonly PrintedLine[], start: number, isPart: (text: string) => boolean): number {
  let end = start;
  while (end < lines.length && isPart(lines[end]?.text ?? '')) end += 1;
  return end;
}

function replace(lines: PrintedLine[], from: number, to: number, change: (text: string) => string): void {
  for (const [index, line] of lines.slice(from, to).entries())
    lines[from + index] = { ...line, text: change(line.text) };
}

function unboxed(text: string): string {
  if (!/^[│╰]/.test(text)) return text;
  const [, path, line, name] = BOXED_FRAME.exec(text) ?? [];
  return path === undefined ? `    ${text}` : `  File "${path}", line ${line}, in ${name}`;
}
