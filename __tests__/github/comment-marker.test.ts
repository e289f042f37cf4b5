/** The marker of a task's comment, and which of several comments stays with which content. */
import { describe, expect, it } from 'vitest';
import { markerOf, type OwnComment, readMarker, settle } from '../../src/github/comment-marker.ts';

const run = (id: number | string, attempt = 1) => ({ id: String(id), attempt });

describe('a marker', () => {
  const KEYS = [
    'p/t',
    'pr-12/p/t',
    'p/a--b',
    'p/a-%2Db',
    'p/-',
    'p/--',
    'p/a-',
    'p/a',
    'p-/t',
    '>',
    '<!--',
    '-->',
    'é',
    ' ',
    '',
  ];
  it.each(KEYS)('is read again with the key %j, and with no other one', (key) => {
    const body = `${markerOf(key, run(17, 2))}\ntext`;
    expect(KEYS.filter((other) => readMarker(body, other) !== undefined)).toEqual(key === '' ? [] : [key]);
    expect(markerOf(key, run(17))).toMatch(/^<!-- (?!.*--.*-->)[\x21-\x7e ]+ -->$/);
    if (key !== '') expect(readMarker(body, key)).toEqual(run(17, 2));
  });
  it('is read after an edit in a browser, and without a text', () => {
    expect(readMarker(`${markerOf('p/t', run(1))}\r\ntext`, 'p/t')).toEqual(run(1));
    expect(readMarker(markerOf('p/t', run(1)), 'p/t')).toEqual(run(1));
  });
  it.each([
    ` ${markerOf('p/t', run(1))}\n`,
    `x\n${markerOf('p/t', run(1))}\n`,
    `${markerOf('p/t', run(1))} text`,
    markerOf('p/t', run(1)).replace('run 1', 'run x'),
    markerOf('p/t', run(1)).replace('run 1', `run ${'1'.repeat(99)}`),
    '',
  ])('is none in %j', (body) => {
    expect(readMarker(body, 'p/t')).toBeUndefined();
  });
});

describe('of several comments', () => {
  const comment = (id: number, of: ReturnType<typeof run>): OwnComment => ({
    id,
    run: of,
    body: `body ${id}`,
    url: '',
  });
  const mine = { run: run(20), body: 'mine' };
  it.each<[string, readonly [OwnComment, ...OwnComment[]], number, string, boolean, number[]]>([
    ['the only one is changed', [comment(1, run(19))], 1, 'mine', false, []],
    ['one of the same run is changed', [comment(1, run(20))], 1, 'mine', false, []],
    ['one of a newer run stays', [comment(1, run(21))], 1, 'body 1', true, []],
    ['one of a newer attempt stays', [comment(1, run(20, 2))], 1, 'body 1', true, []],
    ['another attempt of an older run is older', [comment(1, run(19, 9))], 1, 'mine', false, []],
    ['the oldest is kept', [comment(3, run(1)), comment(1, run(2)), comment(2, run(3))], 1, 'mine', false, [2, 3]],
    [
      'the newest content goes there',
      [comment(2, run(22)), comment(1, run(1)), comment(3, run(21))],
      1,
      'body 2',
      true,
      [2, 3],
    ],
    ['a number of a run is no text', [comment(1, run(9))], 1, 'mine', false, []],
    ['a large number is exact', [comment(1, run('18446744073709551617'))], 1, 'body 1', true, []],
  ])('%s', (_, own, keep, body, isNewer, remove) => {
    const found = settle(own, mine);
    expect({ ...found, keep: found.keep.id, remove: found.remove.map(({ id }) => id) }).toEqual({
      keep,
      body,
      isNewer,
      remove,
    });
  });
});
