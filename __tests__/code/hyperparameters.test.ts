/** Arguments as sagemaker-training 5.1 forms them; what is expected here was printed by its `to_cmd_args`. */
import { describe, expect, it } from 'vitest';
import { parseHyperparameters } from '../../src/code/hyperparameters.ts';
import { hyperparameterArguments } from '../../src/code/launcher-files.ts';
import { parseMap } from '../../src/core/input-syntax.ts';
import { formatJson, type Json, JsonNumber, parseJson } from '../../src/core/json.ts';
import { checkHyperparameters, hyperparameterText } from '../../src/job/limits.ts';

describe('an argument', () => {
  it.each<[string, string[]]>([
    ['{"a": "x"}', ['-a', 'x']],
    ['{"ab": "x"}', ['--ab', 'x']],
    ['{"a-b": ""}', ['--a-b', '']],
    ['{"x": null}', ['-x', '']],
    ['{"t": true, "f": false}', ['-f', 'False', '-t', 'True']],
    ['{"i": 5, "neg": -3}', ['-i', '5', '--neg', '-3']],
    [
      '{"one": 1.0, "tiny": 1e-3, "big": 12345678901234567890}',
      '--big 12345678901234567890 --one 1.0 --tiny 1e-3'.split(' '),
    ],
    ['{"text": "True"}', ['--text', 'True']],
    ['{"e": [], "m": {}}', ['-e', '[]', '-m', '']],
    ['{"l": [1, "b", true, null]}', ['-l', "[1, 'b', True, None]"]],
    [`{"l": ["it's", "say \\"hi\\"", "both ' and \\""]}`, ['-l', `["it's", 'say "hi"', 'both \\' and "']`]],
    ['{"l": ["back\\\\slash", "nl\\n", "ü"]}', ['-l', `['back\\\\slash', 'nl\\n', 'ü']`]],
    ['{"n": [[1], [], {"b": 1, "a": [null, false]}]}', ['-n', "[[1], [], {'b': 1, 'a': [None, False]}]"]],
    ['{"m": {"b": 2, "a": 1}}', ['-m', 'a=1,b=2']],
    ['{"m": {"b": null, "a": true, "c": {"x": "y"}, "d": [1, "z"]}}', ['-m', "a=True,b=None,c={'x': 'y'},d=[1, 'z']"]],
    ['{"m": {"k": "a, b=c"}}', ['-m', 'k=a, b=c']],
    ['{"b": 1, "B": 2, "_": 3, "a1": 4, "1": 5}', ['-1', '5', '-B', '2', '-_', '3', '--a1', '4', '-b', '1']],
    ['{"s": "ü 🚀\\n"}', ['-s', 'ü 🚀\n']],
  ])('of %s', (json, expected) => {
    expect(hyperparameterArguments(parseMap(json))).toEqual(expected);
  });

  it('of lines is a string, whatever it looks like', () => {
    const map = parseMap('a=true\nbb=null\nc=[1, 2]\nd=1.0\ne={"x": 1}\nf=x');
    expect(hyperparameterArguments(map)).toEqual([
      '-a',
      'true',
      '--bb',
      'null',
      '-c',
      '[1, 2]',
      '-d',
      '1.0',
      '-e',
      '{"x": 1}',
      '-f',
      'x',
    ]);
    expect(hyperparameterText(map.get('a') ?? null)).toBe('"true"');
  });

  it('of a name alone is that name, and of an empty value an empty one', () => {
    const { values, flags } = parseHyperparameters('do_train\nempty=\n# a comment\nv\nm.lr-x=1');
    expect(hyperparameterArguments(values, flags)).toEqual(['--do_train', '--empty', '', '--m.lr-x', '1', '-v']);
    expect(Object.fromEntries(values)).toEqual({ do_train: true, empty: '', v: true, 'm.lr-x': '1' });
    const json = parseHyperparameters('{"do_train": true}');
    expect(hyperparameterArguments(json.values, json.flags)).toEqual(['--do_train', 'True']);
  });

  it.each([
    ['do_train\ndo_train=', '"do_train" is set twice'],
    ['a\na', '"a" is set twice'],
    ['{"--epochs": 3}', 'the name "--epochs" begins with a dash'],
  ])('of %j is a mistake', (text, problem) => {
    expect(() => parseHyperparameters(text)).toThrow(problem);
  });

  it('comes in the order of names, whatever the order given', () => {
    const pairs: [string, Json][] = ['zz', 'b', 'aa', 'a', 'Z', '10', '9'].map((key) => [key, 'v']);
    const names = (from: [string, Json][]): string[] =>
      hyperparameterArguments(new Map(from)).filter((_word, at) => at % 2 === 0);
    expect(names(pairs)).toEqual(['--10', '-9', '-Z', '-a', '--aa', '-b', '--zz']);
    expect(names(pairs.toReversed())).toEqual(names(pairs));
  });
});

