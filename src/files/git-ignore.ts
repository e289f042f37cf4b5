/**
 * Matches paths with the patterns of an ignore file, as git does: https://git-scm.com/docs/gitignore, and wildmatch.c and
 * dir.c in git for what that page leaves out. Anybody who opens a pull request can write the patterns and the paths. A
 * backtracking engine takes minutes for three `**` in a pattern and a long path, so this uses an engine of linear time.
 */
import { RE2JS } from 're2js';

interface Rule {
  readonly matches: RE2JS;
  /** Whether it takes in again what earlier rules left out: a pattern with `!`. */
  readonly negative: boolean;
  readonly foldersOnly: boolean;
  /** Whether it matches the last part of a path, in any folder. */
  readonly aboutName: boolean;
}

export class IgnoreRules {
  readonly #rules: readonly Rule[];

  constructor(text: string) {
    this.#rules = bytesOf(text.replace(/^\uFEFF/, ''))
      .split('\n')
      .flatMap(parseLine)
      .reverse();
  }

  /** What the last rule that matches says. Undefined if no rule matches. `path`: relative to the ignore file's folder. */
  ignores(path: string, isFolder: boolean): boolean | undefined {
    const whole = bytesOf(path);
    const name = whole.slice(whole.lastIndexOf('/') + 1);
    const found = this.#rules.find(
      ({ matches, foldersOnly, aboutName }) => (isFolder || !foldersOnly) && matches.test(aboutName ? name : whole),
    );
    return found === undefined ? undefined : !found.negative;
  }
}

/** One character for each byte: git's `?` matches a byte. */
function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function parseLine(line: string): Rule[] {
  if (line.startsWith('#')) return [];
  const given = withoutTrailingBlanks(line.endsWith('\r') ? line.slice(0, -1) : line);
  const negative = given.startsWith('!');
  const whole = negative ? given.slice(1) : given;
  const foldersOnly = whole.endsWith('/');
  const pattern = foldersOnly ? whole.slice(0, -1) : whole;
  if (pattern === '') return [];
  const aboutName = !pattern.includes('/');
  const source = sourceOf(pattern.startsWith('/') ? pattern.slice(1) : pattern);
  return [{ matches: RE2JS.compile(`(?s)\\A(?:${source})\\z`), negative, foldersOnly, aboutName }];
}

/** Keeps a blank after a backslash. */
function withoutTrailingBlanks(line: string): string {
  let end = line.length;
  while (line[end - 1] === ' ') end -= 1;
  let slashes = 0;
  while (line[end - 1 - slashes] === '\\') slashes += 1;
  return line.slice(0, slashes % 2 === 1 ? end + 1 : end);
}

const NOTHING = '[^\\x00-\\x{10FFFF}]';

function sourceOf(pattern: string): string {
  let source = '';
  for (let at = 0; at < pattern.length; ) {
    const piece = pieceAt(pattern, at);
    if (piece === undefined) return NOTHING;
    source += piece.source;
    at = piece.end;
  }
  return source;
}

interface Piece {
  readonly source: string;
  readonly end: number;
}

/** Undefined: the pattern is incomplete, and matches nothing. */
function pieceAt(pattern: string, at: number): Piece | undefined {
  const sign = pattern.charAt(at);
  if (sign === '?') return { source: '[^/]', end: at + 1 };
  if (sign === '[') return classAt(pattern, at + 1);
  if (sign === '*') return starsAt(pattern, at);
  const literal = sign === '\\' ? at + 1 : at;
  if (literal === pattern.length) return undefined;
  return { source: RE2JS.quote(pattern.charAt(literal)), end: literal + 1 };
}

/** Two or more stars between slashes match folders too. Elsewhere they are the same as one star. */
function starsAt(pattern: string, at: number): Piece {
  let end = at + 1;
  while (pattern[end] === '*') end += 1;
  const next = pattern[end];
  const apart = (at === 0 || pattern[at - 1] === '/') && (next === undefined || next === '/');
  if (end - at === 1 || !apart) return { source: '[^/]*', end };
  return next === '/' ? { source: '(?:.*/)?', end: end + 1 } : { source: '.*', end };
}

/** git's classes: only ASCII. Without the slash, which no class matches. */
const CLASSES: ReadonlyMap<string, string> = new Map([
  ['alnum', '0-9A-Za-z'],
  ['alpha', 'A-Za-z'],
  ['blank', ' \\t'],
  ['cntrl', '\\x00-\\x1f\\x7f'],
  ['digit', '0-9'],
  ['graph', '!-.0-~'],
  ['lower', 'a-z'],
  ['print', ' -.0-~'],
  ['punct', '!-.:-@\\[-`{-~'],
  ['space', ' \\t\\n\\r'],
  ['upper', 'A-Z'],
  ['xdigit', '0-9A-Fa-f'],
]);
const SLASH = 0x2f;

/** `start`: after the `[`. A `]` at the start is a member. */
function classAt(pattern: string, start: number): Piece | undefined {
  const negated = pattern[start] === '!' || pattern[start] === '^';
  const first = negated ? start + 1 : start;
  let members = '';
  for (let at = first; at === first || pattern[at] !== ']'; ) {
    const piece = namedClassAt(pattern, at) ?? memberAt(pattern, at);
    if (piece === undefined) return undefined;
    members += piece.source;
    at = piece.end;
    if (pattern[at] === ']') return { source: classOf(negated, members), end: at + 1 };
  }
  return undefined;
}

function classOf(negated: boolean, members: string): string {
  if (negated) return `[^/${members}]`;
  return members === '' ? NOTHING : `[${members}]`;
}

/** `[:alpha:]` and so on. A pattern with a name that git does not know matches nothing. */
function namedClassAt(pattern: string, at: number): Piece | undefined {
  const name = /^\[:([a-z]*):\]/.exec(pattern.slice(at, at + 20))?.[1];
  if (name === undefined) return undefined;
  return { source: CLASSES.get(name) ?? '', end: CLASSES.has(name) ? at + name.length + 4 : pattern.length };
}

/** A character, or a range of them. */
function memberAt(pattern: string, at: number): Piece | undefined {
  const from = characterAt(pattern, at);
  if (from === undefined || pattern[from.end] !== '-' || (pattern[from.end + 1] ?? ']') === ']') {
    return from && { source: range(from.code, from.code), end: from.end };
  }
  const to = characterAt(pattern, from.end + 1);
  // A range in the wrong order matches its first character, as in git.
  return to && { source: range(from.code, Math.max(from.code, to.code)), end: to.end };
}

function characterAt(pattern: string, at: number): { readonly code: number; readonly end: number } | undefined {
  const literal = pattern[at] === '\\' ? at + 1 : at;
  return literal < pattern.length ? { code: pattern.charCodeAt(literal), end: literal + 1 } : undefined;
}

function range(from: number, to: number): string {
  if (from <= SLASH && SLASH <= to) return range(from, SLASH - 1) + range(SLASH + 1, to);
  return from > to ? '' : `\\x{${from.toString(16)}}-\\x{${to.toString(16)}}`;
}
