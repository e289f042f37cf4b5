/** What a channel can name beside files: a result of a task or of a job. */
import { describe, expect, it } from 'vitest';
import { InputProblem } from '../../src/core/errors.ts';
import { parseChained } from '../../src/data/upstream.ts';

describe('a source', () => {
  it.each<[string, object | undefined]>([
    ['task:prepare/model', { kind: 'task', task: 'prepare', result: 'model', below: '' }],
    ['task:a.b_c-1/output', { kind: 'task', task: 'a.b_c-1', result: 'output', below: '' }],
    ['task:t/source', { kind: 'task', task: 't', result: 'source', below: '' }],
    ['task:t/model/', { kind: 'task', task: 't', result: 'model', below: '' }],
    ['task:t/state', { kind: 'task', task: 't', result: 'state', below: '' }],
    ['task:t/state/algo-1', { kind: 'task', task: 't', result: 'state', below: 'algo-1/' }],
    ['task:t/state//a/b/', { kind: 'task', task: 't', result: 'state', below: 'a/b/' }],
    ['job:p-t-2026/model', { kind: 'job', job: 'p-t-2026', result: 'model', below: '' }],
    ['./task:x', undefined],
    ['s3://task/model', undefined],
    ['Task:t/model', undefined],
  ])('%j is %j', (text, expected) => {
    expect(parseChained(text)).toEqual(expected);
  });

  it.each([
    ...['task:t', 'task:t/', 'task:t/models', 'task:t/Model', 'task:t/model/x', 'task:t/state/../x', 'task:t/state/.'],
    ...['task:a b/model', 'task:-t/model', 'task:.t/model', 'job:t', 'task:t/__proto__', 'task:ü/model'],
  ])('%j is refused', (text) => {
    expect(() => parseChained(text)).toThrow(InputProblem);
  });

  it.each(['task:/model', 'job:/model', 'job:'])('%j, without a name, is told of masked outputs', (text) => {
    expect(() => parseChained(text)).toThrow(/does not name a (task|job)/);
    try {
      parseChained(text);
    } catch (error) {
      expect((error as InputProblem).remedy).toMatch(/masked/);
    }
  });
});
