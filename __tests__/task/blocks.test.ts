/** Lists, maps, words, numbers: what a user may write, and what he must not get away with. */
import { describe, expect, it } from 'vitest';
import {
  parseBoolean,
  parseChoice,
  parseInteger,
  parseLines,
  parseList,
  parseMap,
  parseStringMap,
  parseWords,
  splitPair,
  Unparsable,
} from '../../src/task/parse.ts';

/** What the parser refuses, it refuses by an `Unparsable` with both sentences. */
function refusal(parse: () => unknown): Unparsable {
  try {
    parse();
  } catch (error) {
    if (error instanceof Unparsable) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('a boolean', () => {
  it.each(['', 'True ', 'TrUe', 't', 'f', 'Yes', 'off', '1', '0', 'null', '"true"', 'truefalse', 'ｔｒｕｅ'])(
    '%j is none, and the values are named',
    (text) => {
      const { message, remedy } = refusal(() => parseBoolean(text));
      expect(message).toContain(JSON.stringify(text).slice(1, -1).replaceAll('\\', ''));
      expect(remedy).toBe('Use true or false.');
    },
  );
});

describe('a whole number', () => {
  it.each([
    ['007', 7],
    ['10', 10],
    ['0', 0],
  ])('%s', (text, value) => {
    expect(parseInteger(text, 0, 10)).toBe(value);
  });
  it.each([
    '',
    ' 5',
    '5 ',
    '5\n',
    '1_000',
    '1,000',
    '5.0',
    '5e0',
    '٥',
    '５',
    'Infinity',
    'NaN',
    '0b1',
    '-0',
    '11',
    '1e400',
  ])('%j is none between the bounds, and they are named', (text) => {
    expect(refusal(() => parseInteger(text, 0, 10)).message).toContain('whole number from 0 to 10');
  });
});

describe('a choice', () => {
  it('is by exact word', () => {
    expect(parseChoice('b', ['a', 'b'])).toBe('b');
    expect(refusal(() => parseChoice('B', ['a', 'b'])).remedy).toBe('Use a, b.');
  });
});

describe('a list', () => {
  it.each<[string, string[]]>([
    ['', []],
    ['\n\n', []],
    ['# only a comment', []],
    ['a', ['a']],
    ['  a b  \r\n\tc\t', ['a b', 'c']],
    ['a # no comment', ['a # no comment']],
    ['  # comment\na', ['a']],
    ['a,b', ['a,b']],
    ['[]', []],
    ['  ["a",\n "b # c", " d "]  ', ['a', 'b # c', ' d ']],
    ['["#x", ""]', ['#x', '']],
  ])('%j', (text, items) => {
    expect(parseList(text)).toEqual(items);
  });
  it.each(['["a"', '[a]', '["a", 1]', '[null]', '[["a"]]', '[{}]', '["a"] b'])('%j is refused', (text) => {
    expect(refusal(() => parseList(text)).message).toMatch(/JSON/);
  });
  it('takes lines that no JSON begins', () => {
    expect(parseLines('{x}\n]')).toEqual(['{x}', ']']);
  });
});

describe('a map', () => {
  it.each<[string, [string, string][]]>([
    ['', []],
    ['# a=b', []],
    ['a=b', [['a', 'b']]],
    ['a=b=c==', [['a', 'b=c==']]],
    ['  a =  b  ', [['a', 'b']]],
    ['a=', [['a', '']]],
    ['a=# b', [['a', '# b']]],
    ['a=b # c', [['a', 'b # c']]],
    ['a b=c d', [['a b', 'c d']]],
    ['a="quoted"', [['a', '"quoted"']]],
    [
      'b=1\r\n\r\n# c\r\na=2\r\n',
      [
        ['b', '1'],
        ['a', '2'],
      ],
    ],
    [
      '__proto__=x\nconstructor=y',
      [
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ],
    ],
    ['{}', []],
    [
      '\n {"a": "x=y", "b": ""}\n',
      [
        ['a', 'x=y'],
        ['b', ''],
      ],
    ],
    ['{"__proto__": "x"}', [['__proto__', 'x']]],
  ])('%j', (text, pairs) => {
    expect([...parseStringMap(text)]).toEqual(pairs);
  });
  it.each(['a', '=b', ' = b', 'a=1\nb', '["a"]', 'key: value'])('%j is refused', (text) => {
    expect(refusal(() => parseMap(text)).message).toContain('is not key=value');
  });
  it.each(['a=1\na=1', 'a=1\nb=2\n a = 3'])('%j has a key twice', (text) => {
    expect(refusal(() => parseMap(text)).message).toBe('"a" is there twice.');
  });
  it.each(['{"a": null}', '{"a": []}', '{"a": {}}'])('%s holds what is no string', (text) => {
    expect(refusal(() => parseStringMap(text)).message).toBe('the value of "a" is not a string.');
  });
  it('gives the text of numbers and booleans, as written', () => {
    expect([...parseStringMap('{"a": 1.0, "b": 1e-3, "c": false}').values()]).toEqual(['1.0', '1e-3', 'false']);
  });
  it('is split at the first equals sign', () => {
    expect(splitPair('a = b = c')).toEqual(['a', 'b = c']);
  });
});

describe('words', () => {
  const parse = (text: string): string[] => parseWords(text, ['a', 'b', 'c']);
  it.each<[string, string[]]>([
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    ['c , a', ['c', 'a']],
    ['a b\tc', ['a', 'b', 'c']],
    ['a\n# b\nc', ['a', 'c']],
    ['a, a, b, a', ['a', 'b']],
    ['["a", "b"]', ['a', 'b']],
    ['none', []],
    ['["none"]', []],
  ])('%j', (text, words) => {
    expect(parse(text)).toEqual(words);
  });
  it.each(['A', 'd', 'a;b', 'a, nothing', 'None', 'a none', 'none, none', 'none,a'])('%j is refused', (text) => {
    expect(refusal(() => parse(text)).remedy).not.toBe('');
  });
  it('name what is allowed', () => {
    expect(refusal(() => parse('x')).remedy).toBe('Use a, b, c, none.');
  });
});
