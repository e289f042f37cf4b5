import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  formatJson,
  JsonNumber,
  parseBoolean,
  parseCommandLine,
  parseInteger,
  parseJson,
  parseList,
  parseMap,
  parseStringMap,
  parseWords,
} from '../../src/task/parse.ts';

describe('parseBoolean', () => {
  it.each([
    ['true', true],
    ['True', true],
    ['TRUE', true],
    ['false', false],
    ['False', false],
    ['FALSE', false],
  ] as const)('%s', (text, value) => {
    expect(parseBoolean(text)).toBe(value);
  });
  it.each(['yes', 'no', '1', '0', 'on', 'tRue', 'y', ' true'])('refuses %j', (text) => {
    expect(() => parseBoolean(text)).toThrow('is not a boolean');
  });
});

describe('parseInteger', () => {
  it('takes both bounds', () => {
    expect([parseInteger('1', 1, 5), parseInteger('5', 1, 5)]).toEqual([1, 5]);
  });
  it.each(['', '0', '6', '1.5', '1e0', '0x2', '-1', '+2', '2 ', 'two', '٢', '9999999999999999999999'])(
    'refuses %j',
    (text) => {
      expect(() => parseInteger(text, 1, 5)).toThrow('is not a whole number from 1 to 5');
    },
  );
});

describe('lists and maps', () => {
  it('are lines without blanks and comments', () => {
    expect(parseList('\n  a \n# no\n\r\nb c\n')).toEqual(['a', 'b c']);
    expect(parseStringMap('a=1\n# b=2\nc = x = y \nd=')).toEqual(
      new Map([
        ['a', '1'],
        ['c', 'x = y'],
        ['d', ''],
      ]),
    );
  });
  it('are JSON in the same place', () => {
    expect(parseList('["a", "#b"]')).toEqual(['a', '#b']);
    expect(parseStringMap('{"a": 1.0, "b": true, "c": "x"}')).toEqual(
      new Map([
        ['a', '1.0'],
        ['b', 'true'],
        ['c', 'x'],
      ]),
    );
  });
  it('keep the types of JSON, and numbers as written', () => {
    const map = parseMap(
      '{"a": 1.0, "b": 12345678901234567890, "c": 1e-3, "d": null, "e": [1, {"f": "g"}], "__proto__": 1}',
    );
    expect(map.get('a')).toEqual(new JsonNumber('1.0'));
    expect(map.get('b')).toEqual(new JsonNumber('12345678901234567890'));
    expect(formatJson(map.get('e') ?? null)).toBe('[1,{"f":"g"}]');
    expect(formatJson(map.get('c') ?? null)).toBe('1e-3');
    expect([...map.keys()]).toContain('__proto__');
  });
  it.each([
    ['a', 'is not key=value'],
    ['=a', 'is not key=value'],
    ['a=1\na=2', 'is there twice'],
    ['{"a": }', 'begins as JSON but is none'],
  ])('refuse %j', (text, problem) => {
    expect(() => parseMap(text)).toThrow(problem);
  });
  it('refuse what is no string', () => {
    expect(() => parseStringMap('{"a": []}')).toThrow('the value of "a" is not a string');
    expect(() => parseList('[1]')).toThrow('something else than strings');
  });
});

describe('parseWords', () => {
  const parse = (text: string): string[] => parseWords(text, ['a', 'b', 'c']);
  it.each([
    ['a, b', ['a', 'b']],
    ['a\nb', ['a', 'b']],
    ['c c', ['c']],
    ['none', []],
    ['["a"]', ['a']],
  ] as const)('%j', (text, words) => {
    expect(parse(text)).toEqual(words);
  });
  it('names the allowed values', () => {
    expect(() => parse('a, x')).toThrow('"x" is not one of its values');
    expect(() => parse('a, none')).toThrow('stands beside');
  });
});

describe('parseCommandLine', () => {
  it.each([
    'a b  c',
    "--msg 'Hello, world!'",
    `"a b"'c d'e`,
    '""',
    "'' x ''",
    'a\\ b \\\\ \\"',
    `"\\$HOME \\\` \\" \\\\ \\n"`,
    "'\\n'",
    'a\nb\tc',
    'naïve 日本 🚀',
    '--flag=x=y',
    "it\\'s",
  ])('splits as a shell does: %j', (line) => {
    const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${line.replaceAll('\n', ' ')}`], { encoding: 'utf8' });
    expect(parseCommandLine(line)).toEqual(printed.split('\0').slice(0, -1));
  });
  it('expands nothing', () => {
    expect(parseCommandLine('$HOME $(id) `id` *')).toEqual(['$HOME', '$(id)', '`id`', '*']);
  });
  it.each(["'open", '"open', 'end\\'])('refuses %j', (line) => {
    expect(() => parseCommandLine(line)).toThrow('not closed');
  });
});

describe('formatJson', () => {
  it('sorts keys and puts no blanks, as sagemaker-training does', () => {
    expect(formatJson(parseJson('{"b": [1, true, null], "a": "ü"}'))).toBe('{"a":"ü","b":[1,true,null]}');
  });
});
