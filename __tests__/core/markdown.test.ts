/** Texts that are cut. */
import { describe, expect, it } from 'vitest';
import { shortened } from '../../src/core/markdown.ts';

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
