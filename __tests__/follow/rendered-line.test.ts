/** A line with control characters, as a terminal leaves it. Expected values are what xterm shows, but for its width. */
import { describe, expect, it } from 'vitest';
import { withControls, withoutControls } from '../../src/core/control-text.ts';
import { closed } from '../../src/follow/colours.ts';
import { rendered } from '../../src/follow/rendered-line.ts';
import { chance, textOf } from '../given.ts';

const shown = (line: string): string => rendered(line).rows.get(0) ?? '';

describe('a line', () => {
  it.each([
    ['a bar', '\r  0%|  |\r 50%|# |\r100%|##|', '100%|##|'],
    ['a shorter text over a longer one', 'downloading\rdone', 'doneloading'],
    ['one that is padded with blanks', 'downloading\rdone       ', 'done'],
    ['a bar that is cleared', '\r 50%|# |\r          \r', ''],
    ['a message over a bar that is cleared', '\r 50%|# | 1/2\r            \rsaved\tx', 'saved\tx'],
    ['backspaces', '1/9\b\b\b2/9', '2/9'],
    ['backspaces beyond the begin', 'ab\b\b\b\bc', 'cb'],
    ['a turning wheel', '|\b/\b-\b\\\bdone', 'done'],
    ['erasing to the end', 'downloading\r\u001b[Kdone', 'done'],
    ['erasing from the middle', 'downloading\u001b[4D\u001b[K', 'downloa'],
    ['erasing all', 'downloading\u001b[2K\rdone', 'done'],
    ['erasing up to the cursor, at the end', 'downloading\u001b[1K\rdone', 'done'],
    ['the cursor to a column', 'abcdef\u001b[3GX', 'abXdef'],
    ['the cursor to the right', 'a\u001b[3Cb', 'a   b'],
    ['the cursor to a place', 'abc\u001b[1;1HX', 'Xbc'],
    ['clearing the screen', 'abc\u001b[2J\u001b[Hx', 'x'],
    ['a hidden cursor', '\u001b[?25ltext\u001b[?25h', 'text'],
    ['a title', '\u001b]0;title\u0007text', 'text'],
    ['a title whose bell the agent wrote', withControls('#033]0;title#007text'), 'text'],
    ['a link', '\u001b]8;;https://evil.example\u001b\\link\u001b]8;;\u001b\\ text', 'link text'],
    ['a link in the form of one byte', '\u009d8;;https://evil.example\u009clink', 'link'],
    ['a device control string', '\u001bPq#0;2;0;0;0\u001b\\text', 'text'],
    ['a sequence of one byte', '\u009b2Ktext', 'text'],
    ['a title without an end', '\u001b]0;title', '0;title'],
    ['half a sequence', 'text\u001b[', 'text'],
    ['half a sequence before text', 'a\u001b[12', 'a12'],
    ['an escape alone', 'a\u001b', 'a'],
    ['another character set', '\u001b(Bplain', 'plain'],
    ['other control characters', 'a\u0000\u0007\u000b\u007fb\r', 'ab'],
    ['a character beyond U+FFFF', '\r🚀🚀\rx', 'x🚀'],
    ['U+0085, which ends a line, so it is left', 'a\u0085b\r', 'a\u0085b'],
  ])('with %s', (_what, line, expected) => {
    expect(shown(line)).toBe(expected);
  });

  it.each([
    ['kept', '\r\u001b[32m100%\u001b[0m done', '\u001b[32m100%\u001b[0m done'],
    ['ended', '\r\u001b[31mred', '\u001b[31mred\u001b[0m'],
    ['of what is drawn over', '\u001b[31mred\u001b[0m\rx', 'x\u001b[31med\u001b[0m'],
    ['that change', '\r\u001b[1;31ma\u001b[22mb\u001b[39mc', '\u001b[1;31ma\u001b[0m\u001b[31mb\u001b[0mc'],
    [
      'of 256',
      '\r\u001b[38;5;208ma\u001b[48;2;1;2;3mb',
      '\u001b[38;5;208ma\u001b[0m\u001b[38;5;208;48;2;1;2;3mb\u001b[0m',
    ],
    ['in the form with colons', '\r\u001b[38:5:208ma', '\u001b[38;5;208ma\u001b[0m'],
    ['that are none', '\r\u001b[38;5mb\u001b[38;5;999mc\u001b[8;5md\u001b[77me', 'bcde'],
    ['on blanks', '\r\u001b[41m  \u001b[0m  ', '\u001b[41m  \u001b[0m'],
  ])('has its colours %s', (_what, line, expected) => {
    expect(shown(line)).toBe(expected);
  });

  it.each<[string, string, [number, string][], number]>([
    [
      'a bar above',
      '\rinner\u001b[A\router',
      [
        [0, 'inner'],
        [-1, 'outer'],
      ],
      -1,
    ],
    [
      'two above, erased',
      'c\r\u001b[2K\u001b[1A\u001b[2K\u001b[1A\u001b[2Ka',
      [
        [0, ''],
        [-1, ''],
        [-2, 'a'],
      ],
      -2,
    ],
    [
      'up and back',
      '\u001b[2Aa\u001b[2B\rb',
      [
        [-2, 'a'],
        [0, 'b'],
      ],
      0,
    ],
    [
      'up to a begin',
      'abc\u001b[Fx\u001b[Ey',
      [
        [0, 'ybc'],
        [-1, 'x'],
      ],
      0,
    ],
    [
      'an index in reverse',
      'a\u001bM\rb',
      [
        [0, 'a'],
        [-1, 'b'],
      ],
      -1,
    ],
    [
      'text behind a bar above',
      '\rinner\u001b[Aprinted',
      [
        [0, 'inner'],
        [-1, 'printed'],
      ],
      -1,
    ],
    ['nothing but a way up', '\u001b[A', [], -1],
    ['a way that is too long', '\u001b[999999999Aa', [[-32, 'a']], -32],
  ])('draws rows: %s', (_what, line, rows, end) => {
    expect(rendered(line)).toEqual({ rows: new Map(rows), end });
  });

  it('that has only colours is plain at its end', () => {
    expect(closed('no colours')).toBe('no colours');
    expect(closed('\u001b[31mred\u001b[0m')).toBe('\u001b[31mred\u001b[0m');
    expect(closed('\u001b[31mred\u001b[m')).toBe('\u001b[31mred\u001b[m');
    expect(closed('\u001b[1m\u001b[31mred')).toBe('\u001b[1m\u001b[31mred\u001b[0m');
  });
});

