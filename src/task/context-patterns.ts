/**
 * Patterns of paths in a build's context, as Docker reads them in `.dockerignore`: the rules of
 * https://docs.docker.com/build/concepts/context/#dockerignore-files, translated as github.com/moby/patternmatcher does.
 */
import { posix } from 'node:path';

interface Rule {
  readonly matches: RegExp;
  /** Takes back what rules before it matched. */
  readonly negative: boolean;
}

export class ContextPatterns {
  readonly #rules: readonly Rule[];
  /** Whether a folder that is matched can hold something that is not. */
  readonly takesBack: boolean;

  /** Throws a SyntaxError that names a pattern which is none. */
  constructor(text: string) {
    this.#rules = text
      .replace(/^\uFEFF/, '')
      .split('\n')
      .flatMap(parseLine);
    this.takesBack = this.#rules.some(({ negative }) => negative);
  }

  /** Whether the path (relative, by slashes) is matched, by itself or with a folder that holds it; the last rule decides. */
  match(path: string): boolean {
    const parts = path.split('/');
    return this.#decide(parts.map((_, index) => parts.slice(0, index + 1).join('/')));
  }

  /** Whether the path itself is matched. */
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

function parseLine(line: string): Rule[] {
  if (line.startsWith('#')) return [];
  const given = line.trim();
  const negative = given.startsWith('!');
  const pattern = (negative ? given.slice(1) : given).trim();
  if (pattern === '') return [];
  const clean = posix.normalize(pattern).replace(/(?<=.)\/$/, '');
  return [{ matches: compile(clean.length > 1 ? clean.replace(/^\//, '') : clean), negative }];
}

function compile(pattern: string): RegExp {
  // In pieces: `**` with the slash after it, an escaped character, any other.
  const source = pattern.replace(/\*\*\/?|\\[\s\S]?|[\s\S]/g, (piece, at: number) => {
    if (piece.startsWith('**')) return at + piece.length === pattern.length ? '.*' : '(.*/)?';
    if (piece === '*') return '[^/]*';
    if (piece === '?') return '[^/]';
    if (piece === '\\') return '\\\\';
    return '.+()|{}$'.includes(piece) ? `\\${piece}` : piece;
  });
  try {
    return new RegExp(`^${source}$`, 's');
  } catch (cause) {
    throw new SyntaxError(`"${pattern}" is no pattern.`, { cause });
  }
}
