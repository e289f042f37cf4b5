/** Metrics: what is taken for one, in definitions and in lines. */
import { describe, expect, it } from 'vitest';
import { InputProblem } from '../../src/core/errors.ts';
import { mergeMetrics, parseMetrics } from '../../src/metrics/definitions.ts';
import { readExpression } from '../../src/metrics/expression.ts';
import { MetricReader } from '../../src/metrics/metric-reader.ts';

const read = async (definitions: string, ...lines: string[]): Promise<Record<string, number>> => {
  const reader = await MetricReader.of(parseMetrics(definitions));
  const logged = lines.map((text, at) => ({ at, text }));
  await reader.accept({ host: 'algo-1', instance: 0, lines: logged }, new AbortController().signal);
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
    [`loss=(${'x'.repeat(499)})`, 'too long'],
    [`${'n'.repeat(256)}=(x)`, 'a name too long'],
    ['{"a": 1}', 'no string'],
    [Array.from({ length: 41 }, (_, at) => `m${at}=(x)`).join('\n'), 'too many'],
    ['a=(x)\na=(y)', 'one name twice'],
  ])('%j is refused: %s', (text) => {
    expect(() => parseMetrics(text)).toThrow(InputProblem);
  });
});

describe('an expression', () => {
  it.each([
    ['loss: ([0-9.]+)', "an expression of SageMaker's guide"],
    ['(?i)loss[ =:]+(?P<value>[-+]?\\d*\\.?\\d+(?:[eE][-+]?\\d+)?)', "Python's flags and names"],
    ['\\[(?<value>\\S+?)\\]\\z', "JavaScript's names"],
    ['\\Aloss ([0-9.]+)\\Z', "Python's start and end of the text"],
    ["'eval_loss'\\: ([[:digit:].]+)", 'escaped signs and classes by name'],
  ])('%j is followed: %s', (regex) => {
    expect(readExpression('m', regex)).toBeDefined();
  });

  it.each([
    ['(?<=loss=)([0-9.]+)', 'looks back'],
    ['(?!x)([0-9.]+)', 'looks ahead, and not'],
    ['(["\'])loss\\1: (\\d+)', 'a back reference'],
    ['(?i)(?P<quote>["\'])loss(?P=quote): (?P<value>\\d+)', "Python's back reference"],
    ['(?P<q>")?loss(?(q)"|): (\\d+)', "Python's condition"],
    ['loss: (\\d++)', 'a possessive repeat'],
    ['(?>loss: )(\\d+)', 'an atomic group'],
    ['(?#the loss)loss: (\\d+)', 'a comment'],
    ['(?x) loss: (\\d+)', 'a flag of Python'],
    ['(a{1001})', 'a count over the limit of RE2'],
    ['((?:.{0,40}){0,20})(?:.{0,40}){0,20}', 'too large'],
  ])('%j is left to SageMaker: %s', (regex) => {
    expect(readExpression('m', regex)).toBeUndefined();
  });

  it.each([
    ['(', 'not valid \\(missing closing \\)'],
    ['x)', 'not valid \\(unexpected \\)'],
    ['(?=x', 'not valid'],
    ['(?P<value>x', 'not valid'],
    ['(?P<a-b>x)', 'not valid'],
    ['([0-9]', 'not valid'],
    ['(x)**', 'not valid'],
    ['(x)\\', 'not valid'],
    ['[0-9]+', 'no group'],
    ['(?:x)', 'no group'],
    ['\\(x\\)', 'no group'],
    ['(?<=x)[(]', 'no group'],
    ['(?=x)(?:y)(?i)', 'no group'],
  ])('%j is refused: %s', (regex, why) => {
    expect(() => readExpression('m', regex)).toThrow(new RegExp(`^the expression of "m" .*${why}`));
    expect(() => readExpression('m', regex)).toThrow(InputProblem);
  });
});

