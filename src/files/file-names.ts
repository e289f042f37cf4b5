/**
 * Which names a file can have where, and which one it gets in place of a name that it cannot have. Pure: the platform is a
 * value. A byte that is not UTF-8 is in a name as a lone surrogate, U+DC80 to U+DCFF: `decodeName` puts it there.
 */
import { hash } from 'node:crypto';

/** Whose rules for names hold. */
export type Naming = 'linux' | 'darwin' | 'win32';

/** Where a name must be possible: on a runner, or in an artifact of GitHub. */
export type Rules = Naming | 'artifact';

/** Of `process.platform`; what is not Windows or macOS has Linux's rules. */
export function namingOf(name: string): Naming {
  return name === 'win32' || name === 'darwin' ? name : 'linux';
}

/**
 * Characters that are replaced. Windows: https://learn.microsoft.com/windows/win32/fileio/naming-a-file. Artifacts: those that
 * @actions/artifact refuses; the backslash, which it makes a slash; and `##[`, which the runner could take for a command when
 * the client prints the name.
 */
const REFUSED: Readonly<Record<Rules, RegExp>> = {
  linux: /[\0/]/g,
  darwin: /[\0/]/g,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Windows refuses control characters
  win32: /[\u0000-\u001f<>:"/\\|?*]/g,
  artifact: /["<>:|*?\\\r\n\0]|(?<=##)\[/g,
};

/** Windows takes `con`, and `con.txt` too, for the console. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?= *(\.|$))/i;
/** Windows may have such a name for another file already, whose own name is longer. */
const SHORT_NAME = /^([^.]{1,6})~(?=\d{1,6}(\.[^.]{0,3})?$)/;

/** The most that one name has: UTF-16 units on Windows, bytes elsewhere. */
const LONGEST = 255;

/** The name itself where it is possible; else one that is, and still looks like it. Of one folder or file: no path. */
export function fitting(name: string, rules: Rules): string {
  let fit = withoutSurrogates(name).replace(REFUSED[rules], '_');
  if (rules === 'win32') {
    fit = fit.replace(/[. ]+$/, (end) => '_'.repeat(end.length));
    fit = fit.replace(DEVICE, '$1_').replace(SHORT_NAME, '$1_');
  }
  return lengthOf(fit, rules) > LONGEST ? shortened(fit, name, rules) : fit;
}

/** Names of which a folder can hold one only have the same. Windows and macOS do not tell `README` from `readme`. */
export function folded(name: string, rules: Rules): string {
  switch (rules) {
    case 'win32':
      return [...name].map((char) => (char.toUpperCase().length === char.length ? char.toUpperCase() : char)).join('');
    case 'darwin':
      return name.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');
    case 'linux':
    case 'artifact':
      return name;
  }
}

/** Another name that looks like it: `log.txt`, 2 → `log_2.txt`. */
export function numbered(name: string, number: number | string, rules: Rules): string {
  const [stem, extension] = partsOf(name);
  const other = `${stem}_${number}${extension}`;
  return lengthOf(other, rules) > LONGEST ? shortened(other, other, rules) : other;
}

/** Eight digits that stand for a text. */
export function digest(text: string): string {
  return hash('sha256', Buffer.from(text, 'utf16le')).slice(0, 8);
}

/** How long a name is, in that of which the platform allows so many. */
export function lengthOf(name: string, rules: Rules): number {
  return rules === 'win32' ? name.length : Buffer.byteLength(name);
}

/** A file's name from an archive. */
export function decodeName(bytes: Buffer): string {
  const text = bytes.toString();
  if (!text.includes('\ufffd')) return text;
  let name = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceAt(bytes, at);
    name += length === 0 ? String.fromCharCode(0xdc00 + bytes.readUInt8(at)) : bytes.toString('utf8', at, at + length);
    at += Math.max(length, 1);
  }
  return name;
}

/** How many bytes the character that starts there has; 0 where none does. */
function sequenceAt(bytes: Buffer, at: number): number {
  const first = bytes.readUInt8(at);
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const char = bytes.subarray(at, at + length);
  return Buffer.from(char.toString()).equals(char) ? length : 0;
}

/** As a URL has bytes that are no text: `caf%E9`. */
function withoutSurrogates(name: string): string {
  if (name.isWellFormed()) return name;
  const bytes = name.replace(
    /[\udc80-\udcff]/gu,
    (char) => `%${(char.charCodeAt(0) - 0xdc00).toString(16).toUpperCase()}`,
  );
  return bytes.toWellFormed().replaceAll('\ufffd', '_');
}

/** Its start and its extension, and digits between that no other name has. */
function shortened(fit: string, name: string, rules: Rules): string {
  const [stem, extension] = partsOf(fit);
  const end = `~${digest(name)}${extension}`;
  let start = '';
  for (const char of stem) {
    if (lengthOf(start + char + end, rules) > LONGEST) break;
    start += char;
  }
  return start + end;
}

/** `log.txt` → `log`, `.txt`. */
function partsOf(name: string): [stem: string, extension: string] {
  const extension = /(?<=.)\.[^.]{1,15}$/.exec(name)?.[0] ?? '';
  return [name.slice(0, name.length - extension.length), extension];
}
