/** Takes out of a value what must not be in a report, whoever wrote it. */

import { withoutSequences } from '../core/control-text.ts';

/** Control characters, but for line breaks and tabs, and marks that turn the direction of the text around them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression finds control characters
const UNWANTED = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
/** A copy of data, with all strings and names of members cleaned. `redact` replaces secrets. */
export function cleaned<T>(value: T, redact: (text: string) => string): T {
  const text = (given: string): string =>
    redact(withoutSequences(given).replace(/\r\n?/g, '\n').replace(UNWANTED, '').toWellFormed());
  const clean = (part: unknown): unknown => {
    if (typeof part === 'string') return text(part);
    if (Array.isArray(part)) return part.map(clean);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([name, member]) => [text(name), clean(member)]));
  };
  return clean(value) as T;
}
