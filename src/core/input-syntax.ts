/**
 * Parses the text of inputs. A list or a map is a block of lines, without blank lines and `#` comments, or a JSON array
 * or object. Each parser returns the value or throws an InputProblem.
 */

import { InputProblem } from './errors.ts';
import { invalidJson, isMap, type Json, JsonNumber, parseJson } from './json.ts';
import {
  ANY_MAP,
  isBareName,
  type MapForm,
  mapMembers,
  notAPair,
  objectOf,
  otherForm,
  otherItem,
  pairsOf,
} from './other-forms.ts';

/** YAML 1.2 core booleans: https://yaml.org/spec/1.2.2/#10212-boolean */
export function parseBoolean(text: string): boolean {
  if (['true', 'True', 'TRUE'].includes(text)) return true;
  if (['false', 'False', 'FALSE'].includes(text)) return false;
  throw new InputProblem(`"${text}" is not a boolean`, 'use true or false.');
}

/** A whole number from `least` to `most`. */
export function parseInteger(text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new InputProblem(`"${text}" is not valid`, `use a whole number from ${least} to ${most}.`);
  }
  return value;
}

/** A number above zero, with or without decimals. */
export function parseNumber(text: string, most: number): number {
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0 && value <= most))
    throw new InputProblem(`"${text}" is not valid`, `use a number above 0, up to ${most}.`);
  return value;
}

/** One of the allowed words. */
export function parseChoice<const T extends string>(text: string, allowed: readonly T[]): T {
  const choice = allowed.find((word) => word === text);
  if (choice === undefined) throw new InputProblem(`"${text}" is not valid`, `use one of ${allowed.join(', ')}.`);
  return choice;
}

/** The lines of a block, trimmed, without blank lines and comments. */
export function parseLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** A list: one item on each line, or a JSON array of strings. */
export function parseList(text: string): string[] {
  const json = jsonIn(text, 'write JSON such as ["a", "b"], or one item on each line');
  if (json === undefined) return parseLines(text).map(checkItem);
  if (!Array.isArray(json) || !json.every((item) => typeof item === 'string')) {
    const what = Array.isArray(json) ? 'array contains a value that is not a string' : 'value is not an array';
    throw new InputProblem(`the JSON ${what}`, 'use an array of strings, for example ["a", "b"].');
  }
  return json;
}

function checkItem(line: string): string {
  const problem = otherItem(line);
  if (problem !== undefined) throw problem;
  return line;
}

/** Words of a fixed set, separated by commas, blanks or lines. `none` means the empty set. */
export function parseWords<const T extends string>(text: string, allowed: readonly T[]): T[] {
  const words = parseList(text).flatMap((line) => line.split(/[\s,]+/).filter((word) => word !== ''));
  if (words.length === 0)
    throw new InputProblem('the input has no value', `use one or more of ${allowed.join(', ')}, or none.`);
  if (words.length === 1 && words[0] === 'none') return [];
  return [...new Set(words.map((word) => parseChoice<T | 'none'>(word, [...allowed, 'none'])))].map((word) => {
    if (word === 'none')
      throw new InputProblem('"none" cannot be combined with other values', 'use "none" alone, or remove it.');
    return word;
  });
}

export interface Entry {
  readonly key: string;
  /** A name alone has the value true. */
  readonly value: Json;
  readonly isBare: boolean;
}

/**
 * The entries of a map: `key=value` on each line, split at the first `=`, with strings as values; or a JSON object, which
 * keeps its types; or the SageMaker SDK's pairs, `[{"Key": …, "Value": …}]`. Returns a function for each entry, so that an
 * error in one does not hide the others.
 */
export function parseEntries(text: string, form: MapForm): (() => Entry)[] {
  const json = jsonIn(text, `write JSON such as ${objectOf(form)}, or one key=value on each line`, form.hidden);
  if (json === undefined) return parseLines(text).map((line) => () => parseLine(line, form));
  if (isMap(json))
    return mapMembers(json, form).map(([key, value]) => () => ({ key, value, isBare: false }));
  return (json as readonly Json[]).map((pair, at) => () => parsePair(pair, at + 1, form));
}

function parseLine(line: string, form: MapForm): Entry {
  const at = line.indexOf('=');
  const key = line.slice(0, Math.max(at, 0)).trim();
  if (key === '') {
    if (form.bareNames && isBareName(line)) return { key: line, value: true, isBare: true };
    throw notAPair(line, form);
  }
  const value = line.slice(at + 1).trim();
  const problem = otherForm(line, key, value, form);
  if (problem !== undefined) throw problem;
  return { key, value, isBare: false };
}

