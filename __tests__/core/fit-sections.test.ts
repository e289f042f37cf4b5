/** A page that is too large for GitHub loses its least important sections, and says which. */
import { describe, expect, it } from 'vitest';
import { fitSections, type Limit, type Section } from '../../src/core/fit-sections.ts';

const section = (name: string, importance: number, length: number, short?: number): Section => ({
  ...{ name, importance, text: name.repeat(length) },
  short: short === undefined ? undefined : name.toUpperCase().repeat(short),
});
const limit = (most: number): Limit => ({
  most,
  size: (text) => text.length,
  note: (left) => `left out: ${left.join(', ')}`,
});
/** Letter → how often it is on the page. */
const fitted = (sections: readonly Section[], most: number): [Record<string, number>, readonly string[]] => {
  const { text, left } = fitSections(sections, limit(most));
  expect(text.length).toBeLessThanOrEqual(most);
  expect(text.includes('left out: ')).toBe(left.length > 0);
  const counts: Record<string, number> = {};
  for (const letter of text.replace(/left out: .*/, '').replaceAll('\n', ''))
    counts[letter] = (counts[letter] ?? 0) + 1;
  return [counts, left];
};

describe('a page', () => {
  it('that fits is whole, its sections in their order', () => {
    const { text, left } = fitSections([section('a', 1, 3), section('b', 9, 2), section('c', 5, 0)], limit(100));
    expect([text, left]).toEqual(['aaa\n\nbb\n\n', []]);
  });
  it('of exactly the limit is whole', () => {
    expect(fitted([section('a', 1, 94)], 96)).toEqual([{ a: 94 }, []]);
    expect(fitted([section('a', 1, 95)], 96)).toEqual([{}, ['a']]);
  });
  it('loses the least important section, wherever that stands', () => {
    const sections = [section('a', 3, 30), section('b', 1, 30), section('c', 2, 30)];
    expect(fitted(sections, 90)).toEqual([{ a: 30, c: 30 }, ['b']]);
    expect(fitted(sections, 60)).toEqual([{ a: 30 }, ['b', 'c']]);
  });
  it('loses the later one of two that are as important', () => {
    expect(fitted([section('a', 1, 40), section('b', 1, 40)], 70)).toEqual([{ a: 40 }, ['b']]);
  });
  it('shortens before it leaves out, even if an important section is the long one', () => {
    const sections = [section('a', 3, 200, 20), section('b', 1, 20), section('c', 2, 20, 10)];
    expect(fitted(sections, 240)).toEqual([{ a: 200, b: 20, C: 10 }, []]);
    expect(fitted(sections, 100)).toEqual([{ A: 20, b: 20, C: 10 }, []]);
    expect(fitted(sections, 52)).toEqual([{ A: 20, C: 10 }, ['b']]);
  });
  it('is measured as the limit says', () => {
    const bytes = { ...limit(40), size: (text: string) => Buffer.byteLength(text) };
    expect(fitSections([section('ü', 1, 19)], bytes).left).toEqual([]);
    expect(fitSections([section('ü', 1, 20)], bytes).left).toEqual(['ü']);
  });
});
