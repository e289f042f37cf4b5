/** Control characters of a worker's lines, which the log, the errors and the metrics read by the same rules. */
import { describe, expect, it } from 'vitest';
import {
  drawnTexts,
  moves,
  onOneLine,
  withControls,
  withoutControls,
  withoutLastReturns,
  withoutSequences,
} from '../../src/core/control-text.ts';

describe('the agent’s way to write control characters', () => {
  it.each([
    ['a#011b', 'a\tb'],
    ['#015 10%#015 20%', '\r 10%\r 20%'],
    ['#033[31mred#033[0m', '\u001b[31mred\u001b[0m'],
    ['5/10#010#010#0106/10', '5/10\b\b\b6/10'],
    ['x#010#015y', 'x\b\ry'],
    // Alone it is a number, as the others are that hardly any program prints.
    ['issue #010, agent #007, line #012', 'issue #010, agent #007, line #012'],
    ['#016 #1 #01 #0111', '#016 #1 #01 \t1'],
    ['plain # text', 'plain # text'],
  ])('%j is %j', (text, expected) => {
    expect(withControls(text)).toBe(expected);
  });
});

describe('a line with control characters', () => {
  it('has more than text and colours, or not', () => {
    for (const line of ['a', 'a\tb', '\u001b[31mred\u001b[m', '\u001b[38:5:1mx']) expect(moves(line)).toBe(false);
    for (const line of ['a\rb', 'a\bb', '\u001b[K', '\u001b]0;x\u0007', '\u001b', '\u009b1m'])
      expect(moves(line)).toBe(true);
  });

  it.each<[string, string, string, string]>([
    ['colours', '\u001b[1;31mred\u001b[0m', 'red', 'red'],
    ['the form of one byte', '\u009b31mred', 'red', 'red'],
    ['a title', '\u001b]0;title\u0007text', 'text', 'text'],
    ['a link', '\u001b]8;;https://evil.example\u001b\\link\u001b]8;;\u001b\\', 'link', 'link'],
    ['a title without an end', '\u001b]0;title', '0;title', '0;title'],
    ['an escape alone', 'a\u001b', 'a', 'a'],
    ['a carriage return and a bell', 'a\rb\u0007', 'a\rb\u0007', 'ab'],
    ['line breaks of other kinds', 'a\u0085b\u2028c', 'a\u0085b\u2028c', 'a\u0085b\u2028c'],
    ['a tab', 'a\tb', 'a\tb', 'a\tb'],
  ])('%s: without sequences, and without any', (_what, line, withoutSome, withoutAll) => {
    expect(withoutSequences(line)).toBe(withoutSome);
    expect(withoutControls(line)).toBe(withoutAll);
    expect(onOneLine(line)).toBe(withoutAll.replace(/[\u0085\u2028]/g, ''));
  });

  it('is several texts, one over the other', () => {
    expect(drawnTexts('\r 50%\r100%')).toEqual(['', ' 50%', '100%']);
    expect(drawnTexts('#015 50%#015100%')).toEqual(['', ' 50%', '100%']);
    expect(drawnTexts('a#0155')).toEqual(['a', '5']);
    expect(drawnTexts('issue #014')).toEqual(['issue #014']);
  });

  it('has no carriage returns at its end', () => {
    expect(withoutLastReturns('a\rb\r\r')).toBe('a\rb');
    expect(withoutLastReturns('a')).toBe('a');
  });
});
