/**
 * Compiles the regular expressions of metric definitions, for an engine of linear time. A backtracking engine can take
 * minutes for one line, and the step handles no signal meanwhile. RE2's dialect covers SageMaker's examples, but has no
 * look-around and no back references: https://github.com/google/re2/wiki/Syntax
 * Import this file only where there are metric definitions, because the engine takes long to load.
 */
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { InputProblem } from '../core/errors.ts';
import { LONGEST_LINE } from './definitions.ts';

/** The most that one search may cost: characters of the line times size of the expression. At worst 0.3 seconds. */
const MOST_STEPS = 2_000_000;
/** Larger expressions are left to SageMaker: they are repeats of repeats. */
const LARGEST = 2_000;

/** An expression that the action can search for. */
export interface Pattern {
  /** The first group of each match in a line, in order; undefined where the group took no part. */
  readonly search: (line: string) => Iterable<string | undefined>;
}

/**
 * Returns undefined for an expression that only SageMaker can search for. Throws an InputProblem for one that is not
 * valid in RE2, JavaScript, Python or Java, or has no group.
 */
export function readExpression(name: string, regex: string): Pattern | undefined {
  const engine = compile(regex);
  const groups = engine instanceof RE2JS ? engine.groupCount() : groupsElsewhere(regex);
  if (groups === undefined)
    throw new InputProblem(`the expression of "${name}" is not valid (${String(engine)})`, 'correct it.');
  if (groups === 0) {
    const remedy = 'put the number in parentheses, for example loss=([0-9.]+).';
    throw new InputProblem(`the expression of "${name}" has no group`, remedy);
  }
  if (!(engine instanceof RE2JS) || engine.programSize() > LARGEST) return undefined;
  const longest = Math.min(LONGEST_LINE, Math.floor(MOST_STEPS / engine.programSize()));
  return { search: (line) => (line.length > longest ? [] : firstGroups(engine, line)) };
}

function* firstGroups(engine: RE2JS, line: string): Generator<string | undefined> {
  for (const match = engine.matcher(line); match.find(); ) yield match.group(1) ?? undefined;
}

/** Returns why it cannot compile the expression, if so. Python's name for the end of the text is `\Z`, RE2's is `\z`. */
function compile(regex: string): RE2JS | string {
  if (repeats(regex) > LARGEST) return 'it is too large';
  try {
    return RE2JS.compile(regex.replace(/\\[\s\S]/g, (piece) => (piece === '\\Z' ? '\\z' : piece)));
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    return error.message.replace(/^error parsing regexp: /, '');
  }
}

/** A lower bound of the expression's size, by its counts. To compile a large expression takes a second. */
function repeats(regex: string): number {
  const counts = [...regex.matchAll(/\{(\d+)(?:,(\d*))?\}/g)];
  return counts.reduce((sum, [, least, most]) => sum + Number(most || least), 0);
}

/** The number of groups for JavaScript, Python or Java. Undefined if the expression is not valid in any of them. */
function groupsElsewhere(regex: string): number | undefined {
  const text = forJavaScript(regex);
  try {
    new RegExp(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  // Does not search with the expression: that can take long even in an empty text.
  const pieces = text.matchAll(/\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\((?!\?)|\(\?<(?![=!])/g);
  return [...pieces].filter(([piece]) => piece.startsWith('(')).length;
}

/** An escaped character, a class of characters, and what Python or Java write differently from JavaScript. */
const PIECES =
  /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\(\?#[^)]*\)|\(\?P=\w+\)|\(\?[a-zA-Z-]+([:)])|\(\?P<|\(\?>|\(\?\(\w+\)|([*+?}])\+/g;

/** Rewrites what only Python or Java can read. The result is valid for JavaScript and has the same groups. */
function forJavaScript(regex: string): string {
  return regex.replace(PIECES, (piece, flags: string | undefined, repeat: string | undefined) => {
    if (repeat !== undefined) return repeat;
    if (flags !== undefined) return flags === ':' ? '(?:' : '';
    if (piece.startsWith('(?#')) return '';
    if (piece.startsWith('(?P=')) return '(?:)';
    if (piece === '(?P<') return '(?<';
    return piece.startsWith('(?') ? '(?:' : piece;
  });
}
