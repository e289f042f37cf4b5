/** What Docker itself reads of a context is compared in __tests__/docker/context.test.ts. */
import { describe, expect, it } from 'vitest';
import { ContextPatterns } from '../../src/image/dockerignore.ts';

describe('a .dockerignore', () => {
  it.each([
    ['', 'a', false],
    ['# comment\n\n  \n', '# comment', false],
    ['a', 'a', true],
    ['a', 'b/a', false],
    ['a', 'a/b/c', true],
    ['/a/', 'a/b', true],
    ['./a/../b', 'b', true],
    ['*', 'a/b', true],
    ['*/b', 'a/b/c', true],
    ['*.txt', 'a.txt', true],
    ['*.txt', 'axtxt', false],
    ['*.txt', 'folder/a.txt', false],
    ['**/*.txt', 'a.txt', true],
    ['**/*.txt', 'x/y/a.txt', true],
    ['a/**', 'a/b/c', true],
    ['a/**', 'a', false],
    ['a**', 'a/b', true],
    ['**', 'a', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['[ab].py', 'b.py', true],
    ['[^ab].py', 'b.py', false],
    ['c++', 'c++', true],
    ['a(1){2}|$', 'a(1){2}|$', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['A', 'a', false],
    ['constructor', 'toString', false],
    ['*\n!keep', 'keep', false],
    ['*\n!keep', 'keep/inner', false],
    ['*\n!keep\nkeep/inner', 'keep/inner', true],
    ['!keep\n*', 'keep', true],
    ['*\r\n!keep\r\n', 'keep', false],
    ['\uFEFFa', 'a', true],
    ['a\n!', 'a', true],
  ])('%j: %j is left out: %j', (text, path, ignored) => {
    expect(new ContextPatterns(text).match(path)).toBe(ignored);
  });

  it('knows whether a folder that is left out can hold something that is not', () => {
    expect([new ContextPatterns('a').hasNegation, new ContextPatterns('a\n!a/b').hasNegation]).toEqual([false, true]);
  });

  it('names a pattern that is not valid', () => {
    expect(() => new ContextPatterns('a\n[b')).toThrow('"[b" is not a valid pattern');
  });
});
