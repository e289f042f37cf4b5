import { describe, expect, it } from 'vitest';
import type { HashedFile } from '../../src/core/local-file.ts';
import { partsOf } from '../../src/core/parts.ts';
import { compareKeys, keyProblem } from '../../src/core/s3-layout.ts';
import { isEtagOf, type RemoteFile } from '../../src/core/s3-object.ts';
import { formatManifest, ManifestReader, type Sent } from '../../src/data/sync-manifest.ts';
import { Comparison, listCuts, type SyncPlan } from '../../src/data/sync-plan.ts';
import { chance } from '../given.ts';

const file = (path: string, sha256 = 'h', size = 1): HashedFile => ({
  path,
  sha256,
  size,
  modified: 0,
  absolute: `/${path}`,
  executable: false,
});
const object = (path: string, etag = 'e', size = 1): RemoteFile => ({ path, etag, size });
interface Manifest {
  readonly files: ReadonlyMap<string, Sent>;
  readonly kmsKey: string | undefined;
}
const sent = (path: string, sha256 = 'h', etag = 'e', kmsKey?: string): Manifest => ({
  files: new Map([[path, { sha256, etag }]]),
  kmsKey,
});
const sentFiles = (rows: [string, { sha256: string; etag: string }][]): Manifest => ({
  files: new Map(rows),
  kmsKey: undefined,
});
const NONE: Manifest = { files: new Map(), kmsKey: undefined };
const MD5 = '"d41d8cd98f00b204e9800998ecf8427e"';

/** `order`: whether the manifest arrives after the listing. */
function planSync(
  local: readonly HashedFile[],
  remote: readonly RemoteFile[],
  { files, kmsKey: sentWith }: Manifest,
  kmsKey: string | undefined,
  isListingFirst = true,
): SyncPlan {
  const comparison = new Comparison(local);
  const list = (): void => {
    for (const object of remote) comparison.takeObject(object);
  };
  if (isListingFirst) list();
  for (const [path, what] of files) comparison.takeSent(path, what);
  if (!isListingFirst) list();
  return comparison.plan(kmsKey, sentWith);
}

interface Expected {
  readonly send?: string[];
  readonly compare?: string[];
  readonly remove?: string[];
  readonly keep?: string[];
}

