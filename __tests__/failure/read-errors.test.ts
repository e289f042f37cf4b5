/**
 * The worker's errors in logs. Each file of logs/ is what programs print, most of it recorded, and its JSON is what is read
 * in it. `=== HOST` begins another instance's log. UPDATE=1 writes the JSON: read what changed.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { InstanceLines } from '../../src/failure/last-lines.ts';
import { mergeErrors } from '../../src/failure/merge-errors.ts';
import { readErrors } from '../../src/failure/read-errors.ts';
import { firstInCode } from '../../src/failure/repository-line.ts';

const LOGS = join(import.meta.dirname, 'logs');
const UPDATE = process.env['UPDATE'] === '1';

/** What the job got, with `source-dir: src` and `dependencies: libs/lib`. */
const CODE = new Map(
  'train.py train.sh lib/data.py lib/bad.py pool.py cf.py jl.py group.py rch.py lg.py notes.py ind.py handled.py sub.py thr.py fh.py'
    .split(' ')
    .map((path) => {
      const absolute = path.startsWith('lib/') ? `libs/${path}` : `src/${path}`;
      return [path, { path, absolute, size: 0, modified: 0, executable: false }];
    }),
);

/** A line a millisecond. */
function instancesOf(text: string): InstanceLines[] {
  const [first = '', ...more] = text.replace(/\n$/, '').split(/^=== (.*)\n/m);
  const logs: [string, string][] = [['algo-1', first]];
  for (let at = 0; at < more.length; at += 2) logs.push([more[at] ?? '', more[at + 1] ?? '']);
  return logs.map(([host, log], instance) => ({
    host,
    instance,
    lines: log.split('\n').map((line, at) => ({ at, text: line })),
  }));
}

function errorsIn(text: string): object[] {
  const placed = readErrors(instancesOf(text)).map((error) => {
    const { file, line } = firstInCode(error.frames, CODE) ?? {};
    return { ...error, place: file === undefined || line === undefined ? undefined : { file: file.absolute, line } };
  });
  return mergeErrors(placed).map(({ type, message, place, hosts, ranks, lines }) => ({
    error: message === '' ? type : `${type}: ${message}`,
    place: place === undefined ? 'none' : `${place.file}:${place.line}`,
    on: [...hosts, ...ranks.map((rank) => `rank ${rank}`)].join(', '),
    lines: `${lines.length}, from ${JSON.stringify(lines[0])}`,
    last: lines.at(-1),
  }));
}

describe('the errors in a log', () => {
  it.each(readdirSync(LOGS).filter((name) => name.endsWith('.txt')))('%s', (name) => {
    const read = errorsIn(readFileSync(join(LOGS, name), 'utf8'));
    const golden = join(LOGS, name.replace(/\.txt$/, '.json'));
    if (UPDATE || !existsSync(golden)) writeFileSync(golden, `${JSON.stringify(read, undefined, 2)}\n`);
    expect(read).toEqual(JSON.parse(readFileSync(golden, 'utf8')));
  });
});
