/**
 * Reads a Dockerfile's lines as instructions, as BuildKit does: directives, comments, continued lines, flags, heredocs.
 * https://github.com/moby/buildkit/tree/v0.34.2/frontend/dockerfile/parser (parser.go, directives.go, split_command.go)
 */
import { directiveOf } from './directives.ts';
import { Unreadable } from './errors.ts';
import { trim, trimStart, withoutEnd } from './space.ts';
import { shellWords } from './words.ts';

/** Numbers of lines, from 1. */
export interface Lines {
  readonly first: number;
  readonly last: number;
}

export interface Instruction {
  /** In capital letters. */
  readonly keyword: string;
  /** The words before the arguments that begin with `--`, without quotes. */
  readonly flags: readonly string[];
  /** What follows the flags. */
  readonly rest: string;
  /** The continued lines as one, without heredocs. Docker prints an instruction so. */
  readonly line: string;
  readonly hasHeredocs: boolean;
  readonly lines: Lines;
}

export interface DockerfileLines {
  readonly instructions: readonly Instruction[];
  /** The escape character. */
  readonly escapeCharacter: string;
}

/** Throws Unreadable with the line's number. */
export function readLines(text: string): DockerfileLines {
  return new Reader(text).read();
}

/** Reads an instruction of one line. Throws Unreadable. */
export function readInstruction(line: string, escapeCharacter: string, lines: Lines): Instruction {
  const [, word = '', after = ''] = /^([^\t\v\f\r ]*)(?:[\t\v\f\r ]+([\s\S]*))?$/.exec(trim(line)) ?? [];
  const { flags, rest } = splitFlags(after, escapeCharacter);
  return { keyword: word.toUpperCase(), flags, rest: trim(rest), line: trim(line), hasHeredocs: false, lines };
}

