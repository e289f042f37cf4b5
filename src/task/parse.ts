/**
 * Values of inputs from their text. Lists and maps are YAML blocks of lines (blank lines and `#` comments skipped) or a
 * JSON array or object in the same place. A parser returns the value or throws `Unparsable`, whose message ends the
 * sentence "INPUT: …".
 */

/** A text that is not what its input takes. `message` is the problem, `remedy` what would be right. */
export class Unparsable extends Error {
  override readonly name = 'Unparsable';
  readonly remedy: string;

  constructor(problem: string, remedy: string) {
    super(problem);
    this.remedy = remedy;
  }
}

/** A JSON value that keeps each number as it was written (`1.0`, `1e-3`, `12345678901234567890`). */
export type Json = null | boolean | string | JsonNumber | readonly Json[] | { readonly [key: string]: Json };

/** A number as written. */
export class JsonNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** YAML 1.2 core booleans: https://yaml.org/spec/1.2.2/#10212-boolean */
export function parseBoolean(text: string): boolean {
  if (['true', 'True', 'TRUE'].includes(text)) return true;
  if (['false', 'False', 'FALSE'].includes(text)) return false;
  throw new Unparsable(`"${text}" is not a boolean.`, 'Use true or false.');
}

/** A whole number between two bounds, both included. */
export function parseInteger(text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new Unparsable(
      `"${text}" is not a whole number from ${least} to ${most}.`,
      `Give one, for example ${least}.`,
    );
  }
  return value;
}

/** One of the allowed words. */
export function parseChoice<const T extends string>(text: string, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === text);
  if (found === undefined) throw new Unparsable(`"${text}" is not one of its values.`, `Use ${allowed.join(', ')}.`);
  return found;
}

/** A block's lines, trimmed, without blank lines and comments. */
export function parseLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** A list: one item a line, or a JSON array of strings. */
export function parseList(text: string): string[] {
  const json = jsonIn(text, '[');
  if (json === undefined) return parseLines(text);
  if (!Array.isArray(json) || !json.every((item) => typeof item === 'string')) {
    throw new Unparsable('the JSON array holds something else than strings.', 'Give strings, as in ["a", "b"].');
  }
  return json;
}

/** Words of a fixed set, by commas, blanks or lines; `none` is the empty set and stands alone. */
export function parseWords<const T extends string>(text: string, allowed: readonly T[]): T[] {
  const words = parseList(text).flatMap((line) => line.split(/[\s,]+/).filter((word) => word !== ''));
  if (words.length === 0) throw new Unparsable('it names nothing.', `Use ${allowed.join(', ')}, or none.`);
  if (words.length === 1 && words[0] === 'none') return [];
  return [...new Set(words.map((word) => parseChoice<T | 'none'>(word, [...allowed, 'none'])))].map((word) => {
    if (word === 'none') throw new Unparsable('"none" stands beside other values.', 'Use it alone.');
    return word;
  });
}

/** A map: `key=value` a line (split at the first `=`; values are strings), or a JSON object, which keeps its types. */
export function parseMap(text: string): Map<string, Json> {
  const json = jsonIn(text, '{');
  if (json !== undefined) return new Map(Object.entries(json as { [key: string]: Json }));
  const map = new Map<string, Json>();
  for (const line of parseLines(text)) {
    const [key, value] = splitPair(line);
    if (map.has(key)) throw new Unparsable(`"${key}" is there twice.`, 'Keep one of them.');
    map.set(key, value);
  }
  return map;
}

/** `key=value`, both trimmed. */
export function splitPair(line: string): [string, string] {
  const at = line.indexOf('=');
  const key = line.slice(0, Math.max(at, 0)).trim();
  if (key === '') throw new Unparsable(`"${line}" is not key=value.`, 'Write key=value, one a line, or a JSON object.');
  return [key, line.slice(at + 1).trim()];
}

/** A map of strings; JSON numbers and booleans become their text. */
export function parseStringMap(text: string): Map<string, string> {
  return new Map([...parseMap(text)].map(([key, value]) => [key, stringOf(key, value)]));
}

function stringOf(key: string, value: Json): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (value instanceof JsonNumber) return value.source;
  throw new Unparsable(`the value of "${key}" is not a string.`, 'Put it in quotes.');
}

/**
 * A command line's words, split as a POSIX shell splits them: blanks and newlines part, '…' keeps everything, "…" keeps
 * all but \\ \" \$ \`, \ takes the next character. Nothing is expanded: `$HOME` stays `$HOME`.
 */
export function parseCommandLine(text: string): string[] {
  const token = /'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([ \t\r\n]+)|([^ \t\r\n'"\\]+)/y;
  const words: string[] = [];
  let word: string | undefined;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (match === null) {
      throw new Unparsable(
        'a quote is not closed, or the line ends in a backslash.',
        'Close it, or quote the character.',
      );
    }
    const [, single, double, escaped, blank, plain] = match;
    if (blank !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    if (escaped === '\n') continue;
    const piece = single ?? double?.replace(/\\([\\"$`])|\\\n/g, '$1') ?? escaped ?? plain ?? '';
    word = (word ?? '') + piece;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** The text as JSON when it begins with `open`; undefined when it does not. */
function jsonIn(text: string, open: '[' | '{'): Json | undefined {
  if (!text.trimStart().startsWith(open)) return undefined;
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof Unparsable) throw error;
    throw new Unparsable(
      `this begins as JSON but is none: ${(error as Error).message}.`,
      'Correct the JSON, or use lines.',
    );
  }
}

/**
 * JSON with numbers as written. Throws a SyntaxError, or Unparsable where a name stands twice in an object: JSON.parse
 * takes the last in silence. The reviver's third argument: https://tc39.es/proposal-json-parse-with-source/; a Node
 * before 21 has none, there a number is as JavaScript writes it.
 */
export function parseJson(text: string): Json {
  const reviver = (_key: string, value: unknown, context?: { source: string }): unknown =>
    typeof value === 'number' ? new JsonNumber(context?.source ?? String(value)) : value;
  const json = JSON.parse(text, reviver as (key: string, value: unknown) => unknown) as Json;
  const twice = repeatedName(text);
  if (twice !== undefined) throw new Unparsable(`"${twice}" is there twice.`, 'Keep one of them.');
  return json;
}

/** Of a text that is JSON: a string before a colon is a member's name. */
function repeatedName(text: string): string | undefined {
  const objects: Set<string>[] = [];
  for (const [token, name, colon] of text.matchAll(/[{}]|("(?:[^"\\]|\\.)*")(\s*:)?/g)) {
    if (token === '{') objects.push(new Set());
    if (token === '}') objects.pop();
    if (name === undefined || colon === undefined) continue;
    const read = JSON.parse(name) as string;
    if (objects.at(-1)?.has(read) === true) return read;
    objects.at(-1)?.add(read);
  }
  return undefined;
}

/** The JSON text of a value, numbers as written, keys sorted, without blanks. */
export function formatJson(value: Json): string {
  if (value instanceof JsonNumber) return value.source;
  if (Array.isArray(value)) return `[${value.map(formatJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value as { [key: string]: Json }).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${formatJson(member)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
