/** JSON whose numbers stay as they were written, so that hyperparameters reach the worker as the user wrote them. */

import { InputProblem } from './errors.ts';

/** A JSON value that keeps each number as it was written (`1.0`, `1e-3`, `12345678901234567890`). */
export type Json = null | boolean | string | JsonNumber | readonly Json[] | { readonly [key: string]: Json };

/** A number as written. */
export class JsonNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

export type JsonMap = { readonly [key: string]: Json };

export function isMap(value: Json): value is JsonMap {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof JsonNumber);
}

/** The problem of a text that begins like JSON but does not parse. */
export function invalidJson(error: unknown, remedy: string): InputProblem {
  return new InputProblem(`the value is not valid JSON (${(error as Error).message})`, remedy);
}

/**
 * Parses JSON and keeps its numbers as written. Throws a SyntaxError. Throws an InputProblem if an object has a name
 * twice, because JSON.parse silently takes the last one. Uses the reviver's third argument
 * (https://tc39.es/proposal-json-parse-with-source/). Node before 21 lacks it: there a number is as JavaScript writes
 * it.
 */
export function parseJson(text: string): Json {
  const reviver = (_key: string, value: unknown, context?: { source: string }): unknown =>
    typeof value === 'number' ? new JsonNumber(context?.source ?? String(value)) : value;
  const json = JSON.parse(text, reviver as (key: string, value: unknown) => unknown) as Json;
  const twice = repeatedName(text);
  if (twice !== undefined) throw new InputProblem(`"${twice}" is set twice`, 'remove one of the two.');
  return json;
}

/** The first name that an object of the JSON text has twice. A string before a colon is a name. */
function repeatedName(text: string): string | undefined {
  const objects: Set<string>[] = [];
  for (const [token, name, colon] of text.matchAll(/[{}]|("(?:[^"\\]|\\.)*")(\s*:)?/g)) {
    if (token === '{') objects.push(new Set());
    if (token === '}') objects.pop();
    if (name === undefined || colon === undefined) continue;
    const parsed = JSON.parse(name) as string;
    if (objects.at(-1)?.has(parsed) === true) return parsed;
    objects.at(-1)?.add(parsed);
  }
  return undefined;
}

/** The JSON text of a value: numbers as written, keys sorted, no blanks. */
export function formatJson(value: Json): string {
  if (value instanceof JsonNumber) return value.source;
  if (Array.isArray(value)) return `[${value.map(formatJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value as { [key: string]: Json }).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${formatJson(member)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
