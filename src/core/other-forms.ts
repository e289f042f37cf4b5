/**
 * Recognises forms that people write in place of `key=value` lines: YAML, an env file, a command line, several pairs on a
 * line. Each gets an error that shows the right form. Nothing is guessed, because such a text can also be meant as it is;
 * the JSON form takes every value literally.
 */

import { InputProblem } from './errors.ts';
import type { Json, JsonMap } from './json.ts';
import { mayBeSecret } from './redact.ts';

/** What a map contains, for the checks and for the examples in messages. */
export interface MapForm {
  /** A line of this map. */
  readonly example: string;
  /** Names that a JSON object around the map may have: without "-" and "_", in small letters. */
  readonly wrappers: readonly string[];
  /** Whether a key has no blanks. */
  readonly oneWord: boolean;
  /** Whether the values are regular expressions, in which quotes, commas and pairs are common. */
  readonly expressions: boolean;
  /** Whether a line may be a name alone. */
  readonly bareNames: boolean;
  /** Whether no message may quote a line: it may be a secret. */
  readonly hidden?: boolean;
}

export const ANY_MAP: MapForm = {
  ...{ example: 'key=value', wrappers: [], oneWord: false, expressions: false, bareNames: false },
};

/** The example as a JSON object. */
export function objectOf({ example }: MapForm): string {
  const at = example.indexOf('=');
  return JSON.stringify({ [example.slice(0, at)]: example.slice(at + 1) });
}

/** The example as the SageMaker SDK writes it. */
export function pairsOf({ example, expressions }: MapForm): string {
  const at = example.indexOf('=');
  const [key, value] = [JSON.stringify(example.slice(0, at)), JSON.stringify(example.slice(at + 1))];
  return expressions ? `[{"Name": ${key}, "Regex": ${value}}]` : `[{"Key": ${key}, "Value": ${value}}]`;
}

/** A single pair without its array, or a map inside an object, would give entries that nobody meant. */
export function mapMembers(object: JsonMap, form: MapForm): [string, Json][] {
  const entries = Object.entries(object);
  if (/^(?:Key,Value|Name,Regex|Name,Value)$/.test(Object.keys(object).sort().join()))
    throw new InputProblem('the JSON object is a single pair', `write ${pairsOf(form)}, or ${objectOf(form)}.`);
  const [[wrapper, inner] = ['', null], ...more] = entries;
  const isWrapped = more.length === 0 && inner !== null && typeof inner === 'object';
  if (isWrapped && form.wrappers.includes(wrapper.replace(/[-_]/g, '').toLowerCase()))
    throw new InputProblem(
      `the map is inside "${wrapper}"`,
      `write only what is inside, for example ${objectOf(form)}.`,
    );
  return entries;
}