describe('a hostile line', () => {
  const PIECES = [
    'a',
    '🚀',
    ' ',
    '\r',
    '\b',
    '\t',
    '\u001b',
    '[',
    ']',
    '0',
    '1',
    ';',
    '31',
    'm',
    'A',
    'K',
    'J',
    '\u0007',
    '#007',
  ];
  const MORE = [
    '\u001b[2A',
    '\u001b[999C',
    '\u001b[5G',
    '\u001b[31m',
    '\u001b]8;;',
    '\u001b\\',
    '\u009b',
    '\u009d',
    '\u0085',
    '\0',
    '\u001bP',
  ];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression finds control characters
  const LEFT = /[\u0000-\u0008\u000a-\u001a\u001c-\u001f\u007f-\u0084\u0086-\u009f]|\u001b(?!\[(?:0|\d[\d;]*)m)/;

  it('leaves text and colours, and is plain at its end', () => {
    const next = chance(7);
    for (let round = 0; round < 3_000; round += 1) {
      const line = textOf(next, [...PIECES, ...MORE], 40);
      for (const text of rendered(line).rows.values()) {
        expect(text).not.toMatch(LEFT);
        expect(text.lastIndexOf('\u001b')).toBe(text.includes('\u001b') ? text.lastIndexOf('\u001b[0m') : -1);
      }
      for (const control of ['\r', '\b', '\u001b', '\u009b']) expect(withoutControls(line)).not.toContain(control);
    }
  });

  it.each<[string, string]>([
    ['carriage returns', '\r'],
    ['a bar of states', '\r 50%|#####     | 5/10'],
    ['backspaces', 'ab\b'],
    ['escapes', '\u001b'],
    ['begins of sequences', '\u001b['],
    ['begins of titles', '\u001b]'],
    ['begins of titles in one byte', '\u009d'],
    ['titles that the agent may have ended', '\u001b]#00'],
    ['parameters', ';'],
    ['colours', '\u001b[1;2;3;4;31;41m'],
    ['colours of letters', '\u001b[38;5;1mx'],
    ['erasing at the far right', '\u001b[999C\u001b[2Kx'],
    ['rows', '\u001b[Ax\u001b[B'],
    ['columns', '\u001b[999C\u001b[A\u001b[Kx'],
    ['digits', '1'],
    ['written returns', '#015'],
    ['written backspaces', '#010'],
  ])('of many %s takes linear time', (_what, piece) => {
    const time = (length: number): number => {
      const line = `\u001b[${piece.repeat(Math.ceil(length / piece.length))}x\r`;
      const begun = performance.now();
      rendered(withControls(line));
      withoutControls(line);
      closed(line);
      return performance.now() - begun;
    };
    time(10_000);
    // Twenty times the length takes twenty times as long; a square would take four hundred times.
    expect(time(200_000)).toBeLessThan(Math.max(100 * Math.min(time(10_000), time(10_000)), 2_000));
  });
});