describe('a plan', () => {
  it.each<[string, HashedFile[], RemoteFile[], Manifest, Expected]>([
    ['nothing anywhere', [], [], NONE, {}],
    ['a first time', [file('a')], [], NONE, { send: ['a'] }],
    ['unchanged', [file('a')], [object('a')], sent('a'), { keep: ['a'] }],
    ['changed here', [file('a', 'h2')], [object('a')], sent('a'), { send: ['a'] }],
    ['changed here in size too', [file('a', 'h2', 2)], [object('a')], sent('a'), { send: ['a'] }],
    ['changed there', [file('a')], [object('a', 'e2')], sent('a'), { send: ['a'] }],
    ['cut off there', [file('a')], [object('a', 'e', 0)], sent('a'), { send: ['a'] }],
    ['gone there', [file('a')], [], sent('a'), { send: ['a'] }],
    ['gone here', [], [object('a')], sent('a'), { remove: ['a'] }],
    ['gone here and there', [], [], sent('a'), {}],
    ['there without a manifest', [file('a')], [object('a')], NONE, { send: ['a'] }],
    ['there without a manifest, by its MD5', [file('a')], [object('a', MD5)], NONE, { compare: ['a'] }],
    ['put there anew, by its MD5', [file('a')], [object('a', MD5)], sent('a'), { compare: ['a'] }],
    ['of another size, whatever the MD5', [file('a')], [object('a', MD5, 2)], NONE, { send: ['a'] }],
    [
      'changed here, though the object is by its MD5',
      [file('a', 'h2')],
      [object('a', MD5)],
      sent('a', 'h', MD5),
      { send: ['a'] },
    ],
    ['there in parts', [file('a')], [object('a', `"${'0'.repeat(32)}-2"`)], NONE, { send: ['a'] }],
    ['there by somebody else', [file('a')], [object('a'), object('b')], sent('a'), { keep: ['a'], remove: ['b'] }],
    ['moved', [file('b')], [object('a')], sent('a'), { send: ['b'], remove: ['a'] }],
    ['a file where a folder was', [file('a')], [object('a/b')], sent('a/b'), { send: ['a'], remove: ['a/b'] }],
    ['an empty file', [file('a', 'h', 0)], [object('a', 'e', 0)], sent('a'), { keep: ['a'] }],
    ['another case', [file('A')], [object('a')], sent('a'), { send: ['A'], remove: ['a'] }],
    ...['__proto__', 'constructor', 'a b+%#ü', 'hasOwnProperty'].map(
      (name): [string, HashedFile[], RemoteFile[], Manifest, { keep: string[] }] => [
        `named ${name}`,
        [file(name)],
        [object(name)],
        sent(name),
        { keep: [name] },
      ],
    ),
    [
      'named as an object has it, never sent',
      [file('constructor')],
      [object('constructor')],
      NONE,
      { send: ['constructor'] },
    ],
    ["a folder's marker", [], [object('')], NONE, { remove: [''] }],
  ])('%s', (_what, local, remote, manifest, { send = [], compare = [], remove = [], keep = [] }) => {
    const plan = planSync(local, remote, manifest, undefined);
    expect(planSync(local, remote, manifest, undefined, false)).toEqual(plan);
    expect(plan.send.map(({ path }) => path)).toEqual(send);
    expect(plan.compare.map(({ file: { path } }) => path)).toEqual(compare);
    expect(plan.remove).toEqual(remove);
    expect([...plan.keep.keys()]).toEqual(keep);
    for (const [path, what] of plan.keep) expect(what).toEqual(manifest.files.get(path));
  });

  it.each<[string, string | undefined, Manifest, string, Expected]>([
    ['keeps what is encrypted with the key', 'k', sent('a', 'h', 'e', 'k'), 'e', { keep: ['a'] }],
    ['keeps it by an ETag that looks like an MD5', 'k', sent('a', 'h', MD5, 'k'), MD5, { keep: ['a'] }],
    ['sends what was encrypted with no key', 'k', sent('a'), 'e', { send: ['a'] }],
    ['sends what was encrypted with another key', 'k', sent('a', 'h', 'e', 'other'), 'e', { send: ['a'] }],
    ['sends what has an MD5, since that is not encrypted', 'k', NONE, MD5, { send: ['a'] }],
    [
      'keeps what is encrypted when no key is named any more',
      undefined,
      sent('a', 'h', 'e', 'k'),
      'e',
      { keep: ['a'] },
    ],
  ])('with a KMS key %s', (_what, kmsKey, manifest, etag, { send = [], keep = [] }) => {
    const plan = planSync([file('a')], [object('a', etag)], manifest, kmsKey);
    expect(plan.send.map(({ path }) => path)).toEqual(send);
    expect(plan.compare).toEqual([]);
    expect([...plan.keep.keys()]).toEqual(keep);
  });

  it('makes there what is here, whatever was there', () => {
    const next = chance(5);
    const some = (): string[] => ['a', 'b', 'c/d', '__proto__', 'ü'].filter(() => next(2) === 1);
    const hash = (): string => `h${next(3)}`;
    for (let round = 0; round < 300; round += 1) {
      const local = some().map((path) => file(path, hash()));
      // What S3 holds: the content's hash is known here, the ETag is its name there.
      const there = new Map(some().map((path) => [path, hash()]));
      const files: Manifest['files'] = new Map(
        some().map((path) => {
          const sha256 = hash();
          return [path, { sha256, etag: `etag of ${sha256}` }];
        }),
      );
      const plan = planSync(
        local,
        [...there].map(([path, content]) => object(path, `etag of ${content}`)),
        { files, kmsKey: undefined },
        undefined,
      );
      for (const { path, sha256 } of plan.send) there.set(path, sha256);
      for (const path of plan.remove) there.delete(path);
      expect([...there].toSorted()).toEqual(local.map(({ path, sha256 }) => [path, sha256]).toSorted());
      expect(plan.send.length + plan.keep.size).toBe(local.length);
    }
  });
});

