/**
 * The substitutions in words of a Dockerfile. Their patterns have `*` for any text and `?` for one character, and no classes.
 * BuildKit makes regular expressions of Go of them:
 * https://github.com/moby/buildkit/blob/v0.34.2/frontend/dockerfile/shell/lex.go (convertShellPatternToRegex)
 */
import { RE2JS } from 're2js';
import { Unreadable } from './errors.ts';

/** A pattern follows, which is trimmed. It begins with the same character once more for the longest match. */
export const TRIMS: readonly string[] = ['#', '%'];
export const OPERATORS: readonly string[] = [...TRIMS, '+', '-', '?', ':+', ':-', ':?'];

/** `${NAME:-word}` and its like. `value`: undefined if the variable is not set. Throws Unreadable if BuildKit refuses it. */
export function substituted(name: string, value: string | undefined, operator: string, word: string): string {
  if (TRIMS.includes(operator)) return trimmed(value ?? '', operator, word);
  // With a colon an empty value counts as none.
  const isSet = value !== undefined && (!operator.startsWith(':') || value !== '');
  if (operator.endsWith('+')) return isSet ? word : '';
  if (operator.endsWith('?') && !isSet) throw new Unreadable(`${name}: ${word || 'must be set'}`);
  return isSet ? value : word;
}

function trimmed(value: string, operator: string, word: string): string {
  const isLongest = word.startsWith(operator);
  const pattern = isLongest ? word.slice(1) : word;
  return operator === '%' ? withoutSuffix(value, pattern, isLongest) : withoutPrefix(value, pattern, isLongest);
}

/** Removes the match at the beginning: the longest or the shortest. */
function withoutPrefix(value: string, pattern: string, isLongest: boolean): string {
  const matcher = RE2JS.compile(`^${regularExpression(pattern, isLongest)}`).matcher(value);
  return matcher.find() ? value.slice(matcher.end()) : value;
}

/** Removes the match at the end: the longest or the shortest. */
function withoutSuffix(value: string, pattern: string, isLongest: boolean): string {
  return reversed(withoutPrefix(reversed(value), reversedPattern(pattern), isLongest));
}

/** Replaces the first match, or all of them. */
export function replaced(value: string, pattern: string, replacement: string, all: boolean): string {
  const matcher = RE2JS.compile(regularExpression(pattern, true)).matcher(value);
  let text = '';
  let end = 0;
  let isFirst = true;
  while ((isFirst || all) && matcher.find()) {
    const isEmptyAfterMatch = !isFirst && matcher.start() === matcher.end() && matcher.start() === end;
    if (isEmptyAfterMatch) continue; // Go ignores it
    text += value.slice(end, matcher.start()) + replacement;
    end = matcher.end();
    isFirst = false;
  }
  return text + value.slice(end);
}

function regularExpression(pattern: string, isGreedy: boolean): string {
  return pattern.replace(/\\[\s\S]?|[*?[\]{}.+()|^$]/g, (piece) => {
    if (piece === '*') return isGreedy ? '.*' : '.*?';
    if (piece === '?') return '.';
    if (!piece.startsWith('\\')) return `\\${piece}`;
    if (piece === '\\}' || piece === '\\/') return piece === '\\}' ? '\\}' : '/';
    if (!['\\*', '\\?', '\\\\'].includes(piece)) throw new Unreadable(`"${pattern}" has an escape that is not valid`);
    return piece;
  });
}

function reversed(text: string): string {
  return Array.from(text).reverse().join('');
}

/** Reverses a pattern, but leaves each escape before its character. */
function reversedPattern(pattern: string): string {
  return (pattern.match(/\\[\s\S]|[\s\S]/gu) ?? []).reverse().join('');
}