/** One of the SDK's pairs. Its names may be in small letters. */
function parsePair(pair: Json, position: number, form: MapForm): Entry {
  const given = isMap(pair) ? Object.entries(pair) : [];
  const members = new Map(given.map(([name, value]) => [name.toLowerCase(), value]));
  const key = members.get('name') ?? members.get('key');
  const value = members.get('value') ?? members.get('regex');
  if (typeof key === 'string' && value !== undefined && given.length === 2) return { key, value, isBare: false };
  throw new InputProblem(
    `item ${position} of the JSON array is not a pair`,
    `write ${pairsOf(form)}, or ${objectOf(form)}.`,
  );
}

/** The entries of all functions as a map. Throws if a key is there twice. */
export function mapOf(entries: readonly Entry[]): Map<string, Json> {
  const map = new Map<string, Json>();
  for (const { key, value } of entries) {
    if (map.has(key)) throw new InputProblem(`"${key}" is set twice`, 'remove one of the two.');
    map.set(key, value);
  }
  return map;
}

export function parseMap(text: string, form: MapForm = ANY_MAP): Map<string, Json> {
  return mapOf(parseEntries(text, form).map((read) => read()));
}

/** A map of strings. JSON numbers and booleans become text. */
export function parseStringMap(text: string, form: MapForm = ANY_MAP): Map<string, string> {
  return new Map([...parseMap(text, form)].map(([key, value]) => [key, stringOf(key, value)]));
}

function stringOf(key: string, value: Json): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (value instanceof JsonNumber) return value.source;
  throw new InputProblem(`the value of "${key}" is not a string`, 'put it in quotes.');
}

/** The words of a command line, or of a JSON array of strings. */
export function parseArguments(text: string): string[] {
  return wordsOfJson(text) ?? parseCommandLine(text);
}

/** Undefined for anything else: `[1,2]` is a word. */
function wordsOfJson(text: string): string[] | undefined {
  try {
    const json: unknown = text.trimStart().startsWith('[') ? JSON.parse(text) : undefined;
    return Array.isArray(json) && json.length > 0 && json.every((word) => typeof word === 'string') ? json : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Splits a command line into words as a POSIX shell does: at blanks and newlines. '…' keeps everything, "…" keeps
 * everything but \\ \" \$ \`, and \ keeps the next character. Nothing is expanded: `$HOME` stays `$HOME`.
 */
export function parseCommandLine(text: string): string[] {
  const token = /'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([ \t\r\n]+)|([^ \t\r\n'"\\]+)/y;
  const words: string[] = [];
  let word: string | undefined;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (match === null) {
      throw new InputProblem(
        'a quote is not closed, or the line ends in a backslash',
        'close the quote, or put the character in quotes.',
      );
    }
    const [, single, double, escaped, blank, plain] = match;
    if (blank !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    if (escaped === '\n') continue;
    if (word === undefined && plain === '#' && /^\s|^$/.test(text.slice(token.lastIndex, token.lastIndex + 1))) {
      token.lastIndex = endOfComment(text, match.index);
      continue;
    }
    const piece = single ?? double?.replace(/\\([\\"$`])|\\\n/g, '$1') ?? escaped ?? plain ?? '';
    word = (word ?? '') + piece;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** The end of a line that is a comment. Behind a word it is a comment for a shell, but may be meant as it is. */
function endOfComment(text: string, at: number): number {
  const begin = text.lastIndexOf('\n', at - 1) + 1;
  if (text.slice(begin, at).trim() !== '') {
    const remedy = 'put it in quotes, or remove the comment.';
    throw new InputProblem('there is a "#" alone behind a word, which begins a comment in a shell', remedy);
  }
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

/**
 * Parses the text as JSON if it begins with a bracket after blank lines and comments. Undefined if it does not. No string
 * of JSON goes over several lines, so a line that begins with `#` is a comment there too. `remedy` has no full stop.
 * `hidden`: whether no message may quote the text.
 */
function jsonIn(text: string, remedy: string, hidden = false): Json | undefined {
  const json = text
    .split('\n')
    .filter((line) => !line.trim().startsWith('#'))
    .join('\n')
    .trim();
  if (!/^[[{]/.test(json)) return undefined;
  try {
    return parseJson(json);
  } catch (error) {
    if (hidden) throw new InputProblem('the value is not valid JSON, or a name in it is set twice', `${remedy}.`);
    if (error instanceof InputProblem) throw error;
    const isEscape = /escape/i.test((error as Error).message);
    throw invalidJson(error, isEscape ? `write each backslash twice (\\\\), or ${remedy}.` : `${remedy}.`);
  }
}
