/** The states of a progress bar, of which each may have a metric's value, as lines of their own. */

import { withControls, withoutControls } from '../core/control-text.ts';
import type { LogLine } from '../core/log-lines.ts';
import { readNumberLine } from '../metrics/number-line.ts';

/** The texts between the line's carriage returns, without control characters. A line of JSON behind a bar is one too. */
export function statesOf(line: LogLine): readonly LogLine[] {
  const text = withControls(line.text);
  if (!text.includes('\r'))
    return text === line.text && !text.includes('\u001b') ? [line] : [{ ...line, text: withoutControls(text) }];
  return text
    .split('\r')
    .map(withoutControls)
    .filter((state) => state.trim() !== '')
    .flatMap(withoutJson)
    .map((state) => ({ at: line.at, text: state }));
}

/** A program that prints JSON while a bar is drawn prints it behind the bar. */
function withoutJson(state: string): readonly string[] {
  const json = state.lastIndexOf('{');
  if (json <= 0 || readNumberLine(state.slice(json)).length === 0) return [state];
  return [state.slice(0, json), state.slice(json)];
}
