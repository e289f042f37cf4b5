/** The pages of the repository lead to each other: every relative link names a file, and every anchor a heading of it. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import GithubSlugger from 'github-slugger';
import { Marked, type Token } from 'marked';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: root })
  .toString()
  .split('\n')
  .filter((page) => page !== '' && existsSync(join(root, page)));

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const collect = (token: Token): void => {
    tokens.push(token);
  };
  new Marked({ walkTokens: collect }).parse(text, { async: false });
  return tokens;
}

/** What an inline text reads as: `` `task_toolkit` `` is `task_toolkit`. */
function plain(token: Token): string {
  const inner = 'tokens' in token ? (token.tokens ?? []) : [];
  return inner.length > 0 ? inner.map(plain).join('') : 'text' in token ? token.text : '';
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  const slugger = new GithubSlugger();
  return tokensOf(text).flatMap((token) => (token.type === 'heading' ? slugger.slug(plain(token)) : []));
}

/** The links of a page that lead to nothing; `read` gives a file's text, undefined for one that is not there. */
function broken(page: string, read: (path: string) => string | undefined): string[] {
  const links = tokensOf(read(page) ?? '').flatMap((token) =>
    token.type === 'link' || token.type === 'image' ? [token.href as string] : [],
  );
  return links.filter((href) => {
    if (/^[a-z]+:/.test(href)) return false;
    const [path = '', anchor] = href.split('#');
    const target = path === '' ? page : posix.normalize(posix.join(posix.dirname(page), decodeURI(path)));
    const text = read(target);
    if (text === undefined) return true;
    return anchor !== undefined && !anchorsOf(text).includes(anchor);
  });
}

function readRepository(path: string): string | undefined {
  const file = join(root, path);
  if (!existsSync(file)) return undefined;
  return path.endsWith('.md') ? readFileSync(file, 'utf8') : '';
}

describe('a link', () => {
  it.each(pages)('of %s leads somewhere', (page) => {
    expect(broken(page, readRepository)).toEqual([]);
  });

  const book: Record<string, string> = {
    'a.md': '# A `b_c`: d\n## Twice\n## Twice\n',
    'docs/b.md': '',
    'docs/c.md': '```\n[not](a-link)\n```\n`[nor](this)`\n',
  };
  it.each([
    ['[x](docs/b.md) [x](./docs/b.md) ![x](a.md) <https://x.org> [x](https://x.org/#no) [x](mailto:a@b)', []],
    ['[x](a.md#a-b_c-d) [x](a.md#twice) [x](a.md#twice-1) [x](#here)\n\n# Here', []],
    ['| a |\n|---|\n| [x](docs/gone.md) |\n', ['docs/gone.md']],
    ['[x](a.md#twice-2) [x](#nowhere) [x](b.md)', ['a.md#twice-2', '#nowhere', 'b.md']],
    ['[x][y]\n\n[y]: docs/d.md', ['docs/d.md']],
  ])('of %j that leads nowhere is found', (text, expected) => {
    expect(broken('page.md', (path) => ({ ...book, 'page.md': text })[path])).toEqual(expected);
    expect(broken('docs/c.md', (path) => book[path])).toEqual([]);
  });
});

describe('the index of the docs', () => {
  it('names every page beside it', () => {
    const index = readFileSync(join(root, 'docs', 'README.md'), 'utf8');
    const named = tokensOf(index).flatMap((token) => (token.type === 'link' ? [token.href as string] : []));
    const beside = pages.filter((page) => dirname(page) === 'docs' && page !== 'docs/README.md');
    expect(beside.map((page) => posix.basename(page)).filter((page) => !named.includes(page))).toEqual([]);
  });
});
