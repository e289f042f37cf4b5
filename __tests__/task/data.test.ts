/** What goes over: the log's tail, the plan of a synchronisation, secrets, errors. */
import { describe, expect, it } from 'vitest';
import { ActionError, describeError, InputError } from '../../src/task/errors.ts';
import { redactor, secretsOf } from '../../src/task/redact.ts';
import { formatManifest, type HashedFile, parseManifest, planSync } from '../../src/task/sync.ts';
import { allComplete, parseStreamName, StreamTail } from '../../src/task/tail.ts';

describe('a stream', () => {
  const name = (host: string, started: number) => ({ host, instance: Number(host.slice(5)) - 1, started });
  const tail = (host: string, started: number, ...messages: string[]): StreamTail => {
    const made = new StreamTail(name(host, started));
    made.accept(messages);
    return made;
  };
  it('is named by host and start', () => {
    expect(parseStreamName('job-1/algo-12-1700000000')).toEqual({ host: 'algo-12', instance: 11, started: 1700000000 });
    expect(parseStreamName('job-1/other')).toBeUndefined();
  });
  it('hides its end line, and is complete when that and all that it counts have come', () => {
    const made = new StreamTail(name('algo-1', 1));
    expect(made.accept(['a', ''])).toEqual(['a', '']);
    expect(made.accept(['##ssm-end algo-1 1 3'])).toEqual([]);
    expect(made.complete).toBe(false);
    expect(made.accept(['late'])).toEqual(['late']);
    expect(made.complete).toBe(true);
  });
  it.each(['##ssm-end algo-2 1 0', '##ssm-end algo-1 1', ' ##ssm-end algo-1 1 0', '##ssm-end algo-1 1 0 '])(
    'takes %j for a line',
    (line) => {
      const made = new StreamTail(name('algo-1', 1));
      expect(made.accept([line])).toEqual([line]);
      expect(made.complete).toBe(false);
    },
  );
  it('of every host has to be complete, the newest of each', () => {
    const done = '##ssm-end algo-1 1 0';
    expect(allComplete([tail('algo-1', 1, done)], 2)).toBe(false);
    expect(allComplete([tail('algo-1', 1, done), tail('algo-2', 1)], 2)).toBe(false);
    expect(allComplete([tail('algo-1', 1), tail('algo-1', 2, done)], 1)).toBe(true);
    expect(allComplete([tail('algo-1', 2), tail('algo-1', 1, done)], 1)).toBe(false);
    expect(allComplete([], 1)).toBe(false);
  });
});

describe('a synchronisation', () => {
  const file = (path: string, sha256: string, size = 1): HashedFile => ({
    path,
    sha256,
    size,
    absolute: `/x/${path}`,
    executable: false,
  });
  const manifest = new Map([
    ['same', { sha256: 'h', etag: '"e"' }],
    ['__proto__', { sha256: 'h', etag: '"e"' }],
  ]);
  const remote = (path: string, etag = '"e"', size = 1) => ({ path, etag, size });

  it.each([
    ['unchanged', file('same', 'h'), remote('same'), 0],
    ['unchanged under an odd name', file('__proto__', 'h'), remote('__proto__'), 0],
    ['other content', file('same', 'other'), remote('same'), 1],
    ['other size', file('same', 'h', 2), remote('same'), 1],
    ['changed in the bucket by somebody', file('same', 'h'), remote('same', '"f"'), 1],
    ['never sent', file('new', 'h'), remote('new'), 1],
  ])('%s', (_name, local, there, sent) => {
    const plan = planSync([local], [there], manifest);
    expect(plan.send).toHaveLength(sent);
    expect(plan.keep.size).toBe(1 - sent);
    expect(plan.remove).toEqual([]);
  });
  it('sends what is not there, and removes what is gone', () => {
    const plan = planSync([file('same', 'h')], [remote('gone')], manifest);
    expect([plan.send.map(({ path }) => path), plan.remove]).toEqual([['same'], ['gone']]);
  });
  it('keeps its manifest as text', () => {
    expect(parseManifest(formatManifest(manifest))).toEqual(manifest);
  });
  it.each(['', '{', 'null', '[[1,2,3]]', '[["a","b"]]', '{"a": 1}'])('takes %j for no manifest', (text) => {
    expect(parseManifest(text)).toEqual(new Map());
  });
});

describe('secrets', () => {
  it('are found by the names of variables, line by line', () => {
    const environment = {
      AWS_SECRET_ACCESS_KEY: 'secret-value',
      MY_TOKEN: 'line-one-1\nline-two-2\nx',
      HOME: '/home/somebody',
      AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/token',
      PASSWORD: 'short',
      EMPTY_TOKEN: undefined,
    };
    expect(secretsOf(environment).sort()).toEqual(['line-one-1', 'line-two-2', 'secret-value']);
  });
  it('are taken out wherever they stand, the longest first', () => {
    const redact = redactor(secretsOf({ A_TOKEN: 'abcdefgh', B_TOKEN: 'abcdefghij.*(' }));
    expect(redact('x abcdefghij.*( y abcdefgh')).toBe('x *** y ***');
    expect(redactor([])('abc')).toBe('abc');
  });
});

describe('errors', () => {
  it('say what happened, why, and what to do', () => {
    const error = new ActionError('No bucket.', 'Make one.', {
      cause: new TypeError('socket', { cause: new Error('reset') }),
    });
    expect(describeError(error)).toBe('No bucket.\nCaused by TypeError: socket\nCaused by reset\nMake one.');
    expect(describeError('text')).toBe('text');
  });
  it('list all mistakes', () => {
    const error = new InputError([
      { input: 'a', problem: 'p.', remedy: 'r.' },
      { input: 'b', problem: 'q.', remedy: 's.' },
    ]);
    expect(error.message).toBe('2 inputs are wrong; nothing was created.\n- a: p. r.\n- b: q. s.');
  });
});
