/**
 * Matches paths in a build context with the patterns of `.dockerignore`. The rules are those of
 * https://docs.docker.com/build/concepts/context/#dockerignore-files, translated as github.com/moby/patternmatcher
 * does, for the same kind of engine: it takes linear time for any pattern and path.
 */
import { posix } from 'node:path';
import { RE2JS, RE2JSSyntaxException } from 're2js';

interface Rule {
  readonly matches: RE2JS;
  /** Whether it unmatches paths that earlier rules matched: a pattern with `!`. */
  readonly negative: boolean;
}

export class ContextPatterns {
  readonly #rules: readonly Rule[];
  /** Whether a matched folder can contain a path that does not match. */
  readonly hasNegation: boolean;

  /** Throws a SyntaxError with the pattern that is not valid. */
  constructor(text: string) {
    this.#rules = text
      .replace(/^\uFEFF/, '')
      .split('\n')
      .flatMap(parseLine);
    this.hasNegation = this.#rules.some(({ negative }) => negative);
  }

  /** Whether the path (relative, with slashes) or a folder above it matches. The last rule decides. */
  match(path: string): boolean {
    const parts = path.split('/');
    return this.#decide(parts.map((_, index) => parts.slice(0, index + 1).join('/')));
  }

  /** Whether the path itself matches. */
  matchItself(path: string): boolean {
    return this.#decide([path]);
  }

  #decide(paths: readonly string[]): boolean {
    let matched = false;
    for (const { matches, negative } of this.#rules) {
      if (matched === negative && paths.some((each) => matches.test(each))) matched = !negative;
    }
    return matched;
  }
}

/** A pattern that matches this path. Characters that a line cannot contain match any character. */
export function exactPattern(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return `./${path.replace(/[*?[\\\]]/g, '\\$&').replace(/[\s\u0000-\u001f]/g, '?')}`;
}

function parseLine(line: string): Rule[] {
  if (line.startsWith('#')) return [];
  const trimmed = line.trim();
  const negative = trimmed.startsWith('!');
  const pattern = (negative ? trimmed.slice(1) : trimmed).trim();
  if (pattern === '') return [];
  const clean = posix.normalize(pattern).replace(/(?<=.)\/$/, '');
  return [{ matches: compile(clean.length > 1 ? clean.replace(/^\//, '') : clean), negative }];
}

function compile(pattern: string): RE2JS {
  // Pieces: `**` with the slash after it, an escaped character, any other character.
  const source = pattern.replace(/\*\*\/?|\\[\s\S]?|[\s\S]/g, (piece, at: number) => {
    if (piece.startsWith('**')) return at + piece.length === pattern.length ? '.*' : '(.*/)?';
    if (piece === '*') return '[^/]*';
    if (piece === '?') return '[^/]';
    if (piece === '\\') return '\\\\';
    return '.+()|{}$'.includes(piece) ? `\\${piece}` : piece;
  });
  try {
    return RE2JS.compile(`(?s)\\A${source}\\z`);
  } catch (cause) {
    if (!(cause instanceof RE2JSSyntaxException)) throw cause;
    throw new SyntaxError(`"${pattern}" is not a valid pattern`, { cause });
  }
}
