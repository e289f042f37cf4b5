import { describe, expect, it } from 'vitest';
import { allComplete, LogStream, parseStreamName, type StreamName } from '../../src/follow/log-stream.ts';
import { chance } from '../given.ts';

const stream = (host: string, started = 1): StreamName => ({ host, instance: Number(host.slice(5)) - 1, started });
const end = (host: string, count: number, start = 1): string => `##ssm-end ${host} ${start} ${count}`;
function tailOf(name: StreamName, ...pages: string[][]): LogStream {
  const tail = new LogStream(name);
  for (const page of pages) accept(tail, page);
  return tail;
}
function accept(tail: LogStream, messages: readonly string[]): string[] {
  return tail.accept(messages.map((message, timestamp) => ({ timestamp, message }))).map(({ text }) => text);
}

describe("a stream's name", () => {
  it.each<[string, StreamName | undefined]>([
    ['a-job/algo-1-1700000000', { host: 'algo-1', instance: 0, started: 1_700_000_000 }],
    ['a-job/algo-10-1700000000', { host: 'algo-10', instance: 9, started: 1_700_000_000 }],
    ['job-algo-2-3/algo-1-5', { host: 'algo-1', instance: 0, started: 5 }],
    ['a-job/algo-1', undefined],
    ['a-job/algo-x-1', undefined],
    ['algo-1-5', undefined],
    ['a-job/algo-1-5/more', undefined],
    ['', undefined],
  ])('%s', (name, expected) => {
    expect(parseStreamName(name)).toEqual(expected);
  });
});

describe('a stream', () => {
  it.each<[string, string[][], boolean]>([
    ['without an end line', [['a', 'b']], false],
    ['with all and the end line', [['a', 'b', end('algo-1', 2)]], true],
    ['whose end line came first', [[end('algo-1', 2)], ['a'], ['b']], true],
    ['whose end line came between', [['a', end('algo-1', 2), 'b']], true],
    ['of which a line is missing', [['a', end('algo-1', 2)]], false],
    ['of no lines at all', [[end('algo-1', 0)]], true],
    ['with empty lines', [['', '', end('algo-1', 2)]], true],
    ["with another host's end line", [['a', end('algo-2', 1)]], false],
    ["with another host's end line, and its own", [['a', end('algo-2', 0), end('algo-1', 2)]], true],
    ['with an end line inside of a line', [[`x ${end('algo-1', 0)}`]], false],
    ['with an end line that has more', [[`${end('algo-1', 0)} x`]], false],
    ['with an end line without a number', [['##ssm-end algo-1 1 x']], false],
    ['with a negative count', [['##ssm-end algo-1 1 -1']], false],
    ['with one message of several lines', [['a\nb\nc', end('algo-1', 3)]], true],
    ['that goes on after its end', [['a', end('algo-1', 1), 'b']], true],
  ])('%s', (_what, pages, complete) => {
    expect(tailOf(stream('algo-1'), ...pages).complete).toBe(complete);
  });

  it('shows each line but its own end line, as they came', () => {
    const tail = new LogStream(stream('algo-1'));
    expect(accept(tail, ['a', '', end('algo-2', 1), end('algo-1', 9), '\tb  ', 'c\nd'])).toEqual([
      'a',
      '',
      end('algo-2', 1),
      '\tb  ',
      'c',
      'd',
    ]);
    expect(tail.accept([])).toEqual([]);
  });

  it('is complete when the last line came, in whatever order and pages', () => {
    const next = chance(11);
    for (let round = 0; round < 200; round += 1) {
      const count = next(20);
      const messages = [...Array.from({ length: count }, (_, at) => `line ${at}`), end('algo-1', count)];
      const shuffled = messages.map((text) => [next(1000), text] as const).sort(([a], [b]) => a - b);
      const tail = new LogStream(stream('algo-1'));
      const shown: string[] = [];
      for (const [, text] of shuffled) {
        expect(tail.complete).toBe(false);
        shown.push(...accept(tail, [text]));
      }
      expect(tail.complete).toBe(true);
      expect(shown.toSorted()).toEqual(messages.slice(0, -1).toSorted());
    }
  });
});

describe('a job', () => {
  const done = (host: string, started = 1): LogStream => tailOf(stream(host, started), [end(host, 0)]);
  const open = (host: string, started = 1): LogStream => tailOf(stream(host, started), ['a']);
  it.each<[string, LogStream[], number, boolean]>([
    ['without streams', [], 1, false],
    ['of one host', [done('algo-1')], 1, true],
    ['of one host that goes on', [open('algo-1')], 1, false],
    ['of two hosts, one unseen', [done('algo-1')], 2, false],
    ['of two hosts, one of them twice', [done('algo-1'), done('algo-1', 2)], 2, false],
    ['of two hosts, one open', [done('algo-1'), open('algo-2')], 2, false],
    ['of two hosts', [done('algo-2'), done('algo-1')], 2, true],
    ['restarted, the new stream open', [done('algo-1', 1), open('algo-1', 2)], 1, false],
    ['restarted, the new stream open and found first', [open('algo-1', 2), done('algo-1', 1)], 1, false],
    ['restarted, the old stream cut off', [open('algo-1', 1), done('algo-1', 2)], 1, true],
    ['restarted, starts as numbers', [open('algo-1', 9), done('algo-1', 10)], 1, true],
    ['of twelve hosts', Array.from({ length: 12 }, (_, at) => done(`algo-${at + 1}`)), 12, true],
  ])('%s', (_what, tails, hosts, complete) => {
    expect(allComplete(tails, hosts)).toBe(complete);
    expect(allComplete(tails.toReversed(), hosts)).toBe(complete);
  });
});
