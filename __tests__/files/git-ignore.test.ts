/** Ignore files, read as git reads them: random ones, with git itself as the judge. */
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { IgnoreRules } from '../../src/files/git-ignore.ts';
import { chance } from '../given.ts';
import { testFolder } from './folder.ts';

const PIECES = [
  ...['a', 'b', 'c', '.', '*', '*', '**', '***', '?', '/', '/', '/', '!', '#', '-', ' ', '\\ ', '\\a', '\\*', '\\['],
  ...['\\\\', '[ab]', '[!a]', '[^b]', '[a-c]', '[]a]', '[!]a]', '[!-0]', '[c-a]', '[a\\]]', '[a-]', '[-a]', '[a-b-c]'],
  ...['[[:alpha:]]', '[[:punct:]]', '[[:alpha:]-c]', '[[:x:]]', '[\\a-\\c]', '[a/b]', '[*]', '[', '[a', 'a]', 'é', '+'],
];
const NAMES = [
  'a',
  'b',
  'c',
  'ab',
  'ba',
  'abc',
  '.a',
  'a b',
  'a ',
  '*',
  '[',
  '!a',
  '#a',
  'a-',
  '-',
  'a]',
  '\\',
  'é',
  '+',
];

const folder = testFolder();

/** Of the paths those that git leaves out by this ignore file. */
function leftOutByGit(text: string, paths: readonly string[]): string[] {
  folder.write({ '.gitignore': text });
  const args = ['-C', folder.path, '-c', 'core.ignorecase=false', 'check-ignore', '--no-index', '-z', '--stdin'];
  const { stdout } = spawnSync('git', args, { input: paths.map((path) => `${path}\0`).join(''), encoding: 'utf8' });
  return stdout.split('\0').filter((path) => path !== '');
}

/** A folder that is left out is not looked into. */
function leftOut(rules: IgnoreRules, path: string): boolean {
  const parts = path.split('/');
  return parts.some((_, at) => rules.ignores(parts.slice(0, at + 1).join('/'), at < parts.length - 1) === true);
}

describe('an ignore file', () => {
  it.each([1, 2, 3, 4, 5, 6])('leaves out what git leaves out, by random patterns (%i)', (seed) => {
    execFileSync('git', ['init', '-q', folder.path]);
    const random = chance(seed);
    const many = (most: number, from: readonly string[], between: string): string =>
      Array.from({ length: 1 + random(most) }, () => from[random(from.length)]).join(between);
    let count = 0;
    for (let round = 0; round < 50; round += 1) {
      const lines = Array.from({ length: 1 + random(3) }, () => many(6, PIECES, ''));
      const text = `${lines.join(random(4) === 0 ? '\r\n' : '\n')}\n`;
      const paths = [...new Set(Array.from({ length: 40 }, () => many(4, NAMES, '/')))];
      const rules = new IgnoreRules(text);
      const expected = leftOutByGit(text, paths);
      count += expected.length;
      expect(
        paths.filter((path) => leftOut(rules, path)),
        JSON.stringify(text),
      ).toEqual(expected);
    }
    expect(count).toBeGreaterThan(100);
  });

  it('may have a byte order mark, and no line break at its end', () => {
    expect(new IgnoreRules('\uFEFFa').ignores('x/a', false)).toBe(true);
    expect(new IgnoreRules('').ignores('a', false)).toBeUndefined();
    expect(new IgnoreRules('a\n!a').ignores('a', false)).toBe(false);
  });
});
