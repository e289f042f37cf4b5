/**
 * What a job's events become in the workflow log, byte for byte. Each file below golden/ has the events, and below `=====`
 * what is printed. An event is a line:
 *
 *     HH:MM:SS algo-1 TEXT                 a line of this instance's log; as JSON writes it: \r, \u001b
 *     HH:MM:SS status STATUS: MESSAGE      SageMaker describes the job with one more status
 *     HH:MM:SS note MESSAGE                SageMaker describes the job with another message of the status
 *     HH:MM:SS message TEXT                something about how the job is followed
 *     HH:MM:SS tick [complete|behind]      time has passed; the log is complete, or more of it is known to be there
 *     HH:MM:SS end                         the log was read to its end
 *
 * The first time is the one of the clock, and the one of the line or status. A second time before it, in brackets, is the
 * clock's when the event was seen later. `GOLDEN=write` writes what is printed into the files.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const FOLDER = join(import.meta.dirname, 'golden');
const SEPARATOR = '=====\n';

/** Prints each file's events in a process of its own: what is printed is what the runner reads. */
function printedOf(path: string): string {
  const player = join(import.meta.dirname, 'play-events.ts');
  const flags = ['--no-warnings', '--experimental-strip-types', player, path];
  const printed = execFileSync(process.execPath, flags, { encoding: 'utf8', env: {} });
  const tokens = [
    ...new Set([...printed.matchAll(/^::stop-commands::([0-9a-f-]{36})$/gm)].map(([, token = '']) => token)),
  ];
  return tokens.reduce((text, token, at) => text.replaceAll(token, `TOKEN-${at + 1}`), printed);
}

describe('events and what is printed', () => {
  it.each(readdirSync(FOLDER).sort())('%s', (name) => {
    const path = join(FOLDER, name);
    const [events = '', expected] = readFileSync(path, 'utf8').split(SEPARATOR);
    // An escape would be invisible in the file.
    const printed = printedOf(path).replaceAll('\u001b', '␛');
    if (process.env['GOLDEN'] === 'write') writeFileSync(path, `${events}${SEPARATOR}${printed}`);
    else expect(printed).toBe(expected);
  });
});
