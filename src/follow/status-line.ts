/** A line about the job among the lines of its log: `[00:01:12] Training: Training in progress.` */

import type { Change } from './transitions.ts';

/** `since`: the job's creation. Times are milliseconds since 1970. */
export function statusLine(since: number | undefined, at: number | undefined, text: string): string {
  return since === undefined || at === undefined ? text : `[${elapsed(at - since)}] ${text}`;
}

/** The first line of the message: a failure's further lines are in the log, and in the error at the end. */
export function changeText({ status, message }: Change): string {
  const [first = ''] = message.split(/[\n\r\u0085\u2028\u2029]/, 1);
  return first === '' ? status : `${status}: ${first}`;
}

/** `HH:MM:SS`. */
function elapsed(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  return [seconds / 3_600, (seconds / 60) % 60, seconds % 60]
    .map((part) => String(Math.floor(part)).padStart(2, '0'))
    .join(':');
}
