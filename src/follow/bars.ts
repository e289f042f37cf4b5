/**
 * Whether a line of a log shows a progress bar's next state, when each state is a line of its own: a bar's carriage returns
 * are in one line only where nothing parts it. AWS's training toolkit, for example, prints again what it reads, in pieces
 * and without the blanks and carriage returns at their ends.
 */

import { withoutControls } from '../core/control-text.ts';

/** Longer lines are no bars. */
const LONGEST = 2_000;
/** A percentage, a part of a whole, a bar. */
const PROGRESS = /\d ?%|\d ?\/ ?\d|[=#*.\u2500-\u259f]{3}/;
/** What changes from state to state: numbers with their units; blanks, the bar itself, a turning wheel. */
const NUMBERS = /\d[\d.,:]*[a-zA-Zµ]{0,3}(?:\/(?:s|it)\b)?/g;
const CHANGING = /[\s.,:;?%|#=><~*+\-_/\\()[\]\u2500-\u25ff\u2800-\u28ff]+/g;

/** A line that may show a bar. */
export interface BarLine {
  /** Without control characters. */
  readonly text: string;
  /** Whether carriage returns are at its begin or end. If at its begin: there is nothing else between them. */
  readonly returns: 'begin' | 'end' | 'none';
}

/** Whether `next` shows the next state of what `text` shows. */
export function isNextState(text: string, next: BarLine): boolean {
  if (text.length > LONGEST || next.text.length > LONGEST) return false;
  const bar = tqdm(next.text);
  if (bar?.after === '') return tqdm(text)?.title === bar.title;
  // A bar that a program's own text stands behind.
  if (bar !== undefined) return false;
  switch (next.returns) {
    case 'begin':
      return PROGRESS.test(next.text) && isSameForm(text, next.text);
    case 'end':
      // Lines of text end with a carriage return on Windows.
      return /\d ?%/.test(next.text) && isSameForm(text, next.text);
    case 'none':
      return false;
  }
}

/** Whether a row of a terminal, drawn again, is no longer what it was. `before`: empty for a new row. */
export function isOtherText(before: string, now: string): boolean {
  return !isBar(now) && (before === '' ? !PROGRESS.test(now) : !isSameForm(before, now));
}

/** Whether the line is a bar of tqdm and nothing else. */
export function isBar(text: string): boolean {
  return text.length <= LONGEST && tqdm(withoutControls(text))?.after === '';
}

/** Whether two texts differ only in what changes from state to state of a bar. */
export function isSameForm(one: string, other: string): boolean {
  return one.length <= LONGEST && other.length <= LONGEST && form(one) === form(other);
}

function form(text: string): string {
  return text.replace(NUMBERS, '').replace(CHANGING, '');
}

/**
 * `TITLE: 45%|████▌     | 45/100 [00:10<00:12,  4.40it/s]`, or without a total `TITLE: 45it [00:10,  4.40it/s]`:
 * https://github.com/tqdm/tqdm/blob/master/tqdm/std.py, format_meter. Undefined for another line.
 */
function tqdm(text: string): { readonly title: string; readonly after: string } | undefined {
  const percent = text.indexOf('%|');
  const bar = text.indexOf('| ', percent + 2);
  const counts = percent > 0 && bar > 0 ? /^ *[^\s/]+\/[^\s/]+ \[[^[\]]*\](.*)$/.exec(text.slice(bar + 1)) : null;
  if (counts !== null)
    return {
      title: text
        .slice(0, percent)
        .replace(/[\d.]{1,6}$/, '')
        .trim(),
      after: counts[1] ?? '',
    };
  const rate = text.lastIndexOf(' [');
  const total = rate > 0 ? /^ \[\d\d:\d\d(?::\d\d)?, [^[\]]*\](.*)$/.exec(text.slice(rate)) : null;
  if (total === null) return undefined;
  return {
    title: text
      .slice(0, rate)
      .replace(/[\d.]{1,20}[a-zA-Z]*$/, '')
      .trim(),
    after: total[1] ?? '',
  };
}
