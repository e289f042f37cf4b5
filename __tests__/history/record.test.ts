/** The record of a job: from its text and back, and what it says of archives that changed since. */
import { describe, expect, it } from 'vitest';
import { parseFacts } from '../../src/history/fingerprint.ts';
import { archiveIn, compareArchives, formatRecord, type Pin, parseRecord } from '../../src/history/record.ts';
import { factsOf } from '../given.ts';

const PIN: Pin = { archive: 'model', etag: '"e"', size: 7, version: 'v1' };

describe('a record', () => {
  const facts = factsOf({ hyperparameters: 'a=b' });
  it('comes back from its text', () => {
    const left = [PIN, { ...PIN, archive: 'output' as const, version: undefined }];
    const end = {
      completed: true,
      left,
      metrics: new Map(Object.entries({ loss: 0.1, gap: Number.NaN, far: Number.NEGATIVE_INFINITY })),
    };
    for (const record of [
      { facts, by: { run: '', attempt: 0, sha: undefined, pullRequest: undefined }, pending: [], end: undefined },
      {
        facts,
        by: { run: 'org/repo/17', attempt: 2, sha: '0'.repeat(40), pullRequest: 7 },
        pending: ['1'.repeat(40)],
        end,
      },
    ]) {
      expect(parseRecord(formatRecord(record))).toEqual({ ...record, facts: parseFacts(facts) });
    }
  });
  it.each(['', 'x', 'null', '[]', '1', '{}', '{"facts": 1}', '{"facts": {}}'])(
    'that is broken is ignored: %j',
    (text) => {
      expect(parseRecord(text)).toBeUndefined();
    },
  );
  it.each<[string, unknown]>([
    ['a number', 1],
    ['null', null],
    ['no answer whether it completed', { completed: 'yes', left: [], metrics: [] }],
    ['no list', { completed: true, left: 'model', metrics: [] }],
    ['names alone, as an earlier version wrote', { completed: true, left: ['model'], metrics: [] }],
    ['another archive', { completed: true, left: [{ ...PIN, archive: '../x' }], metrics: [] }],
    ['no ETag', { completed: true, left: [{ archive: 'model', size: 1 }], metrics: [] }],
    ['a size that is text', { completed: true, left: [{ ...PIN, size: '1' }], metrics: [] }],
    ['more than there can be', { completed: true, left: [PIN, PIN, PIN], metrics: [] }],
    ['a metric that is text', { completed: true, left: [], metrics: [['a', 'x']] }],
    ['a metric that is a number as text', { completed: true, left: [], metrics: [['a', '1']] }],
  ])('whose end has %s is a record without an end', (_what, end) => {
    const record = parseRecord(JSON.stringify({ facts, end }));
    expect(record).toBeDefined();
    expect(record?.end).toBeUndefined();
  });
});

describe('archives', () => {
  const now = { path: 'model.tar.gz', etag: '"e"', size: 7 };
  const files = [
    { ...now, path: 'model/a' },
    { ...now, path: 'model/sub/b', etag: '"f"' },
  ];
  const FILES: Pin = { archive: 'model', version: undefined, etag: '', size: 0, ...archiveIn('model', files) };
  it.each<[string, readonly Pin[], readonly (typeof now)[], string]>([
    ['are there as they were', [PIN], [now], 'there'],
    ['are there beside other files', [PIN], [now, { ...now, path: 'x' }], 'there'],
    ['are none, as before', [], [], 'there'],
    ['are gone', [PIN], [], 'gone'],
    ['have another content', [PIN], [{ ...now, etag: '"f"' }], 'changed'],
    ['have another size', [PIN], [{ ...now, size: 8 }], 'changed'],
    ['are the files that they were', [FILES], [...files].reverse(), 'there'],
    ['are files, of which one is new', [FILES], [...files, { ...now, path: 'model/c' }], 'changed'],
    ['are files, of which one is gone', [FILES], files.slice(1), 'changed'],
    [
      'are files, of which one has another content',
      [FILES],
      [{ ...now, path: 'model/a', etag: '"x"' }, ...files.slice(1)],
      'changed',
    ],
    ['were files, and are gone', [FILES], [], 'gone'],
    ['are files of another result too', [FILES], [...files, { ...now, path: 'output/a' }], 'changed'],
    ['are more than there were', [PIN], [now, { ...now, path: 'output.tar.gz' }], 'changed'],
    ['are others', [PIN], [{ ...now, path: 'output.tar.gz' }], 'changed'],
  ])('%s', (_what, left, found, expected) => {
    expect(compareArchives(left, found)).toBe(expected);
  });
});
