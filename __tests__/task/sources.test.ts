/** What a channel can name beside files: a result of a task or of a job. */
import { describe, expect, it } from 'vitest';
import { parseFacts, taskFacts } from '../../src/task/fingerprint.ts';
import { Unparsable } from '../../src/task/parse.ts';
import { formatRecord, parseRecord } from '../../src/task/record.ts';
import { parseChained } from '../../src/task/sources.ts';
import { specOf } from './given.ts';

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
    expect(() => parseChained(text)).toThrow(Unparsable);
  });

  it.each(['task:/model', 'job:/model', 'job:'])('%j, without a name, is told of masked outputs', (text) => {
    expect(() => parseChained(text)).toThrow(/names no (task|job)/);
    try {
      parseChained(text);
    } catch (error) {
      expect((error as Unparsable).remedy).toMatch(/masked/);
    }
  });
});

describe('a record', () => {
  const facts = taskFacts(specOf({ hyperparameters: 'a=b' }), { code: [], image: 'i', channels: new Map() });
  it('comes back from its text', () => {
    const end = { completed: true, left: ['model'] as const, metrics: new Map([['loss', 0.1]]) };
    for (const record of [
      { facts, end: undefined },
      { facts, end },
    ]) {
      expect(parseRecord(formatRecord(record))).toEqual({ ...record, facts: parseFacts(facts) });
    }
  });
  it.each(['', 'x', 'null', '[]', '1', '{}', '{"facts": 1}', '{"facts": {}}'])('that is broken is none: %j', (text) => {
    expect(parseRecord(text)).toBeUndefined();
  });
  it.each<[unknown, object | undefined]>([
    [1, undefined],
    [null, undefined],
    [{ completed: 'yes', left: [], metrics: [] }, undefined],
    [{ completed: true, left: 'model', metrics: [] }, undefined],
    [
      { completed: true, left: ['model', '../x', 1], metrics: [['a', 1], ['b', 'x'], 3] },
      { left: ['model'], metrics: new Map([['a', 1]]) },
    ],
  ])('of an end that somebody else wrote takes what is one: %j', (end, expected) => {
    const record = parseRecord(JSON.stringify({ facts, end }));
    expect(record).toBeDefined();
    if (expected === undefined) expect(record?.end).toBeUndefined();
    else expect(record?.end).toMatchObject(expected);
  });
});
