/** `fail-if`: what is a condition, what is a mistake and what would be right, and how metrics are judged. */
import { describe, expect, it } from 'vitest';
import { InputProblem } from '../../src/core/errors.ts';
import { parseCondition } from '../../src/metrics/condition.ts';
import { gateError, judge } from '../../src/metrics/gate.ts';
import { mistakesOf, specOf } from '../given.ts';

describe('a condition', () => {
  it.each<[string, string, string, number]>([
    ['val_acc < 0.9', 'val_acc', '<', 0.9],
    ['val_acc<.9', 'val_acc', '<', 0.9],
    ['loss >= 1e-3', 'loss', '>=', 0.001],
    ['loss<=-1.5', 'loss', '<=', -1.5],
    ['epoch != 10', 'epoch', '!=', 10],
    ['epoch==+10.', 'epoch', '==', 10],
    ['validation:accuracy > 0.5', 'validation:accuracy', '>', 0.5],
    ['eval/loss@top-1.x > 0.5', 'eval/loss@top-1.x', '>', 0.5],
    ['"top 1 acc" < 0.5', 'top 1 acc', '<', 0.5],
    [`'a "b" && c' < 0.5`, 'a "b" && c', '<', 0.5],
    ['"x<=y">1', 'x<=y', '>', 1],
    ['"1" > 2', '1', '>', 2],
    ['Genauigkeit_ü < 1', 'Genauigkeit_ü', '<', 1],
    ['notable > 1', 'notable', '>', 1],
    ['order > 1', 'order', '>', 1],
  ])('%s', (text, metric, operator, limit) => {
    expect(parseCondition(text)).toEqual({ text, metric, operator, limit });
  });

  it.each<[string, string, string]>([
    ['accuracy', '"accuracy" has no comparison', 'write METRIC OPERATOR NUMBER, for example val_acc < 0.9'],
    ['val_acc 0.9', 'has no comparison', 'write METRIC OPERATOR NUMBER'],
    ['val_acc lower than 0.9', 'has no comparison', 'write val_acc < 0.9.'],
    ['loss is greater than 3', 'has no comparison', 'write loss > 3.'],
    ['val_acc < 90%', 'compares with a percentage', 'write val_acc < 0.9 or val_acc < 90, as the worker prints'],
    ['val_acc = 0.9', 'compares by =', 'write val_acc == 0.9.'],
    ['val_acc =< 0.9', 'compares by =<', 'write val_acc <= 0.9.'],
    ['val_acc => 0.9', 'compares by =>', 'write val_acc >= 0.9.'],
    ['val_acc ≤ 0.9', 'compares by ≤', 'write val_acc <= 0.9.'],
    ['val_acc <> 0.9', 'compares by <>', 'write val_acc != 0.9.'],
    ['val_acc === 0.9', 'compares by ===', 'write val_acc == 0.9.'],
    ['val_acc >< 0.9', 'which is not an operator', 'The operators are <, <=, >, >=, == and !=.'],
    ['0.9 > val_acc', 'begins with the number', 'write val_acc < 0.9.'],
    ['0.9 <= val_acc', 'begins with the number', 'write val_acc >= 0.9.'],
    ['0.5 < 0.9', 'has no metric', 'write METRIC'],
    ['< 0.9', 'has no metric', 'write METRIC'],
    ['val_loss < train_loss', '"train_loss" in "val_loss < train_loss" is not a number', 'cannot compare two metrics'],
    ['time < 10s', '"10s" in', 'compare with a number, for example time < 0.9'],
    ['not val_acc > 0.9', 'negates a comparison', 'write the opposite: val_acc <= 0.9.'],
    ['!val_acc > 0.9', 'negates a comparison', 'write the opposite: val_acc <= 0.9.'],
    ['not (val_acc >= 0.9)', 'negates a comparison', 'write the opposite: val_acc < 0.9.'],
    ['! converged', 'negates a comparison', 'write METRIC'],
    ['a < 1 && b > 2', 'is more than one comparison', 'on a line of its own. The step fails if any of them holds.'],
    ['a < 1 or b > 2', 'is more than one comparison', 'on a line of its own'],
    ['a < 1, b > 2', 'is more than one comparison', 'on a line of its own'],
    ['0.1 < loss < 0.9', 'is more than one comparison', 'on a line of its own'],
    ['if val_acc < 0.9', 'begins with a word', 'write only the comparison: val_acc < 0.9.'],
    ['fail if val_acc < 0.9', 'begins with a word', 'write only the comparison: val_acc < 0.9.'],
    ['top 1 acc < 0.9', 'has blanks', 'put it in quotes: "top 1 acc" < 0.9.'],
    ['val_acc < 0,9', 'has a comma', 'write it with a point'],
    ['steps < 1,000', 'has a comma', 'nothing between the digits, for example 0.9 or 1000.'],
    ['val_acc <', 'has no number behind <', 'An expression in ${{ }} without a value leaves nothing.'],
    ['loss == NaN', 'compares with NaN', 'fails the step in any case'],
    ['loss > -inf', 'compares with -inf', 'fails the step in any case'],
    ['x'.repeat(501), 'has more than 500 characters', 'write METRIC'],
  ])('is not %s', (text, problem, remedy) => {
    let thrown: unknown;
    try {
      parseCondition(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InputProblem);
    const { message, remedy: told } = thrown as InputProblem;
    expect(message).toContain(problem);
    expect(message).toContain(text.slice(0, 50));
    expect(told).toContain(remedy);
    expect(told).toMatch(/^[a-z].*\.$/s);
  });

  it('is on a line of its own, or in a JSON array; each mistake is told', () => {
    const texts = (text: string): string[] => specOf({ 'fail-if': text }).failIf.map((each) => each.text);
    expect(texts('\n# good enough?\na < 1\n\n "b c" > 2 \n')).toEqual(['a < 1', '"b c" > 2']);
    expect(texts('["a < 1", "b > 2"]')).toEqual(['a < 1', 'b > 2']);
    const told = mistakesOf({ 'fail-if': 'a = 1\nb > 1\nc' });
    expect(told.map(({ input, problem }) => [input, problem])).toEqual([
      ['fail-if', '"a = 1" compares by ='],
      ['fail-if', '"c" has no comparison'],
    ]);
    expect(mistakesOf({ 'fail-if': '- a < 1' })[0]?.remedy).toContain('write a < 1');
    expect(mistakesOf({ 'fail-if': 'a < 1 # as last week' })[0]?.problem).toContain('comment');
    expect(mistakesOf({ 'fail-if': "'a < 1'" })[0]?.problem).toContain('in quotes');
  });

  it('is also one for a step that plans or collects', () => {
    expect(specOf({ 'fail-if': 'a < 1', mode: 'plan' }).failIf).toHaveLength(1);
    expect(specOf({ 'fail-if': 'a < 1', mode: 'collect', entrypoint: '' }).failIf).toHaveLength(1);
    expect(mistakesOf({ 'fail-if': 'a', mode: 'plan' })).toHaveLength(1);
  });
});

describe('a metric', () => {
  const metrics = (values: Record<string, number>): ReadonlyMap<string, number> => new Map(Object.entries(values));

  it.each<[string, number, boolean]>([
    ['m < 0.9', 0.8, true],
    ['m < 0.9', 0.9, false],
    ['m <= 0.9', 0.9, true],
    ['m > 0.9', 0.9, false],
    ['m >= 0.9', 0.9, true],
    ['m == 0', -0, true],
    ['m != 3', 3, false],
    ['m < 1', Number.NaN, true],
    ['m > 1', Number.NaN, true],
    ['m < 1', Number.POSITIVE_INFINITY, true],
    ['m > 1', Number.NEGATIVE_INFINITY, true],
  ])('by %s: %s fails: %s', (text, value, fails) => {
    const judged = judge([parseCondition(text)], metrics({ m: value }));
    expect(judged).toEqual([{ condition: text, metric: 'm', value, fails }]);
    expect(gateError('job', judged, metrics({ m: value })) !== undefined).toBe(fails);
  });

  const told = (conditions: readonly string[], values: Record<string, number>): string | undefined => {
    const given = metrics(values);
    return gateError('job-1', judge(conditions.map(parseCondition), given), given)?.message;
  };

  it('is told with its condition and its value, all of them at once', () => {
    expect(told(['acc < 0.9', 'loss > 1', 'gap > 0'], { acc: 0.8512, loss: 0.5, gap: Number.NaN })).toBe(
      'The job job-1 completed, but the step fails by "fail-if":\n' +
        '- acc < 0.9: acc is 0.8512.\n' +
        '- gap > 0: the last value of gap is NaN.',
    );
    expect(told(['acc < 0.5'], { acc: 0.8 })).toBeUndefined();
    expect(told([], {})).toBeUndefined();
  });

  it('that never appeared is told, with those that did, the likeliest first', () => {
    expect(told(['val_los > 1'], { epoch: 3, acc: 1, loss: 0.5, val_loss: 0.5 })).toContain(
      "- val_los > 1: the metric val_los never appeared. The job's metrics are val_loss, loss, acc, epoch.",
    );
    expect(told(['Accuracy > 1'], { epoch: 3, 'validation:accuracy': 1, bccuracy: 1 })).toContain(
      'metrics are validation:accuracy, bccuracy, epoch.',
    );
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`metric-${at}`, at]));
    expect(told(['metric-77 > 1'], many)).toMatch(/metrics are metric-7, .*, and 20 more\.$/);
    expect(told(['acc > 1'], {})).toContain('The job has no metrics at all: print them as lines of JSON');
    expect(told(['acc > 1'], { 'x\n::error::y': 1 })).toContain('"x\\n::error::y"');
  });
});
