/** Shows paths in a sentence. They come from repositories and workers, so anything can be in them. */

import { counted } from './format.ts';

const LONGEST = 200;

/** A path as it is, or in quotes with escapes if it has characters that a line cannot show. */
export function named(path: string): string {
  const short = path.length > LONGEST ? `${path.slice(0, LONGEST)}…` : path;
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(short) ? short : JSON.stringify(short).replace(UNSEEN, escaped);
}

/** The first paths in order, and how many others there are. */
export function namedFirst(paths: Iterable<string>, most: number): string {
  const sorted = [...paths].sort();
  const more = sorted.length > most ? `, … (${counted(sorted.length - most, 'other')})` : '';
  return sorted.slice(0, most).map(named).join(', ') + more;
}

/** What JSON leaves as it is, but a terminal does not show: marks of direction, line separators, private characters. */
const UNSEEN = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
