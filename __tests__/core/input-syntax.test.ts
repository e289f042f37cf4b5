/** Lists, maps, words, numbers: what a user may write, and what he must not get away with. */
import { describe, expect, it } from 'vitest';
import { InputProblem } from '../../src/core/errors.ts';
import {
  parseArguments,
  parseBoolean,
  parseChoice,
  parseEntries,
  parseInteger,
  parseLines,
  parseList,
  parseMap,
  parseStringMap,
  parseWords,
} from '../../src/core/input-syntax.ts';
import type { MapForm } from '../../src/core/other-forms.ts';

/** What the parser refuses, it refuses by an `InputProblem` with problem and remedy. */
function refusal(parse: () => unknown): InputProblem {
  try {
    parse();
  } catch (error) {
    if (error instanceof InputProblem) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('a boolean', () => {
  it.each(['', 'True ', 'TrUe', 't', 'f', 'Yes', 'off', '1', '0', 'null', '"true"', 'truefalse', 'ｔｒｕｅ'])(
    '%j is refused, and the values are named',
    (text) => {
      const { message, remedy } = refusal(() => parseBoolean(text));
      expect(message).toContain(JSON.stringify(text).slice(1, -1).replaceAll('\\', ''));
      expect(remedy).toBe('use true or false.');
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
  ])('%j is refused, and the bounds are named', (text) => {
    expect(refusal(() => parseInteger(text, 0, 10)).remedy).toBe('use a whole number from 0 to 10.');
  });
});

describe('a choice', () => {
  it('is by exact word', () => {
    expect(parseChoice('b', ['a', 'b'])).toBe('b');
    expect(refusal(() => parseChoice('B', ['a', 'b'])).remedy).toBe('use one of a, b.');
  });
});

describe('a list', () => {
  it.each<[string, string[]]>([
    ['', []],
    ['\n\n', []],
    ['# only a comment', []],
    ['a', ['a']],
    ['  a b  \r\n\tc\t', ['a b', 'c']],
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
    ['a=#fff', [['a', '#fff']]],
    ['a=b#c', [['a', 'b#c']]],
    ['a b=c d', [['a b', 'c d']]],
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
  it.each(['a', '=b', ' = b', 'a=1\nb', 'key: value'])('%j is refused', (text) => {
    expect(refusal(() => parseMap(text)).message).toContain('is not of the form key=value');
  });
  it.each(['a=1\na=1', 'a=1\nb=2\n a = 3'])('%j has a key twice', (text) => {
    expect(refusal(() => parseMap(text)).message).toBe('"a" is set twice');
  });
  it.each(['{"a": null}', '{"a": []}', '{"a": {}}'])('%s holds a value that is not a string', (text) => {
    expect(refusal(() => parseStringMap(text)).message).toBe('the value of "a" is not a string');
  });
  it('gives the text of numbers and booleans, as written', () => {
    expect([...parseStringMap('{"a": 1.0, "b": 1e-3, "c": false}').values()]).toEqual(['1.0', '1e-3', 'false']);
  });
  it('is split at the first equals sign', () => {
    expect([...parseMap('a = b = c')]).toEqual([['a', 'b = c']]);
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
    expect(refusal(() => parse('x')).remedy).toBe('use one of a, b, c, none.');
  });
});

const HYPERPARAMETERS: MapForm = {
  ...{ example: 'epochs=3', wrappers: ['hyperparameters'], oneWord: true, expressions: false, bareNames: true },
};
const METRICS: MapForm = {
  ...HYPERPARAMETERS,
  example: 'loss=loss=([0-9.]+)',
  oneWord: false,
  expressions: true,
  bareNames: false,
};

describe('the SDK’s pairs', () => {
  it.each<[string, [string, string][]]>([
    ['[{"Name": "train:loss", "Regex": "loss=([0-9.]+)"}]', [['train:loss', 'loss=([0-9.]+)']]],
    [
      '[\n  {"Name": "a", "Regex": "a: (\\\\d+)"},\n  {"Regex": "(b)", "Name": "b"}\n]',
      [
        ['a', 'a: (\\d+)'],
        ['b', '(b)'],
      ],
    ],
    [
      '[{"Key": "team", "Value": "ml"}, {"Key": "a=b", "Value": ""}]',
      [
        ['team', 'ml'],
        ['a=b', ''],
      ],
    ],
    ['[{"name": "x", "regex": "(x)"}]', [['x', '(x)']]],
    ['[{"name": "X", "value": "y"}]', [['X', 'y']]],
    ['# what we watch\n[{"Name": "l", "Regex": "l=(.)"}]', [['l', 'l=(.)']]],
    ['[\n# first\n{"Key": "k", "Value": "#v"}\n# last\n]', [['k', '#v']]],
    ['\ufeff[{"Key": "k",\r\n "Value": "v"}]\r\n', [['k', 'v']]],
    ['[]', []],
  ])('%s are a map', (text, pairs) => {
    expect([...parseStringMap(text)]).toEqual(pairs);
  });
  it('keep their types', () => {
    expect([...parseMap('[{"Name": "n", "Value": [true, null]}]')]).toEqual([['n', [true, null]]]);
  });
  it.each([
    '["a"]',
    '["a=b"]',
    '[["a", "b"]]',
    '[null]',
    '[{"Name": "a"}]',
    '[{"Regex": "(a)"}]',
    '[{"Name": "a", "Regex": "(a)", "Unit": "s"}]',
    '[{"Name": "a", "Regx": "(a)"}]',
    '[{"Name": 1, "Regex": "(a)"}]',
    '[{"Name": "a", "name": "b", "Regex": "(a)"}]',
    '[{"loss": "(a)"}]',
    '{"Name": "a", "Regex": "(a)"}',
    '{"metrics": [{"Name": "a", "Regex": "(a)"}]}',
    '{"MetricDefinitions": [{"Name": "a", "Regex": "(a)"}]}',
    '{"metric_definitions": {"a": "(a)"}}',
  ])('%s are none, and the right form is shown', (text) => {
    const form = { ...METRICS, wrappers: ['metrics', 'metricdefinitions'] };
    const { remedy } = refusal(() => parseMap(text, form));
    expect(remedy).toContain('{"loss":"loss=([0-9.]+)"}');
  });
  it('have a name once', () => {
    expect(refusal(() => parseMap('[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]')).message).toBe(
      '"a" is set twice',
    );
    expect(refusal(() => parseMap('[{"Key": "a", "Key": "b", "Value": "2"}]')).message).toBe('"Key" is set twice');
  });
});

describe('a form that is not key=value', () => {
  /** What is written → what the remedy shows. */
  it.each<[string, string]>([
    ['epochs: 3', 'epochs=3'],
    ['epochs : 3', 'epochs=3'],
    ['name: "a b"', 'name=a b'],
    ['"epochs": 3', 'epochs=3'],
    ['lr: 0.1 # a comment', 'lr=0.1'],
    ['- epochs: 3', 'epochs=3'],
    ['overrides: a=b', 'overrides=a=b'],
    ['flags: "--a=b"', 'flags=--a=b'],
    ['epochs:=3', 'epochs=3'],
    ['- epochs=3', 'epochs=3'],
    ['--epochs=3', 'epochs=3'],
    ['--epochs 3', 'epochs=3'],
    ['-e 3', 'e=3'],
    ['--do_train', 'write do_train.'],
    ['"epochs"=3', 'epochs=3'],
    ['"epochs=3"', 'epochs=3'],
    ['epochs => 3', 'epochs=3'],
    ['export EPOCHS=3', 'EPOCHS=3'],
    ['do_train epochs=3', 'epochs=3'],
    ['do_train fp16', 'a name alone for a flag'],
    ['epochs 3', 'epochs=3'],
    ['lr:0.1', 'epochs=3'],
    ['3', 'epochs=3'],
    ['do_train # a comment', 'write do_train alone'],
    ['- do_train', 'write do_train alone'],
    ['epochs=3 lr=0.1', 'one key=value on each line'],
    ['epochs=3, lr=0.1', 'one key=value on each line'],
    ['epochs=3,lr=0.1', 'one key=value on each line'],
    ['epochs=3; lr=0.1', 'one key=value on each line'],
    ['epochs = 3 lr = 0.1', 'one key=value on each line'],
    ['lr=-0.5 epochs=3 fp16=true', 'one key=value on each line'],
    ['name="a b" lr=0.1', 'one key=value on each line'],
    ['a=x b="y z"', 'one key=value on each line'],
    ['name="a b"', 'name=a b'],
    ["name='a b'", 'name=a b'],
    ['name=""', 'name= without'],
    ['name="say \\"hi\\""', 'without them'],
    ['lr=0.1 # a comment', 'lr=0.1 and'],
    ['lr=0.1\t#comment', 'lr=0.1 and'],
    ['lr=# a comment', 'lr= and'],
    ['name="a # b" # c', 'the comment'],
    ['epochs=3,', 'epochs=3'],
    ['name="a",', 'name=a,'],
    ['{epochs: 3}', '{"epochs":"3"}'],
    ["{'epochs': 3, 'fp16': True}", '{"epochs":"3"}'],
    ['{"epochs": None}', '{"epochs":"3"}'],
    ['{"epochs": 3,}', '{"epochs":"3"}'],
    ['[epochs=3]', '{"epochs":"3"}'],
    ['{"hyperparameters": {"epochs": 3}}', '{"epochs":"3"}'],
    ['{"HyperParameters": {"epochs": 3}}', '{"epochs":"3"}'],
    ['{"Key": "epochs", "Value": 3}', '[{"Key": "epochs", "Value": "3"}]'],
  ])('%s is refused, and the right one is shown', (text, shown) => {
    const { message, remedy } = refusal(() => parseEntries(text, HYPERPARAMETERS).map((read) => read()));
    expect(remedy).toContain(shown);
    expect(remedy).toMatch(/^[a-z].*\.$/);
    expect(message).toMatch(/[^\s.:]$/);
  });

  it.each([
    ...['args=--x=1 --y=2', 'opts=a=1 b=2', 'JAVA_OPTS=-Xmx1g -Da=b', 'sql=SELECT * FROM t WHERE id=3', 'm=a=1,b=2'],
    ...[
      'text=Hello, world!',
      'names=a,b,c',
      'names=a,b,',
      'sep=,',
      'url=jdbc:sqlserver://h;user=x;password=y',
      'x=a == b',
    ],
    ...[
      'url=https://h/?a=1&b=2#part',
      'color=#fff',
      'args=--name "a b"',
      'q="a" and "b"',
      "t='tis",
      'q="',
      'time=12:30: go',
      'title=Merge pull request #12 from x',
      'fix=Fix #12',
    ],
    ...[
      'path=C:\\data\\',
      'k={"a": 1}',
      'k=[1, 2]',
      'k=- x',
      'token=YWJj==',
      'x=',
      'lr=1e-3',
      'a.b-c_d=e',
      'filter=x y == z',
    ],
  ])('%s is a value as it is', (text) => {
    const at = text.indexOf('=');
    expect([...parseMap(text, HYPERPARAMETERS)]).toEqual([[text.slice(0, at), text.slice(at + 1)]]);
  });

  it.each<[string, string]>([
    ['loss="loss=([0-9.]+)"', 'loss=loss=([0-9.]+) without'],
    ["loss='loss=([0-9.]+)'", 'loss=loss=([0-9.]+) without'],
    ["loss=r'loss=([0-9.]+)'", 'loss=loss=([0-9.]+) without'],
    ['loss: loss=([0-9.]+)', 'loss=loss=([0-9.]+)'],
    ["train loss: 'loss=([0-9.]+)'", 'train loss=loss=([0-9.]+)'],
    ['loss=loss=([0-9.]+) # the loss', 'loss=loss=([0-9.]+) and'],
    ['loss=loss=([0-9.]+) acc=acc=([0-9.]+)', 'one key=value on each line'],
    ['loss=loss: (\\S+), acc=acc: (\\S+)', 'one key=value on each line'],
    ['- Name: loss\n  Regex: "loss=(.)"', 'for example loss=loss=([0-9.]+)'],
    ['{"loss": "loss=(\\d+)"}', 'each backslash twice'],
    ['{"Name": "a", "Regex": "(a)"}\n{"Name": "b", "Regex": "(b)"}', '{"loss":"loss=([0-9.]+)"}'],
  ])('among expressions %s is refused', (text, shown) => {
    expect(refusal(() => parseMap(text, METRICS)).remedy).toContain(shown);
  });

  it.each([
    ...[
      `loss='loss': ([0-9]+(.|e\\-)[0-9]+),?`,
      'acc=val acc=(\\S+)',
      'loss=loss=([0-9.]+),',
      'l=loss=([0-9.]+), acc=([0-9.]+)',
    ],
    ...[
      'step=step #(\\d+)',
      'step=step # ([0-9]+)',
      'n=# of steps: (\\d+)',
      'acc="acc": "([0-9.]+)"',
      'a b=x (\\d) y (\\d)',
      'x=a => (.)',
    ],
    ...['acc=acc=(\\d+) #x', 'train:loss=train_loss=(.*?);'],
  ])('%s is an expression as it is', (text) => {
    const at = text.indexOf('=');
    expect([...parseMap(text, METRICS)]).toEqual([[text.slice(0, at), text.slice(at + 1)]]);
  });

  it('can be written as JSON, as the error says', () => {
    for (const value of ['"a b"', '0.1 # x', '3 lr=0.1', '3,', "'x'", '# x']) {
      const { remedy } = refusal(() => parseMap(`k=${value}`, HYPERPARAMETERS));
      const json = /the JSON object (\{.*\})\.$/.exec(remedy)?.[1] ?? '';
      expect([...parseMap(json, HYPERPARAMETERS)]).toEqual([['k', value]]);
    }
  });

  it('is told without a part of a value that may be a secret', () => {
    for (const value of ['"p@ss w0rd"', 'p@ss w0rd # x', 'p@ss a=b', "'p@ss\\\\w0rd'", "p@ss'w0rd # x", '"p@ss" a=b']) {
      const { message, remedy } = refusal(() => parseMap(`k=${value}`));
      expect(`${message} ${remedy}`).not.toMatch(/p@ss|w0rd/);
      expect(remedy).toContain('{"k": "…"}');
    }
  });

  it('is found in no time', () => {
    const started = performance.now();
    for (const unit of [' ', '" ', 'a ', 'a=', '#', '-', ': ', ') a=:(', '\\"', "'"]) {
      for (const form of [HYPERPARAMETERS, METRICS]) {
        for (const text of [
          `k=${unit.repeat(100_000)}`,
          `${unit.repeat(2_000)}=`,
          `k=${unit.repeat(1_900 / unit.length)}x`,
        ]) {
          try {
            parseMap(text, form);
          } catch (error) {
            if (!(error instanceof InputProblem)) throw error;
          }
        }
      }
    }
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('a form that is not a list', () => {
  it.each<[string, string]>([
    ['- libs/a\n- libs/b', 'write libs/a,'],
    ['"libs/a"', 'write libs/a without'],
    ["'a b'", 'write a b without'],
    ['libs/a # shared', 'write libs/a and'],
    ['[libs/a, libs/b]', '["a", "b"]'],
    ["['libs/a']", '["a", "b"]'],
    ['["a",]', '["a", "b"]'],
    ['{"a": "b"}', '["a", "b"]'],
    ['{libs/a}', '["a", "b"]'],
  ])('%s is refused, and the right one is shown', (text, shown) => {
    expect(refusal(() => parseList(text)).remedy).toContain(shown);
  });
  it('is an array behind comments too', () => {
    expect(parseList('# what we need\n\n["a",\n# and\n"#b"]')).toEqual(['a', '#b']);
  });
});

describe('arguments', () => {
  it.each<[string, string[]]>([
    ['--a "b c"', ['--a', 'b c']],
    ['["--a", "b c", ""]', ['--a', 'b c', '']],
    ['["--a",\n "b"]', ['--a', 'b']],
    ['[1,2]', ['[1,2]']],
    ['[]', ['[]']],
    [`'["a"]'`, ['["a"]']],
    ['[abc] x', ['[abc]', 'x']],
  ])('%s', (text, words) => {
    expect(parseArguments(text)).toEqual(words);
  });
});