describe('a line', () => {
  it.each<[string, string, Record<string, number>]>([
    ['loss=loss: ([0-9.]+)', 'epoch 1 loss: 0.5', { loss: 0.5 }],
    ['loss=loss: ([0-9.]+)', 'loss: 0.5 loss: 0.25', { loss: 0.25 }],
    ['loss=loss: (\\S+)', 'loss: 1e-3', { loss: 0.001 }],
    ['loss=loss: (\\S+)', 'loss: -.5', { loss: -0.5 }],
    ['loss=loss: (\\S*)', 'loss: ', {}],
    ['loss=loss: (\\S+)', 'loss: nan', { loss: Number.NaN }],
    ['loss=loss: (\\S+)', 'loss: -Inf', { loss: Number.NEGATIVE_INFINITY }],
    ['loss=loss: (\\S+)', 'loss: much', {}],
    ['loss=(?i)loss(?P<value>=[0-9]+)?', 'LOSS=1', {}],
    ['loss=(?i)loss=(?P<value>[0-9]+)', 'LOSS=1', { loss: 1 }],
    ['loss=(?<=loss=)([0-9]+)', 'loss=1', {}],
    ['a=(x)?y', 'y', {}],
    ['acc=acc=\\[([^]]+)\\]', 'acc=[0.91] (best)', { acc: 0.91 }],
    ['loss=\\Aloss ([0-9.]+)\\Z', 'loss 0.5', { loss: 0.5 }],
    [
      `lr='learning_rate': ([0-9]+(.|e\\-)[0-9]+),?`,
      "{'loss': 0.4512, 'learning_rate': 1e-05}",
      { loss: 0.4512, learning_rate: 0.00001, lr: 0.00001 },
    ],
    ['[{"Name": "l", "Regex": "l=(\\\\d+)"}]', 'l=3', { l: 3 }],
    ['a=a*(1?)', 'aa1', { a: 1 }],
    ['', '{"loss": 0.3, "acc": 1}', { loss: 0.3, acc: 1 }],
    ['', ' {"loss": 3} ', { loss: 3 }],
    ['', '{"loss": 0.3, "name": "x"}', {}],
    ['', '{"loss": {"a": 1}}', {}],
    ['', '{"loss": true}', {}],
    ['', '{"loss": 1e999}', { loss: Number.POSITIVE_INFINITY }],
    ['', '{}', {}],
    ['', '[1, 2]', {}],
    ['', '{"loss": 0.3', {}],
    ['', '{"__proto__": 1}', JSON.parse('{"__proto__": 1}') as Record<string, number>],
    ['', 'INFO {"loss": 1}', {}],
    // What Python's json.dumps writes for numbers that JSON does not have.
    ['', '{"loss": NaN, "a": Infinity, "b": -Infinity}', { loss: Number.NaN, a: Infinity, b: -Infinity }],
    ['', '{"loss": null, "acc": 1}', { acc: 1 }],
    ['', '{"loss": 1,}', {}],
    ['', '{"loss": 1} x', {}],
    ['', '{"a": 1}{"b": 1}', {}],
    ['', '{"": 1, "a": 1}', { a: 1 }],
    ['', `{"${'n'.repeat(256)}": 1, "a": 1}`, { a: 1 }],
    ['', '{"eval/loss (\\u00fc)": 1, "top\\"5": 2}', { 'eval/loss (ü)': 1, 'top"5': 2 }],
    ['', '{"a\\x": 1}', {}],
    ['', '{"epoch": 1, "phase": "val", "loss": 0.2}', {}],
    ['', '{"a": [1]}', {}],
    ['', '{"a": 1.5.2}', {}],
    ['', '{"a": - 1}', {}],
    ['', '{"a" : -1.5E-3 ,"b":2 }', { a: -0.0015, b: 2 }],
    // Python's dicts, as Hugging Face's Trainer prints them in versions 4 and 5, and NumPy 2.
    ['', "{'loss': 0.5, 'learning_rate': 5e-05, 'epoch': 1.0}", { loss: 0.5, learning_rate: 0.00005, epoch: 1 }],
    ['', "{'loss': '0.4917', 'grad_norm': '1.2e+01', 'epoch': '0.5'}", { loss: 0.4917, grad_norm: 12, epoch: 0.5 }],
    ['', "{'loss': nan, 'a': inf, 'b': -inf, 'c': None}", { loss: Number.NaN, a: Infinity, b: -Infinity }],
    ['', "{'acc': np.float64(0.25), 'n': np.int64(3), \"it's\": 1}", { acc: 0.25, n: 3, "it's": 1 }],
    ['', "{'loss': True}", {}],
    ['', "{'loss': tensor(0.5)}", {}],
    ['', "{'loss': 'low'}", {}],
    ['', "{'lo\\'ss': 1}", {}],
    ['', "{loss: 1, 'a': 1}", {}],
    // Behind a progress bar, as it is and as CloudWatch can show it.
    ['', ' 50%|##   | 1/2\r100%|####| 2/2\r{"loss": 1}', { loss: 1 }],
    ['', "#015 50%|##   | 1/2#015     #015{'loss': 1}", { loss: 1 }],
    ['', '{"loss": 1}\r', { loss: 1 }],
    ['loss=loss=([0-9.]+)', '#015 1/2 loss=0.5#015 2/2 loss=0.25', { loss: 0.25 }],
    // A name that an expression finds too counts once.
    ['loss="loss": ([0-9])', '{"loss": 0.75}', { loss: 0.75 }],
  ])('by %j, %j gives %j', async (definitions, line, expected) => {
    expect(await read(definitions, line)).toEqual(expected);
  });

  it('that is later wins, and names are in order', async () => {
    const values = await read('c=c (.)', '{"b": 1, "a": 1}', 'c 5', '{"b": 2}');
    expect(Object.entries(values)).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 5],
    ]);
  });

  it('is looked at without end neither in length nor in names', async () => {
    expect(await read('', `{"a": 1, "${'x'.repeat(17_000)}": 1}`)).toEqual({});
    const many = Array.from({ length: 700 }, (_, at) => `{"m${at}": 1}`);
    const values = await read('', ...many, '{"m0": 9, "m699": 9}');
    expect(Object.keys(values)).toHaveLength(500);
    expect(values['m0']).toBe(9);
  });

  it('of a progress bar is read to its end, however long', async () => {
    const bar = Array.from({ length: 2_000 }, (_, at) => `${at}%|#####      | ${at}/200 [00:07<00:00, loss=0.${at}]`);
    expect(await read('loss=loss=([0-9.]+)', bar.join('\r'))).toEqual({ loss: 0.1999 });
  });
});

describe('metrics of several sources', () => {
  it("are by name, each the last source's", () => {
    const merged = mergeMetrics(new Map([['b', 1]]), new Map([['c', 1]]), new Map(Object.entries({ a: 2, b: 2 })));
    expect([...merged]).toEqual([
      ['a', 2],
      ['b', 2],
      ['c', 1],
    ]);
  });
});