describe('a number of JSON', () => {
  it.each(['1.0', '1e-3', '1E+5', '-0', '0.10', '12345678901234567890', '1.7976931348623157e309', '-0.0'])(
    '%s stays as it was written, at whatever depth',
    (written) => {
      const map = parseMap(`{"a": ${written}, "l": [${written}, {"m": ${written}}]}`);
      expect(map.get('a')).toEqual(new JsonNumber(written));
      expect(formatJson(map.get('l') ?? null)).toBe(`[${written},{"m":${written}}]`);
      expect(hyperparameterText(map.get('a') ?? null)).toBe(written);
      expect(hyperparameterArguments(map)).toEqual(['-a', written, '-l', `[${written}, {'m': ${written}}]`]);
    },
  );
});

describe('a JSON text', () => {
  it.each(['null', 'true', '"a\\"\\\\\\n"', '[]', '{}', '[[],{}]', '{"":0}', '"\\u0000"', '"\\ud800"'])(
    '%s is itself',
    (text) => {
      expect(formatJson(parseJson(text))).toBe(text);
    },
  );
  it('says what the value says', () => {
    const text = '{"z": [1.5, {"y": null, "x": "ü"}], "__proto__": {"constructor": false}, "10": 1, "9": 2}';
    expect(JSON.parse(formatJson(parseJson(text)))).toEqual(JSON.parse(text));
  });
  it('is the same whatever the order of keys', () => {
    expect(formatJson(parseJson('{"b": {"d": 1, "c": 2}, "a": 3}'))).toBe(
      formatJson(parseJson('{"a":3,"b":{"c":2,"d":1}}')),
    );
  });
});

describe('broken JSON', () => {
  it.each([
    '{',
    '{"a": 1,}',
    '{a: 1}',
    "{'a': 1}",
    '{"a": 01}',
    '{"a": .5}',
    '{"a": NaN}',
    '{"a": 1} x',
    '{}{}',
    '{"a" 1}',
  ])('%j is a mistake, not lines', (text) => {
    expect(() => parseMap(text)).toThrow('the value is not valid JSON (');
  });
});

describe('the limits of hyperparameters', () => {
  const of = (count: number): Map<string, Json> => new Map(Array.from({ length: count }, (_, at) => [`k${at}`, 'v']));
  it.each<[string, Map<string, Json>]>([
    ['a hundred', of(100)],
    ['a name of 256', new Map([['k'.repeat(256), 'v']])],
    ['2,500 characters with the quotes', new Map([['k', 'x'.repeat(2498)]])],
    ['a name like one of its own', new Map([['sagemaker', 'v']])],
  ])('allow %s', (_what, map) => {
    expect(checkHyperparameters(map)).toBe(map);
  });
  it.each<[string, Map<string, Json>, string]>([
    ['more than a hundred', of(101), 'there are 101 hyperparameters, and a job can have at most 100'],
    ['a name of 257', new Map([['k'.repeat(257), 'v']]), 'has 257 characters'],
    ['no name', new Map([['', 'v']]), 'has 0 characters'],
    ['2,501 characters with the quotes', new Map([['k', 'x'.repeat(2499)]]), 'more than 2,500 characters'],
    ['2,502 characters by escapes', new Map([['k', '\n'.repeat(1250)]]), 'more than 2,500 characters'],
    ["SageMaker's own", new Map([['sagemaker_program', 'x.py']]), 'which is reserved for SageMaker'],
  ])('refuse %s', (_what, map, problem) => {
    expect(() => checkHyperparameters(map)).toThrow(problem);
  });
});