const NAME = '[A-Za-z_][\\w.-]*';
const QUOTED = `"[^"]*"|'[^']*'`;
/** A word that begins a value, but no option (`-x`) and no pair. */
const FIRST = `(?:${QUOTED}|(?!-[^\\d.])[^\\s="'][^\\s=]*)`;
const PAIR_AFTER_BLANK = new RegExp(`^${FIRST}\\s+${NAME}=(?=[^=\\s])`);
const SPACED_PAIR = new RegExp(`^${FIRST}\\s+${NAME}\\s*=\\s*(?=[^=\\s])`);
const PAIR_AFTER_COMMA = new RegExp(`^(?:${QUOTED}|(?!--)[\\w.+-]+)[,;]\\s*${NAME}=(?!=)`);
const TRAILING_COMMA = new RegExp(`^(?:${QUOTED}|[\\w.+-]+)[,;]$`);
const SHORT_BEFORE_COMMENT = new RegExp(`^([+-]?\\.?\\d[\\w.+-]*|true|false|none|null|${QUOTED})\\s+#`, 'i');
/** Limits elsewhere are lower. Such a text is not searched. */
const LONGEST = 4_000;
/** SageMaker takes 500 characters. */
const LONGEST_EXPRESSION = 600;
/** After a group, a second name and a second expression. */
const SECOND_EXPRESSION = /\)\S*\s+[A-Za-z_][\w:.-]*=[^(]*[=:][^(]*\(/;

/** A name alone on a line. */
export function isBareName(line: string): boolean {
  return new RegExp(`^${NAME}$`).test(line);
}

/** The problem of a line that has no key before a `=`. */
export function notAPair(line: string, form: MapForm): InputProblem {
  if (form.hidden === true)
    return new InputProblem('a line is not of the form key=value', `write one on each line, as ${form.example}.`);
  const names = form.bareNames ? ', or a name alone for a flag' : '';
  const general = `write one key=value on each line${names}, for example ${form.example}, or a JSON object.`;
  const problem = `"${line}" is not of the form key=value`;
  const right = rightForm(line, form);
  return new InputProblem(problem, right === undefined ? general : `write ${right}.`);
}

/** The right form of `key: value`, `--key value` and `--flag`. */
function rightForm(line: string, form: MapForm): string | undefined {
  const text = withoutComment(line.replace(/^-\s+/, ''));
  if (form.bareNames && text !== line && isBareName(text)) return `${text} alone on its line`;
  const [, key, value] = /^"?([\w.-]+)"?\s*:\s+([^\s|>[{&*].*)$/.exec(text) ?? /^--?([\w.-]+)\s+(.+)$/.exec(text) ?? [];
  // `- Name: loss` is the first line of a list of maps.
  if (key !== undefined && value !== undefined)
    return line.startsWith('- ') ? undefined : `${key}=${shown(unquoted(value) ?? value, form)}`;
  return /^--?([A-Za-z_][\w.-]*)$/.exec(text)?.[1];
}

/** The problem of a line that is split into key and value, but looks as if another form was meant. */
export function otherForm(line: string, key: string, value: string, form: MapForm): InputProblem | undefined {
  if (form.hidden === true || line.length > (form.expressions ? LONGEST_EXPRESSION : LONGEST)) return undefined;
  return otherKey(line, key, value, form) ?? otherValue(line, key, value, form);
}

function otherKey(line: string, key: string, value: string, form: MapForm): InputProblem | undefined {
  const problem = `"${line}" is not of the form key=value`;
  const colon = key.search(/:(?:\s|$)/);
  const isQuoted = /^["'{[]/.test(key);
  if (!isQuoted && colon > 0) {
    const rest = key.slice(colon + 1).trim();
    const all = rest === '' ? value : `${rest}=${value}`;
    const name = key.slice(0, colon).replace(/^-\s+/, '').trim();
    const remedy = `write ${name}=${shown(unquoted(all) ?? all, form)}, ${literally(key, value, form)}.`;
    return new InputProblem(problem, remedy);
  }
  const [, name] = isQuoted
    ? (new RegExp(`^["'](${NAME})["']?$`).exec(key) ?? [])
    : (/^-+(?:.*\s)?(\S+)$/.exec(key) ?? (form.oneWord ? /\s(\S+)$/.exec(key) : undefined) ?? []);
  if (name !== undefined) {
    const bare = unquoted(value) ?? (isQuoted ? value.replace(/["']$/, '') : value);
    return new InputProblem(problem, `write ${name}=${shown(bare, form)} on a line of its own.`);
  }
  return isQuoted ? notAPair(line, form) : undefined;
}

function otherValue(line: string, key: string, value: string, form: MapForm): InputProblem | undefined {
  const orElse = literally(key, value, form);
  const bare = form.expressions ? withoutNote(value) : withoutComment(value);
  if (bare !== value) {
    const remedy = `write ${key}=${shown(bare, form)} and the comment on a line of its own, ${orElse}.`;
    return new InputProblem(`there is a comment behind the value of "${key}"`, remedy);
  }
  const inner = unquoted(form.expressions ? value.replace(/^[rR](?=["'])/, '') : value);
  if (inner !== undefined) {
    const remedy = `write ${key}=${shown(inner, form)} without them, ${orElse}.`;
    return new InputProblem(`the value of "${key}" is in quotes`, remedy);
  }
  if (/^\s=>\s/.test(line.slice(key.length)))
    return new InputProblem(`there is "=>" behind "${key}"`, `write ${key}=${shown(value.slice(1).trim(), form)}.`);
  const isSpaced = /\s/.test(line[key.length] ?? '');
  const isSeveral = form.expressions
    ? SECOND_EXPRESSION.test(value)
    : (isSpaced ? SPACED_PAIR : PAIR_AFTER_BLANK).test(value) || PAIR_AFTER_COMMA.test(value);
  if (isSeveral)
    return new InputProblem(`the line of "${key}" has several pairs`, `write one key=value on each line, ${orElse}.`);
  if (form.expressions || !TRAILING_COMMA.test(value)) return undefined;
  const item = value.slice(0, -1);
  // Most of a secret is no secret to the runner, which masks only the whole.
  const right = mayBeSecret(key) ? '…' : shown(unquoted(item) ?? item, form);
  const remedy = `write ${key}=${right}, ${orElse}.`;
  return new InputProblem(`the value of "${key}" ends with "${value.slice(-1)}"`, remedy);
}

/** The problem of an item of a list that looks as if another form was meant. */
export function otherItem(line: string): InputProblem | undefined {
  if (line.length > LONGEST) return undefined;
  const orElse = `or, if it is meant so, the JSON array [${JSON.stringify(line)}]`;
  const dashed = /^-\s+/.exec(line)?.[0];
  if (dashed !== undefined)
    return new InputProblem(`"${line}" begins with a dash`, `write ${line.slice(dashed.length)}, ${orElse}.`);
  const bare = withoutComment(line);
  if (bare !== line) {
    const remedy = `write ${bare} and the comment on a line of its own, ${orElse}.`;
    return new InputProblem(`there is a comment behind the item "${bare}"`, remedy);
  }
  const inner = unquoted(line);
  if (inner === undefined) return undefined;
  return new InputProblem(`the item ${line} is in quotes`, `write ${inner} without them, ${orElse}.`);
}

/**
 * The text before ` # `. Without a blank after the `#` it is a comment only behind a number, a boolean or quotes: a title
 * can end with `#12`.
 */
function withoutComment(text: string): string {
  const short = SHORT_BEFORE_COMMENT.exec(text)?.[1];
  if (short !== undefined) return short;
  const at = /^#\s/.test(text) ? 0 : text.search(/\s#(?:\s|$)/);
  return at < 0 ? text : text.slice(0, at).trimEnd();
}

/** The expression before ` # ` and a text without groups. An expression itself can contain a `#`. */
function withoutNote(expression: string): string {
  const at = expression.lastIndexOf(' # ');
  const [before, note] = [expression.slice(0, Math.max(at, 0)), expression.slice(at)];
  return at < 0 || /[()]/.test(note) || !before.includes(')') ? expression : before.trimEnd();
}

/** The text without quotes around it. Undefined if it is not in quotes. */
function unquoted(text: string): string | undefined {
  const quote = text.charAt(0);
  if (text.length < 2 || (quote !== '"' && quote !== "'") || !text.endsWith(quote)) return undefined;
  const inner = text.slice(1, -1);
  return inner.replace(/\\[\s\S]/g, '').includes(quote) ? undefined : inner;
}

/** How to write the same value if it is meant as it is. */
function literally(key: string, value: string, form: MapForm): string {
  const json = JSON.stringify(value);
  const isShown = form.expressions || isHarmless(unquoted(value) ?? value);
  return `or, if it is meant so, the JSON object {${JSON.stringify(key)}: ${isShown ? json : '"…"'}}`;
}

/**
 * A value in a message. The runner masks a secret only where it stands whole and unchanged, so anything but a few plain
 * words is left out. An expression is no secret.
 */
function shown(value: string, form: MapForm): string {
  return form.expressions || isHarmless(value) ? value : '…';
}

function isHarmless(value: string): boolean {
  return /^[\w .,;:#=+/-]{0,60}$/.test(value);
}
