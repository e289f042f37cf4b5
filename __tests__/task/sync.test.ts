import { describe, expect, it } from 'vitest';
import {
  formatManifest,
  type HashedFile,
  type Manifest,
  parseManifest,
  planSync,
  type RemoteFile,
} from '../../src/task/sync.ts';
import { chance } from './given.ts';

const file = (path: string, sha256 = 'h', size = 1): HashedFile => ({
  path,
  sha256,
  size,
  absolute: `/${path}`,
  executable: false,
});
const object = (path: string, etag = 'e', size = 1): RemoteFile => ({ path, etag, size });
const sent = (path: string, sha256 = 'h', etag = 'e'): Manifest => new Map([[path, { sha256, etag }]]);
const NONE: Manifest = new Map();

describe('a plan', () => {
  it.each<[string, HashedFile[], RemoteFile[], Manifest, { send?: string[]; remove?: string[]; keep?: string[] }]>([
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
  ])('%s', (_what, local, remote, manifest, { send = [], remove = [], keep = [] }) => {
    const plan = planSync(local, remote, manifest);
    expect(plan.send.map(({ path }) => path)).toEqual(send);
    expect(plan.remove).toEqual(remove);
    expect([...plan.keep.keys()]).toEqual(keep);
    for (const [path, what] of plan.keep) expect(what).toEqual(manifest.get(path));
  });

  it('makes there what is here, whatever was there', () => {
    const next = chance(5);
    const some = (): string[] => ['a', 'b', 'c/d', '__proto__', 'ü'].filter(() => next(2) === 1);
    const hash = (): string => `h${next(3)}`;
    for (let round = 0; round < 300; round += 1) {
      const local = some().map((path) => file(path, hash()));
      // What S3 holds: the content's hash is known here, the ETag is its name there.
      const there = new Map(some().map((path) => [path, hash()]));
      const manifest: Manifest = new Map(
        some().map((path) => {
          const sha256 = hash();
          return [path, { sha256, etag: `etag of ${sha256}` }];
        }),
      );
      const plan = planSync(
        local,
        [...there].map(([path, content]) => object(path, `etag of ${content}`)),
        manifest,
      );
      for (const { path, sha256 } of plan.send) there.set(path, sha256);
      for (const path of plan.remove) there.delete(path);
      expect([...there].toSorted()).toEqual(local.map(({ path, sha256 }) => [path, sha256]).toSorted());
      expect(plan.send.length + plan.keep.size).toBe(local.length);
    }
  });
});

describe('a manifest', () => {
  it.each<[Manifest]>([
    [NONE],
    [sent('a')],
    [
      new Map([
        ['__proto__', { sha256: 'x', etag: '"y"' }],
        ['ü "\\\n', { sha256: '', etag: '' }],
        ['10', { sha256: 'x', etag: 'y' }],
        ['9', { sha256: 'x', etag: 'y' }],
      ]),
    ],
  ])('comes back from its text: %#', (manifest) => {
    expect(parseManifest(formatManifest(manifest))).toEqual(manifest);
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
  ])('that is broken is as none: %j', (text) => {
    expect(parseManifest(text)).toEqual(NONE);
  });
  it('keeps what of it is whole', () => {
    expect(parseManifest('[["a","h","e"],["b"],7]')).toEqual(sent('a'));
  });
});
