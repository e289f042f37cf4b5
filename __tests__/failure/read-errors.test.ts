/**
 * The worker's errors in logs. Each file of logs/ is what programs print, most of it recorded, and its JSON is what is read
 * in it. `=== HOST` begins another instance's log. UPDATE=1 writes the JSON: read what changed.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LogLine } from '../../src/core/log-lines.ts';
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

const TRACEBACK = ['Traceback (most recent call last):', '  File "train.py", line 4, in main', "KeyError: 'x'"];
const timed = (texts: readonly string[]): LogLine[] => texts.map((text, at) => ({ at, text }));
const named = (lines: readonly LogLine[]): string[] =>
  readErrors([{ host: 'algo-1', instance: 0, lines }]).map(({ type, message }) => `${type}: ${message}`);

describe('an error counts', () => {
  const many = (text: string): string[] => Array.from({ length: 60 }, () => text);
  const few = many('cleaning up').slice(0, 20);

  it.each<[string, readonly string[], number, boolean]>([
    ['with nothing after it', [], 10, true],
    ['with a few lines after it', few, 100, true],
    ['with launchers’ lines after it', many('wandb: Waiting for W&B process to finish'), 100, true],
    ['with a last line minutes later', ['wandb: done'], 10 * 60_000, true],
    ['with many lines after it', many('epoch'), 100, false],
    ['with a last line an hour later', ['wandb: done'], 60 * 60_000, false],
  ])('%s', (_, after, end, counts) => {
    const lines = timed([...TRACEBACK, '', ...after]);
    const last = lines.pop() ?? { at: 0, text: '' };
    expect(named([...lines, { ...last, at: end }])).toEqual(counts ? ["KeyError: 'x'"] : []);
  });

  it('of a shell only at the end', () => {
    const lines = ['train.sh: line 3: warn: command not found', 'a', 'b', 'c'];
    expect(named(timed(lines))).toEqual(['train.sh: warn: command not found']);
    expect(named(timed([...lines, 'd']))).toEqual([]);
  });

  it('if the last one only follows from it', () => {
    const lost = 'RuntimeError: [gloo/transport/tcp/pair.cc:534] Connection closed by peer [10.0.0.12]:34567';
    const second = [...TRACEBACK.slice(0, 2), lost];
    expect(named(timed([...TRACEBACK, '', ...second]))).toEqual(["KeyError: 'x'"]);
    expect(named(timed([...TRACEBACK, '', ...many('epoch'), ...second]))).toEqual([lost]);
  });

  it('before errors of other instances that came later', () => {
    const texts = (at: number, message: string): LogLine[] =>
      [...TRACEBACK.slice(0, 2), message].map((text) => ({ at, text }));
    const read = readErrors([
      { host: 'algo-1', instance: 0, lines: texts(5_000, 'ValueError: later') },
      { host: 'algo-2', instance: 1, lines: texts(1_000, 'ValueError: first') },
    ]);
    expect(read.map(({ message, host }) => [message, host])).toEqual([
      ['first', 'algo-2'],
      ['later', 'algo-1'],
    ]);
  });

  it('and is shown in a hundred lines at the most', () => {
    const frames = Array.from({ length: 300 }, (_, at) => `  File "train.py", line ${at}, in f`);
    const lines = timed([TRACEBACK[0] ?? '', ...frames, 'KeyError: 1']);
    const [read] = readErrors([{ host: 'algo-1', instance: 0, lines }]);
    expect(read?.lines).toHaveLength(100);
    expect(read?.lines.at(-1)).toBe('KeyError: 1');
    expect(read?.frames).toHaveLength(100);
    expect(read?.frames[0]?.line).toBe(299);
  });
});
