/** What the bench computes of its runs: medians, turns, lags, counts. */
import { describe, expect, it } from 'vitest';
import { filled, shownCommand, shownStep } from '../../bench/commands.ts';
import { LineTally } from '../../bench/line-tally.ts';
import { readOptions, UsageError } from '../../bench/options.ts';
import { merged, type ScenarioResult } from '../../bench/results.ts';
import { turns } from '../../bench/rounds.ts';
import { countRequests } from '../../bench/servers/s3-server.ts';
import { quantile, spreadOf } from '../../bench/statistics.ts';

describe('a spread', () => {
  it.each([
    [[], undefined],
    [[7], { median: 7, least: 7, most: 7 }],
    [[9, 1, 5], { median: 5, least: 1, most: 9 }],
    [[10, 2, 4, 1], { median: 3, least: 1, most: 10 }],
  ])('of %j is %j', (values, expected) => {
    expect(spreadOf(values)).toEqual(expected);
  });

  it.each([
    [[1, 2, 3, 4, 5], 0.5, 3],
    [[0, 10], 0.99, 9.9],
    [[0, 10], 1, 10],
  ])('of %j: %d of them are not above %d', (sorted, share, expected) => {
    expect(quantile(sorted, share)).toBeCloseTo(expected);
  });
});

describe('rounds', () => {
  it('begin with another side each time, and each has its turn', () => {
    expect([0, 1, 2, 3].map((round) => turns(3, round))).toEqual([
      [0, 1, 2],
      [1, 2, 0],
      [2, 0, 1],
      [0, 1, 2],
    ]);
  });
});

describe('lines of a log', () => {
  it('count once each, whatever is about them and wherever the output is cut', () => {
    const tally = new LineTally();
    tally.accept('Training\n[algo-1] BENCH algo-1 0 1000 text\n\u001b[34mBENCH algo-2 0 10', 1_500);
    tally.accept('00 text\u001b[0m\nBENCH algo-1 0 1000 text\nBEN', 3_000);
    expect([tally.count, tally.has(2), tally.has(3), tally.lastAt]).toEqual([2, true, false, 3_000]);
    expect([tally.lag(0), tally.lag(0.5), tally.lag(1)]).toEqual([0.5, 1.25, 2]);
    tally.accept('CH algo-1 1 2000 text\n\nthe end', 4_000);
    tally.accept(' of it\n', 5_000);
    expect([tally.has(3), tally.has(4), tally.lastAt, tally.lag(1)]).toEqual([true, false, 4_000, 2]);
  });
});

describe('requests to the S3 server', () => {
  it('are those of clients, and not those of the stand-in', () => {
    const line = (operation: string, agent: string): string =>
      `- bucket [30/November/2026:16:21:34 +0000] 127.0.0.1 1 KH7A s3_${operation} a/b /bucket/a/b 200 - 0 4 4 4 - ${agent} - id`;
    const log = [
      'log starts 2026-11-30 16:21:23',
      line('PutObject', 'aws-sdk-js/3.1173.0 ua/2.1'),
      line('ListObjectsV2', 'python-urllib3/2.8.0'),
      line('HeadObject', 'Boto3/1.44.8 md/Botocore#1.44.8 ua/2.1'),
      '',
    ].join('\n');
    expect(countRequests(log)).toBe(2);
  });
});

describe('a command', () => {
  it('is run with values and shown without them', () => {
    const words = ['python', '$DRIVERS/x.py', 's3://$URI/', 'a b | c'];
    expect(shownCommand(words)).toBe("python bench/drivers/x.py s3://$URI/ 'a b | c'");
    expect(filled(words, { DRIVERS: '/d', URI: 'b/k' })).toEqual(['python', '/d/x.py', 's3://b/k/', 'a b | c']);
    expect(() => filled(words, { DRIVERS: '/d' })).toThrow('$URI has no value');
    expect(shownStep({ task: 't', wait: 'false' })).toBe('with: {task: t, wait: false}');
  });
});

describe('the command line', () => {
  const known = ['a', 'b', 'c'];
  it.each([
    [[], { names: known, rounds: 3, quick: false, alone: false, page: false }],
    [['c', 'a', '--rounds', '5'], { names: ['a', 'c'], rounds: 5 }],
    [['--quick', '--alone', '--to', 'x'], { names: known, rounds: 1, quick: true, alone: true, to: 'x' }],
    [['--page'], { page: true }],
  ])('%j is understood', (words, expected) => {
    expect(readOptions(words, known)).toMatchObject(expected);
  });

  it.each([
    [['d'], 'There is no scenario or flag d. Scenarios: a, b, c.'],
    [['--fast'], 'There is no scenario or flag --fast.'],
    [['--rounds', '0'], '--rounds needs a number from 1 to 99.'],
    [['--rounds'], '--rounds needs a number from 1 to 99.'],
    [['--to', '--quick'], '--to needs a folder.'],
    [['--quick'], 'name another folder by --to'],
  ])('%j is a mistake', (words, text) => {
    expect(() => readOptions(words, known)).toThrow(UsageError);
    expect(() => readOptions(words, known)).toThrow(text);
  });
});

describe('new results', () => {
  it('take the place of those of the same scenarios, in the order of the page', () => {
    const result = (scenario: string, date: string): ScenarioResult => ({
      ...{ scenario, date, quick: false, load: 0, versions: {}, places: [], leftOut: [] },
      machine: { processor: 'p', cores: 2, memoryGib: 24, system: 's' },
    });
    const old = { scenarios: [result('a', 'old'), result('c', 'old'), result('gone', 'old')] };
    const { scenarios } = merged(old, [result('c', 'new'), result('b', 'new')], ['a', 'b', 'c']);
    expect(scenarios.map(({ scenario, date }) => `${scenario} ${date}`)).toEqual(['a old', 'b new', 'c new']);
  });
});
