/** Metrics: what is taken for one, in definitions and in lines. */
import { describe, expect, it } from 'vitest';
import { MetricReader, parseMetrics } from '../../src/task/metrics.ts';
import { Unparsable } from '../../src/task/parse.ts';

const read = (definitions: string, ...lines: string[]): Record<string, number> => {
  const reader = new MetricReader(parseMetrics(definitions));
  reader.accept(lines);
  return Object.fromEntries(reader.values);
};

describe('a definition', () => {
  it('is a name and an expression, whatever is in that', () => {
    expect(parseMetrics('loss=loss: ([0-9.]+)\nval:acc=acc=(\\d+) #x')).toEqual([
      { name: 'loss', regex: 'loss: ([0-9.]+)' },
      { name: 'val:acc', regex: 'acc=(\\d+) #x' },
    ]);
    expect(parseMetrics('{"a=b": "(.)"}')).toEqual([{ name: 'a=b', regex: '(.)' }]);
    expect(parseMetrics(Array.from({ length: 40 }, (_, at) => `m${at}=(x)`).join('\n'))).toHaveLength(40);
    expect(parseMetrics(`${'n'.repeat(255)}=${'('.padEnd(499, 'x')})`)).toHaveLength(1);
  });
  it.each([
    ['loss', 'no expression'],
    ['loss=', 'an empty one'],
    ['loss=[0-9]+', 'no group'],
    ['loss=(?:x)', 'a group that captures nothing'],
    ['loss=(', 'a broken one'],
    [`loss=(${'x'.repeat(499)})`, 'too long'],
    [`${'n'.repeat(256)}=(x)`, 'a name too long'],
    ['{"a": 1}', 'no string'],
    [Array.from({ length: 41 }, (_, at) => `m${at}=(x)`).join('\n'), 'too many'],
    ['a=(x)\na=(y)', 'one name twice'],
  ])('%j is refused: %s', (text) => {
    expect(() => parseMetrics(text)).toThrow(Unparsable);
  });
});

describe('a line', () => {
  it.each<[string, string, Record<string, number>]>([
    ['loss=loss: ([0-9.]+)', 'epoch 1 loss: 0.5', { loss: 0.5 }],
    ['loss=loss: ([0-9.]+)', 'loss: 0.5 loss: 0.25', { loss: 0.25 }],
    ['loss=loss: (\\S+)', 'loss: 1e-3', { loss: 0.001 }],
    ['loss=loss: (\\S+)', 'loss: -.5', { loss: -0.5 }],
    ['loss=loss: (\\S*)', 'loss: ', {}],
    ['loss=loss: (\\S+)', 'loss: nan', {}],
    ['loss=loss: (\\S+)', 'loss: inf', {}],
    ['loss=loss: (\\S+)', 'loss: much', {}],
    ['a=(x)?y', 'y', {}],
    ['', '{"loss": 0.3, "acc": 1}', { loss: 0.3, acc: 1 }],
    ['', ' {"loss": 3} ', { loss: 3 }],
    ['', '{"loss": 0.3, "name": "x"}', {}],
    ['', '{"loss": {"a": 1}}', {}],
    ['', '{"loss": true}', {}],
    ['', '{"loss": 1e999}', {}],
    ['', '{}', {}],
    ['', '[1, 2]', {}],
    ['', '{"loss": 0.3', {}],
    ['', "{'loss': 0.3}", {}],
    ['', '{"__proto__": 1}', JSON.parse('{"__proto__": 1}') as Record<string, number>],
    ['', 'INFO {"loss": 1}', {}],
  ])('by %j, %j gives %j', (definitions, line, expected) => {
    expect(read(definitions, line)).toEqual(expected);
  });

  it('that is later wins, and names are in order', () => {
    const values = read('c=c (.)', '{"b": 1, "a": 1}', 'c 5', '{"b": 2}');
    expect(Object.entries(values)).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 5],
    ]);
  });

  it('is looked at without end neither in length nor in names', () => {
    expect(read('', `{"a": 1, "${'x'.repeat(17_000)}": 1}`)).toEqual({});
    const many = Array.from({ length: 700 }, (_, at) => `{"m${at}": 1}`);
    const values = read('', ...many, '{"m0": 9, "m699": 9}');
    expect(Object.keys(values)).toHaveLength(500);
    expect(values['m0']).toBe(9);
  });
});
