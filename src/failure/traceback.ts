/**
 * Reads Python's tracebacks in the lines of one process. Reads each line a bounded number of times, whatever the lines are.
 * https://docs.python.org/3/library/traceback.html
 */

import { isLogged, isNoise } from './noise.ts';
import { toPlainForm } from './plain-form.ts';
import type { PrintedLine } from './printed-line.ts';

export interface Frame {
  /** As the program printed it. */
  readonly path: string;
  readonly line: number;
}

/** One exception with its frames. */
export interface Traceback {
  /** The indices of its lines. */
  readonly first: number;
  readonly last: number;
  /** The outermost first. */
  readonly frames: readonly Frame[];
  readonly type: string;
  /** Its first line. */
  readonly message: string;
}

export const HEADER = 'Traceback (most recent call last):';
const HEADER_LINE = /(?:^|[^\w"'])(?:Original |Exception Group )?Traceback \(most recent call last\):$/;
/** `> ` is Loguru's. Without `, in`: a syntax error's. */
const FRAME = /^(\s*)(?:> )?File "([^"]+)", line (\d+)(?:, in .*)?$/;
const EXCEPTION = /^([\p{L}_][\p{L}\p{N}_.]*(?:<locals>\.[\p{L}\p{N}_.]+)*(?:\(\w+\))?)(?:: ?(.*))?$/u;
const NAMED_AS_ERROR = /(?:Error|Exception|Warning|Interrupt|Exit|Iteration|Failure|Fault|Timeout|Group)(?:\(.*\))?$/;
/** Lines of source that have the form of an exception without a message. */
const STATEMENT = /^(?:raise|return|pass|break|continue|yield|else|try|finally)$/;

/** Lines without indentation, or empty ones, between two frames: AWS's training toolkit breaks lines and adds such. */
const MOST_BETWEEN = 12;
/** Lines of a message after its first. */
const MOST_MESSAGE = 20;
/** A message comes at once, in milliseconds. */
const MESSAGE_MS = 200;
const LONGEST_MESSAGE = 500;

export function isHeader(text: string): boolean {
  return text.endsWith(HEADER) && HEADER_LINE.test(text);
}

/** The tracebacks in the lines, in order. An exception group is one, with the first exception that is no group. */
export function readTracebacks(printed: readonly PrintedLine[]): Traceback[] {
  const { lines, groups } = toPlainForm(printed);
  const all = readEach(lines);
  if (groups.length === 0) return all;
  return [...Map.groupBy(all, ({ first }) => groups.find(([from, to]) => from <= first && first <= to))]
    .flatMap(([group, members]) => (group === undefined ? members : merged(group, members)))
    .sort((a, b) => a.first - b.first);
}

function merged([first, last]: readonly [number, number], members: readonly Traceback[]): Traceback[] {
  const leaf = members.find(({ type }) => !/Group$/.test(type)) ?? members[0];
  if (leaf === undefined) return [];
  const above = members.slice(0, members.indexOf(leaf)).flatMap(({ frames }) => frames);
  return [{ ...leaf, first, last, frames: [...above, ...leaf.frames] }];
}

function readEach(lines: readonly PrintedLine[]): Traceback[] {
  const found: Traceback[] = [];
  for (let at = 0; at < lines.length; ) {
    const { text } = lines[at] as PrintedLine;
    if (!isHeader(text) && !FRAME.test(text)) {
      at += 1;
      continue;
    }
    const { read, next } = readOne(lines, at);
    if (read !== undefined) found.push(read);
    at = next;
  }
  return found;
}

/** `next`: the line to go on with. */
function readOne(
  lines: readonly PrintedLine[],
  first: number,
): { readonly read: Traceback | undefined; readonly next: number } {
  const frames: Frame[] = [];
  const start = textAt(lines, first);
  const headed = isHeader(start);
  /** The indentation of the exception's line. One that lost its indentation has none anywhere. */
  let indent = headed ? indentOf(start) : 0;
  /** Whether a line of source may look like an exception's, so that this has to be named as an error. */
  let strict = !headed;
  let between = 0;
  let at = headed ? first + 1 : first;
  for (; at < lines.length && between <= MOST_BETWEEN; at += 1) {
    const text = textAt(lines, at);
    const [, blank = '', path, line] = FRAME.exec(text) ?? [];
    if (path !== undefined) {
      if (frames.length === 0) {
        indent = Math.max(0, blank.length - 2);
        strict ||= blank === '' && !text.startsWith('>');
      }
      frames.push({ path, line: Number(line) });
      between = 0;
      continue;
    }
    if (isHeader(text)) break;
    if (text === '' || indentOf(text) <= indent) between += 1;
    const exception = indentOf(text) > indent ? undefined : exceptionIn(text.trim(), strict);
    if (exception === undefined) continue;
    const { last, message } = endOf(lines, at, exception.message);
    const read = { first, last, frames, type: exception.type, message: message.slice(0, LONGEST_MESSAGE) };
    return { read, next: last + 1 };
  }
  return { read: undefined, next: Math.max(at, first + 1) };
}

interface Exception {
  readonly type: string;
  readonly message: string;
}

function exceptionIn(text: string, strict: boolean): Exception | undefined {
  const [, type, message = ''] = EXCEPTION.exec(text) ?? [];
  if (type === undefined || STATEMENT.test(type)) return undefined;
  if (!NAMED_AS_ERROR.test(type) && (strict || type.endsWith(')') || isLogged(text) || isNoise(text))) return undefined;
  return { type, message };
}

/** Where the message ends that begins in a line: its further lines are printed at the same time. */
function endOf(
  lines: readonly PrintedLine[],
  at: number,
  message: string,
): { readonly last: number; readonly message: string } {
  const broken = message === '' ? afterColon(lines, at) : undefined;
  if (broken !== undefined) return broken;
  const until = (lines[at]?.at ?? 0) + MESSAGE_MS;
  const below = lines.slice(at + 1, at + 1 + MOST_MESSAGE);
  const isMore = ({ at: printed, text }: PrintedLine): boolean =>
    printed <= until && !isNoise(text) && !isLogged(text) && !isHeader(text) && !FRAME.test(text);
  const end = below.findIndex((line) => !isMore(line));
  // So many lines are no message: the program goes on.
  const more = end < 0 && below.length === MOST_MESSAGE ? 0 : end < 0 ? below.length : end;
  return { last: at + more, message };
}

/** AWS's training toolkit can break `ValueError: boom` into three lines. */
function afterColon(lines: readonly PrintedLine[], at: number): ReturnType<typeof endOf> | undefined {
  const next = lines.slice(at + 1, at + 5).map(({ text }, index) => ({ text, index: at + 1 + index }));
  const [colon, message] = next.filter(({ text }) => text !== '');
  return colon?.text === ':' && message !== undefined ? { last: message.index, message: message.text } : undefined;
}

function textAt(lines: readonly PrintedLine[], at: number): string {
  return lines[at]?.text ?? '';
}

function indentOf(text: string): number {
  return text.length - text.trimStart().length;
}
