/**
 * Reads what an instruction of a Dockerfile says: its flags, words, pairs and mounts. Each function throws Unreadable
 * where BuildKit refuses the instruction, or where this module knows less than BuildKit.
 * https://github.com/moby/buildkit/tree/v0.34.2/frontend/dockerfile (parser/line_parsers.go, instructions/)
 */

import { Unreadable } from './errors.ts';
import { heredocOf, type Instruction, jsonWords } from './lines.ts';

/** The instructions that BuildKit knows. */
export const KEYWORDS: readonly string[] = [
  ...[
    'ADD',
    'ARG',
    'CMD',
    'COPY',
    'ENTRYPOINT',
    'ENV',
    'EXPOSE',
    'FROM',
    'HEALTHCHECK',
    'LABEL',
    'MAINTAINER',
    'ONBUILD',
  ],
  ...['RUN', 'SHELL', 'STOPSIGNAL', 'USER', 'VOLUME', 'WORKDIR'],
];

/** Flags with a value, flags that are true or false, and flags that may come several times. */
interface FlagNames {
  readonly once: readonly string[];
  readonly switches: readonly string[];
  readonly many: readonly string[];
}

const FLAGS: Readonly<Record<string, FlagNames>> = {
  ADD: { once: ['chown', 'chmod', 'checksum'], switches: ['link', 'keep-git-dir', 'unpack'], many: ['exclude'] },
  COPY: { once: ['chown', 'chmod', 'from'], switches: ['link', 'parents'], many: ['exclude'] },
  FROM: { once: ['platform'], switches: [], many: [] },
  RUN: { once: ['network', 'security'], switches: [], many: ['mount', 'device'] },
};

/** The values of an instruction's flags. A flag that this module does not know could change what is read. */
export function flagsOf({ keyword, flags }: Instruction): ReadonlyMap<string, readonly string[]> {
  const { once, switches, many } = FLAGS[keyword] ?? { once: [], switches: [], many: [] };
  const values = new Map<string, string[]>();
  for (const flag of flags) {
    const [, name = '', value] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(flag) ?? [];
    const isSwitch = switches.includes(name);
    if (!isSwitch && !once.includes(name) && !many.includes(name)) throw new Unreadable(`unknown flag --${name}`);
    if (values.has(name) && !many.includes(name)) throw new Unreadable(`the flag --${name} is there twice`);
    if (isSwitch ? value === '' : value === undefined) throw new Unreadable(`the flag --${name} has no value`);
    values.set(name, [...(values.get(name) ?? []), value ?? 'true']);
  }
  return values;
}

/** Words between white space. */
export function plainWords(rest: string): string[] {
  return rest === '' ? [] : rest.split(/[\t\v\f\r ]+/);
}

/** The sources of ADD or COPY that are paths or addresses, and not heredocs. */
export function sourcesOf({ keyword, rest }: Instruction): string[] {
  const words = jsonWords(rest) ?? plainWords(rest);
  if (words.length < 2) throw new Unreadable(`${keyword} needs a source and a destination`);
  return words.slice(0, -1).filter((word) => heredocOf(word) === undefined);
}

export interface From {
  readonly image: string;
  /** The stage's name in small letters. */
  readonly name: string | undefined;
}

export function fromOf({ rest }: Instruction): From {
  const [image = '', as, name, ...more] = plainWords(rest);
  const isNamed = as?.toLowerCase() === 'as' && name !== undefined && more.length === 0;
  if (image === '' || (as !== undefined && !isNamed)) throw new Unreadable('FROM needs an image, and perhaps AS NAME');
  return { image, name: name?.toLowerCase() };
}

type Pair = readonly [key: string, value: string];

/** `KEY=value …`, or the old form `KEY value`. */
export function envOf({ rest }: Instruction, escapeCharacter: string): readonly Pair[] {
  const words = quotedWords(rest, escapeCharacter);
  if (!words[0]?.includes('=')) {
    const [, key, value] = /^([^\t\v\f\r ]+)[\t\v\f\r ]+([\s\S]*)$/.exec(rest) ?? [];
    if (key === undefined || value === undefined) throw new Unreadable('ENV needs a name and a value');
    return [[key, value]];
  }
  return words.map((word) => {
    const [key, value] = argument(word);
    if (value === undefined || key === '') throw new Unreadable(`ENV needs NAME=VALUE instead of ${word}`);
    return [key, value];
  });
}

/** `NAME` or `NAME=default`, each. */
export function argsOf(
  { rest }: Instruction,
  escapeCharacter: string,
): (readonly [key: string, value: string | undefined])[] {
  const words = quotedWords(rest, escapeCharacter).map(argument);
  if (words.length === 0 || words.some(([key]) => key === '')) throw new Unreadable('ARG needs a name');
  return words;
}

function argument(word: string): readonly [key: string, value: string | undefined] {
  const at = word.indexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

/** `key=value,…` of a RUN's `--mount`: keys in small letters, values not expanded. */
export function mountOf(text: string): ReadonlyMap<string, string> {
  if (text.includes('"')) throw new Unreadable('--mount has quotes in quotes');
  const pairs = text.split(',').map(argument);
  return new Map(
    pairs.flatMap(([name, value]) => {
      const key = name.toLowerCase();
      return value === undefined ? [] : [[key === 'src' ? 'source' : key, value]];
    }),
  );
}

/** Words with their quotes, in which white space does not separate. */
function quotedWords(rest: string, escapeCharacter: string): string[] {
  const mark = `\\${escapeCharacter}`;
  const parts = [`'[^']*'?`, `"(?:${mark}[^]?|[^"${mark}])*"?`, `${mark}[^]?`, `[^\\s\u0085"'${mark}]`, '\uFEFF'];
  return rest.match(new RegExp(`(?:${parts.join('|')})+`, 'g')) ?? [];
}