/** The words of an instruction in JSON form, `["a b", "c"]`. Undefined for the plain form. Throws Unreadable. */
export function jsonWords(rest: string): string[] | undefined {
  if (!rest.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(rest);
    if (!Array.isArray(value)) return undefined;
    if (!value.every((each) => typeof each === 'string'))
      throw new Unreadable('the JSON form has something else than texts');
    return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

const HEREDOC = /^\d*<<(-?)[\t\n\f\r ]*([^<]*)$/;

export interface Heredoc {
  readonly name: string;
  /** Whether tabs may come before its end: `<<-`. */
  readonly isIndented: boolean;
}

/** The heredoc that a word begins: `<<EOF`. Undefined if it begins none. */
export function heredocOf(word: string): Heredoc | undefined {
  const [, dash, rest = ''] = HEREDOC.exec(word) ?? [];
  const [name, ...more] = rest === '' ? [] : (wordsOrNone(rest, false) ?? []);
  return name === undefined || more.length > 0 ? undefined : { name, isIndented: dash === '-' };
}

/** The words without quotes and escapes, or with them. Undefined if a quote is not closed. */
function wordsOrNone(text: string, keep: boolean): string[] | undefined {
  try {
    return shellWords(text, keep);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return undefined;
  }
}

class Reader {
  readonly #lines: readonly string[];
  readonly #instructions: Instruction[] = [];
  readonly #directives = new Set<string>();
  #at = 0;
  #escape = '\\';
  #continued = continuation('\\');

  constructor(text: string) {
    // With their ends, which belong to the content of heredocs.
    this.#lines = text.replace(/^\uFEFF/, '').match(/[^\n]*\n|[^\n]+$/g) ?? [];
  }

  read(): DockerfileLines {
    this.#readDirectives();
    this.#at = 0;
    while (this.#at < this.#lines.length) {
      const first = this.#at + 1;
      try {
        this.#readNext(first);
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        throw new Unreadable(`line ${first}: ${error.message}`, { cause: error });
      }
    }
    return { instructions: this.#instructions, escapeCharacter: this.#escape };
  }

  #readDirectives(): void {
    for (const line of this.#lines) {
      this.#at += 1;
      const directive = directiveOf(trimStart(withoutEnd(line)), '#');
      if (directive === undefined) return;
      const { name, value } = directive;
      if (this.#directives.has(name)) throw new Unreadable(`line ${this.#at}: there is a second directive "${name}"`);
      this.#directives.add(name);
      if (name !== 'escape') continue;
      if (value !== '\\' && value !== '`')
        throw new Unreadable(`line ${this.#at}: the escape character is neither \\ nor \``);
      this.#escape = value;
      this.#continued = continuation(value);
    }
  }

  #readNext(first: number): void {
    const line = this.#joinLines();
    if (line === '') return;
    const instruction = readInstruction(line, this.#escape, { first, last: this.#at });
    const heredocs = heredocsIn(instruction, line, this.#escape);
    for (const each of heredocs) this.#skipHeredoc(each);
    this.#instructions.push({ ...instruction, hasHeredocs: heredocs.length > 0, lines: { first, last: this.#at } });
  }

  /** The next line with those that continue it. Comments and empty lines between them do not count. */
  #joinLines(): string {
    const start = trimStart(withoutEnd(this.#lines[this.#at] ?? ''));
    this.#at += 1;
    if (start === '') return '';
    let line = isComment(start) ? '' : start;
    let isContinued = this.#continued.test(line);
    line = this.#cut(line);
    while (isContinued && this.#at < this.#lines.length) {
      const next = withoutEnd(this.#lines[this.#at] ?? '');
      this.#at += 1;
      if (isComment(next) || trimStart(next) === '') continue;
      isContinued = this.#continued.test(next);
      line += this.#cut(next);
    }
    return line;
  }

  #cut(line: string): string {
    return line.replace(this.#continued, '$1');
  }

  #skipHeredoc({ name, isIndented }: Heredoc): void {
    while (this.#at < this.#lines.length) {
      const line = withoutEnd(this.#lines[this.#at] ?? '');
      this.#at += 1;
      if ((isIndented ? line.replace(/^\t+/, '') : line) === name) return;
    }
    throw new Unreadable(`the heredoc ${name} has no end`);
  }
}

/** The heredocs that begin in a line. Only ADD, COPY and RUN can have some, also as triggers, and not in JSON form. */
function heredocsIn({ keyword, rest }: Instruction, line: string, escapeCharacter: string): Heredoc[] {
  if (!line.includes('<<')) return [];
  const own = keyword === 'ONBUILD' ? readInstruction(rest, escapeCharacter, { first: 0, last: 0 }) : { keyword, rest };
  if (!['ADD', 'COPY', 'RUN'].includes(own.keyword) || jsonWords(own.rest) !== undefined) return [];
  // BuildKit takes a line whose quotes are not closed for one without heredocs.
  return (wordsOrNone(line, true) ?? []).flatMap((word) => heredocOf(word) ?? []);
}

/** BuildKit tests bytes here, which can be in the middle of a character. */
const SPACES = /^[\t-\r \u0085\u00a0]+/;

function splitFlags(text: string, escapeCharacter: string): { readonly flags: string[]; readonly rest: string } {
  const flags: string[] = [];
  if (!/^[\t-\r ]*--/.test(text)) return { flags, rest: text };
  let rest = Buffer.from(text).toString('latin1').replace(SPACES, '');
  while (rest.startsWith('--')) {
    const { word, length } = readFlag(rest, escapeCharacter);
    rest = rest.slice(length);
    if (word === '--') break;
    flags.push(word);
    rest = rest.replace(SPACES, '');
  }
  return { flags, rest: Buffer.from(rest, 'latin1').toString() };
}

/** The first word, without quotes and escapes. */
function readFlag(text: string, escapeCharacter: string): { readonly word: string; readonly length: number } {
  let word = '';
  let quote = '';
  let at = 0;
  for (; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (quote === '' && SPACES.test(character)) break;
    if (character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === escapeCharacter) {
      at += 1;
      word += text[at] ?? '';
    } else word += character;
  }
  return { word, length: at };
}

/** Matches the escape character at the end of a line, unless another one is before it. */
function continuation(escapeCharacter: string): RegExp {
  return new RegExp(`([^\\${escapeCharacter}])\\${escapeCharacter}[ \\t]*$|^\\${escapeCharacter}[ \\t]*$`);
}

function isComment(line: string): boolean {
  return trimStart(line).startsWith('#');
}
