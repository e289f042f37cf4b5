/** Attributes of pax: `LENGTH NAME=VALUE\n`. https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html */

import { DamagedArchive } from './damaged-archive.ts';
import { decodeName } from './file-names.ts';

export type Attributes = ReadonlyMap<string, string>;

/**
 * In GNU's sparse format 0.0 the names of offsets and lengths recur: they are put together as 0.1 has them. Throws a
 * DamagedArchive.
 */
export function parsePax(bytes: Buffer): Attributes {
  const attributes = new Map<string, string>();
  const map: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(' ', at);
    const length = blank < 0 ? Number.NaN : Number(bytes.toString('latin1', at, blank));
    const equals = bytes.indexOf('=', blank);
    const end = at + length - 1;
    if (!(equals >= 0 && equals < end && bytes[end] === 0x0a))
      throw new DamagedArchive('the attributes of a member are not those of pax');
    const [name, value] = [bytes.toString('utf8', blank + 1, equals), decodeName(bytes.subarray(equals + 1, end))];
    if (name === 'GNU.sparse.offset' || name === 'GNU.sparse.numbytes') map.push(value);
    else if (value === '') attributes.delete(name);
    else attributes.set(name, value);
    at = end + 1;
  }
  if (map.length > 0) attributes.set('GNU.sparse.map', map.join(','));
  return attributes;
}

/** Throws a DamagedArchive if it is not a whole number that JavaScript can count with. */
export function wholeNumber(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new DamagedArchive('the size of a member is not a number');
  return number;
}