describe('an ETag', () => {
  it.each<[string, string, boolean]>([
    [MD5, 'd41d8cd98f00b204e9800998ecf8427e', true],
    ['d41d8cd98f00b204e9800998ecf8427e', 'd41d8cd98f00b204e9800998ecf8427e', true],
    [MD5, 'd41d8cd98f00b204e9800998ecf8427f', false],
    ['', 'd41d8cd98f00b204e9800998ecf8427e', false],
  ])('%s is of %s: %s', (etag, md5, same) => {
    expect(isEtagOf(etag, md5)).toBe(same);
  });
});

describe('the cuts of a list', () => {
  const names = (number: number): HashedFile[] =>
    Array.from({ length: number }, (_, at) => file(`f${String(at).padStart(6, '0')}`));
  it.each<[number, string[]]>([
    [0, []],
    [1, []],
    [1_000, []],
    [1_001, ['f000999']],
    [2_000, ['f000999']],
    [2_001, ['f000999', 'f001999']],
    [3_500, ['f000999', 'f001999', 'f002999']],
  ])('of %i files part pages of S3', (number, expected) => {
    expect(listCuts(names(number))).toEqual(expected);
  });
  it('of many files are as many as there are pages, but for the last one', () => {
    expect(listCuts(names(100_000))).toHaveLength(99);
  });
  it('are in the order of UTF-8, which is not that of JavaScript', () => {
    // U+FF5E is before U+1F600 in UTF-8; JavaScript compares the latter by its half U+D83D.
    const files = [...Array(1_000).fill('\u{1f600}'), ...Array(1_001).fill('\uff5e')].map((path: string) => file(path));
    expect(['\u{1f600}', '\uff5e'].toSorted()).toEqual(['\u{1f600}', '\uff5e']);
    expect(listCuts(files)).toEqual(['\uff5e', '\u{1f600}']);
    expect(compareKeys('\uff5e', '\u{1f600}')).toBeLessThan(0);
    expect(compareKeys('a', 'a')).toBe(0);
  });
});

describe('the parts of a file', () => {
  const MIB = 2 ** 20;
  it.each<[number, number, number]>([
    [8 * MIB + 1, 8 * MIB, 2],
    [16 * MIB, 8 * MIB, 2],
    [5 * 1024 * MIB, 8 * MIB, 640],
    [80_000 * MIB, 8 * MIB, 10_000],
    [80_000 * MIB + 1, 9 * MIB, 8_889],
    [5 * 1024 * 1024 * MIB, 525 * MIB, 9_987],
  ])('of %i bytes have %i bytes and are %i', (size, part, number) => {
    const parts = partsOf(size);
    expect(parts.length).toBe(number);
    expect(parts.slice(0, -1).every(({ length }) => length === part)).toBe(true);
    let end = 0;
    for (const [at, { number: named, start, length }] of parts.entries()) {
      expect([named, start]).toEqual([at + 1, end]);
      end += length;
    }
    expect(end).toBe(size);
  });
});

describe('a key', () => {
  it.each<[string, RegExp | undefined]>([
    ['a b+%#ü?&;:$@=,', undefined],
    ['深い/ö', undefined],
    ['back\\slash "quoted" \'too\'', undefined],
    ['a\nb', /control character/],
    ['a\tb', /control character/],
    ['\u007f', /control character/],
    ['x'.repeat(1022), undefined],
    ['x'.repeat(1023), /1025 bytes, and S3 allows at most 1024/],
    ['ü'.repeat(512), /1026 bytes/],
  ])('of %j', (path, problem) => {
    if (problem === undefined) expect(keyProblem('f/', path)).toBeUndefined();
    else expect(keyProblem('f/', path)).toMatch(problem);
  });
});

