/** A page within a limit of length, and texts that are cut. */
import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { fitSections, type Section, shortened } from '../../src/core/markdown.ts';

const section = (name: string, length: number, of = 'x'): Section => ({ name, text: of.repeat(length) });
const bytes = (text: string): number => Buffer.byteLength(text);

describe('a page', () => {
  it('is whole if it fits, with blank lines between its sections', () => {
    const sections = [section('a', 3), { name: 'b', text: 'y\n\n' }, section('c', 2, 'z')];
    expect(fitSections(sections, 10)).toBe('xxx\n\ny\n\nzz');
    expect(fitSections([], 0)).toBe('');
  });
  it('leaves out whole sections, and names them', () => {
    const sections = [section('head', 100), section('chart <b>', 900), section('links', 50), section('table', 700)];
    const page = fitSections(sections, 400);
    expect(page.length).toBeLessThanOrEqual(400);
    expect(page).toBe(
      `${'x'.repeat(100)}\n\n${'x'.repeat(50)}\n\n<sub>Left out, because GitHub shows no page of this length: chart &#60;b&#62;, table.</sub>`,
    );
  });
  it('keeps the more important section of two that do not fit together', () => {
    expect(fitSections([section('a', 200), section('b', 200)], 300).startsWith(`${'x'.repeat(200)}\n\n<sub>`)).toBe(
      true,
    );
  });
  it('says so even if nothing fits', () => {
    expect(fitSections([section('a', 200)], 100)).toBe(
      '<sub>Left out, because GitHub shows no page of this length: a.</sub>',
    );
  });
  it.each([100, 500, 1000, 5000, 20_000])('is never longer than %i, whatever counts', (limit) => {
    const sections = Array.from({ length: 40 }, (_, at) =>
      section(`s${at}`, (at * 97) % 400, at % 3 === 0 ? '💥' : 'é'),
    );
    for (const measure of [bytes, (text: string): number => text.length]) {
      const page = fitSections(sections, Math.max(limit, 400), measure);
      expect(measure(page)).toBeLessThanOrEqual(Math.max(limit, 400));
      expect(page.isWellFormed()).toBe(true);
    }
  });
});

describe('a text', () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['a💥b', 3, 'a…'],
    ['💥💥', 4, '💥💥'],
    ['', 3, ''],
  ])('%j of at most %i is %j', (text, limit, expected) => {
    expect(shortened(text, limit)).toBe(expected);
  });
});
