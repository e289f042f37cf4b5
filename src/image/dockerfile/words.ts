/**
 * Expands a word of a Dockerfile as BuildKit does: quotes, escapes, `$NAME`, and `${NAME…}` with `:-` `-` `:+` `+` `:?` `?`
 * `#` `##` `%` `%%` `/` `//`. https://github.com/moby/buildkit/blob/v0.34.2/frontend/dockerfile/shell/lex.go
 */
import { UnknownValue, Unreadable } from './errors.ts';
import { SPACE } from './space.ts';
import { OPERATORS, replaced, substituted, TRIMS } from './substitutions.ts';

/** A variable's value; undefined if it is not set. Throws UnknownValue. */
export type Lookup = (name: string) => string | undefined;

/** `escapeCharacter`: that of the `# escape` directive. Throws Unreadable if BuildKit refuses the word, or UnknownValue. */
export function expand(word: string, escapeCharacter: string, lookup: Lookup): string {
  if (!/[$'"\\`\uFEFF]/.test(word)) return word;
  return new Lexer(word, { escapeCharacter, lookup, keep: false, keepQuotes: false, keepUnset: false }).read().text;
}

/**
 * Splits a text into words as a shell does, and expands nothing. `keep`: with their quotes and escapes. Throws Unreadable
 * if a quote or a brace is not closed.
 */
export function shellWords(text: string, keep: boolean): string[] {
  const lookup = (): undefined => undefined;
  return new Lexer(text, { escapeCharacter: '\\', lookup, keep, keepQuotes: keep, keepUnset: true }).read().words;
}

interface Options {
  readonly escapeCharacter: string;
  readonly lookup: Lookup;
  /** Whether escapes stay. */
  readonly keep: boolean;
  readonly keepQuotes: boolean;
  /** Whether a variable that is not set stays as it is. */
  readonly keepUnset: boolean;
}

interface Read {
  readonly text: string;
  readonly words: string[];
}

/** A word with more braces in braces is not read: each level takes a frame of the stack. */
const DEEPEST = 100;

class Lexer {
  readonly #characters: readonly string[];
  readonly #options: Options;
  #at = 0;
  #depth = 0;
  #keepEscapes: boolean;
  /** The word that was begun. Braces use the same one, as in BuildKit. */
  readonly #begun = { text: '' };

  constructor(text: string, options: Options) {
    this.#characters = Array.from(text.replace(/^\uFEFF/, ''));
    this.#options = options;
    this.#keepEscapes = options.keep;
  }

  read(): Read {
    return this.#until(undefined, this.#options.keep, false);
  }

  get #next(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(): string | undefined {
    const character = this.#next;
    this.#at += 1;
    return character;
  }

  /** Reads to `stop`, or to the end. `isPattern`: an escape character in quotes is doubled, for a pattern needs it so. */
  #until(stop: string | undefined, keepEscapes: boolean, isPattern: boolean): Read {
    const before = this.#keepEscapes;
    this.#keepEscapes = keepEscapes;
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw new Unreadable('a word has too many braces in braces');
    const words = new Words(this.#begun);
    let text = '';
    for (let next = this.#next; next !== undefined && next !== stop; next = this.#next) {
      const special = this.#special(next, isPattern);
      if (special === undefined) text += this.#plain(words);
      else {
        text += special;
        if (next === '$') for (const each of special) words.add(each);
        else words.addRaw(special);
      }
    }
    if (stop !== undefined && this.#take() === undefined)
      throw new Unreadable(`a word lacks its ${stop === '}' ? 'closing brace' : `second "${stop}"`}`);
    this.#keepEscapes = before;
    this.#depth -= 1;
    return { text, words: words.end() };
  }

  /** Undefined if the character has no meaning of its own. */
  #special(character: string, isPattern: boolean): string | undefined {
    if (character === '$') return this.#variable();
    if (character === "'") return this.#singleQuoted(isPattern);
    if (character === '"') return this.#doubleQuoted(isPattern);
    if (character === '<') return this.#arrow();
    return undefined;
  }

  #plain(words: Words): string {
    const character = this.#take() ?? '';
    if (character !== this.#options.escapeCharacter) {
      words.add(character);
      return character;
    }
    const kept = this.#keepEscapes ? character : '';
    if (kept !== '') words.addRaw(kept);
    const escaped = this.#take();
    if (escaped !== undefined) words.addRaw(escaped);
    return kept + (escaped ?? '');
  }

  #singleQuoted(isPattern: boolean): string {
    const quote = this.#options.keepQuotes ? "'" : '';
    let text = quote;
    this.#take();
    for (let next = this.#take(); next !== "'"; next = this.#take()) {
      if (next === undefined) throw new Unreadable('a single quote is not closed');
      text += isPattern && next === this.#options.escapeCharacter ? next + next : next;
    }
    return text + quote;
  }

  #doubleQuoted(isPattern: boolean): string {
    const quote = this.#options.keepQuotes ? '"' : '';
    let text = quote;
    this.#take();
    for (let next = this.#next; next !== '"'; next = this.#next) {
      if (next === undefined) throw new Unreadable('a double quote is not closed');
      text += next === '$' ? this.#variable() : this.#inDoubleQuotes(isPattern);
    }
    this.#take();
    return text + quote;
  }

  #inDoubleQuotes(isPattern: boolean): string {
    const { escapeCharacter, keepQuotes } = this.#options;
    const character = this.#take() ?? '';
    if (character !== escapeCharacter) return character;
    const next = this.#next;
    if (next === undefined) return '';
    if (next === '"' || next === '$' || next === escapeCharacter) {
      this.#take();
      return (this.#keepEscapes ? character : '') + next;
    }
    return (this.#keepEscapes && (!keepQuotes || isPattern) ? character : '') + character;
  }

  /** `<<` of a heredoc, with the space after it, so that its name belongs to the same word. */
  #arrow(): string {
    this.#take();
    if (this.#next !== '<') return '<';
    let text = '<';
    do text += this.#take();
    while (this.#next !== undefined && ' \t\r'.includes(this.#next));
    return text;
  }

  #variable(): string {
    const { lookup, keepUnset } = this.#options;
    this.#take();
    if (this.#next === '{') return this.#braced();
    const name = this.#name();
    if (name === '') return '$';
    return lookup(name) ?? (keepUnset ? `$${name}` : '');
  }

  #braced(): string {
    const { lookup, keepUnset } = this.#options;
    this.#take();
    if (this.#next === undefined || '{}:'.includes(this.#next)) throw new Unreadable('a substitution has no name');
    const name = this.#name();
    const first = this.#take() ?? '';
    if (first === '}') return lookup(name) ?? (keepUnset ? `\${${name}}` : '');
    if (first === '/') return this.#replace(name);
    const operator = first === ':' ? `:${this.#take() ?? ''}` : first;
    if (!OPERATORS.includes(operator)) throw new Unreadable(`"${operator}" is not known in a substitution`);
    const isTrim = TRIMS.includes(operator);
    const word = this.#until('}', isTrim, isTrim).text;
    const value = lookup(name);
    if (keepUnset && value === undefined) return `\${${name}${operator}${word}}`;
    return substituted(name, value, operator, word);
  }

  /** `${NAME/pattern/replacement}`, or with `//` for all matches. */
  #replace(name: string): string {
    const { lookup, keepUnset } = this.#options;
    const all = this.#next === '/';
    if (all) this.#take();
    const pattern = this.#until('/', true, true).text;
    const replacement = this.#until('}', true, false).text;
    const value = lookup(name);
    if (keepUnset && value === undefined) return `\${${name}/${pattern}/${replacement}}`;
    // Go's regular expressions expand it, in the replacement of all matches alone.
    if (all && replacement.includes('$')) throw new UnknownValue(name);
    return replaced(value ?? '', pattern, replacement, all);
  }

  #name(): string {
    const first = this.#next ?? '';
    if (/^[@*#?\-$!]$/.test(first)) return this.#take() ?? '';
    const part = /^\p{Nd}$/u.test(first) ? /^\p{Nd}$/u : /^[\p{L}\p{Nd}_]$/u;
    let name = '';
    while (this.#next !== undefined && part.test(this.#next)) name += this.#take();
    return name;
  }
}

/** Collects words between white space. */
class Words {
  readonly #begun: { text: string };
  readonly #words: string[] = [];

  constructor(begun: { text: string }) {
    this.#begun = begun;
    begun.text = '';
  }

  /** White space ends a word. */
  add(character: string): void {
    if (SPACE.test(character)) this.end();
    else this.addRaw(character);
  }

  /** White space belongs to the word. */
  addRaw(text: string): void {
    this.#begun.text += text;
  }

  end(): string[] {
    if (this.#begun.text !== '') this.#words.push(this.#begun.text);
    this.#begun.text = '';
    return this.#words;
  }
}