describe('a manifest', () => {
  /** As it is read: in pieces that end anywhere. */
  const read = (text: string, piece = text.length + 1): Manifest => {
    const found = new Map<string, Sent>();
    const reader = new ManifestReader((path, sent) => found.set(path, sent));
    for (let at = 0; at < text.length; at += piece) reader.push(text.slice(at, at + piece));
    const { files, kmsKey } = reader.end();
    expect(files).toBe(found.size);
    return { files: found, kmsKey };
  };
  const format = ({ files, kmsKey }: Manifest): string => [...formatManifest(files, kmsKey)].join('');
  const many = Array.from({ length: 2_500 }, (_, at): [string, { sha256: string; etag: string }] => [
    `f${at}`,
    { sha256: `${at}-2`, etag: `"${at}"` },
  ]);
  it.each<[Manifest]>([
    [NONE],
    [sent('a')],
    [sent('kms-key', 'h', 'e', 'alias/ml')],
    [sentFiles(many)],
    [
      sentFiles([
        ['__proto__', { sha256: 'x', etag: '"y"' }],
        ['ü "\\ 深い/[]{}', { sha256: '', etag: '' }],
        ['10', { sha256: 'x', etag: 'y' }],
        ['9', { sha256: 'x', etag: 'y' }],
      ]),
    ],
  ])('comes back from its text, in pieces of any length: %#', (manifest) => {
    const text = format(manifest);
    expect(read(text)).toEqual(manifest);
    for (const piece of [1, 2, 7, 100]) expect(read(text, piece)).toEqual(manifest);
  });
  it('is given out in pieces', () => {
    const pieces = [...formatManifest(many, undefined)];
    expect(pieces.length).toBe(3);
  });
  it('of version 1 is still read', () => {
    const text = JSON.stringify([
      ['kms-key', 'alias/ml'],
      ['a b', 'h', '"e"'],
      ['ü "\\\n', '', ''],
    ]);
    const files = sentFiles([
      ['a b', { sha256: 'h', etag: '"e"' }],
      ['ü "\\\n', { sha256: '', etag: '' }],
    ]);
    expect(read(text, 3)).toEqual({ ...files, kmsKey: 'alias/ml' });
  });
  it('has no line of a file whose name would be read as further lines', () => {
    const forged = 'x\nsecret\tits hash';
    expect(
      read(
        format(
          sentFiles([
            [forged, { sha256: 'h', etag: 'e' }],
            ['a', { sha256: 'h', etag: 'e' }],
          ]),
        ),
      ),
    ).toEqual(sent('a'));
  });
  it.each([
    '',
    'x',
    '{}',
    '[',
    'null',
    '1',
    '"a"',
    '{"a": {"sha256": "h", "etag": "e"}}',
    '[null]',
    '[[]]',
    '[["a", "b", 1]]',
    '[["a", "b", "c", "d"]]',
    '[[["a"], "b", "c"]]',
    '{"version":3}\na\th\te\n',
    '{"version":"2"}\na\th\te\n',
    '{"version":2\na\th\te\n',
    'a\th\te\n{"version":2}\n',
    '{"version":2,"kmsKey":["x"]}\n',
    `{"version":2,"x":"${'x'.repeat(20_000)}`,
  ])('that is broken is as none: %j', (text) => {
    expect(read(text)).toEqual(NONE);
    expect(read(text, 5)).toEqual(NONE);
  });
  it.each(['[["a","h","e"],["b"],7]', '{"version":2}\na\th\te\nb\nc\th\nd\th\te\tmore\n\ncut off\th\te'])(
    'keeps what of it is whole: %j',
    (text) => {
      expect(read(text)).toEqual(sent('a'));
    },
  );
});
