/**
 * The manifest of a local input: what was sent so far. The next sync reads it and skips files that have not changed. It is a line
 * of JSON with its version, and a line for each file: path, hash and ETag, with tabs between them. What is not such a line counts
 * as missing, which is safe: the sync then compares the object itself.
 */

import { CONTROL } from '../core/s3-layout.ts';

export interface Sent {
  readonly sha256: string;
  readonly etag: string;
}

const VERSION = 2;
const LINES_A_PIECE = 1000;

/**
 * The manifest's text, in pieces. `files`: path → what was sent; without those whose line could not be read, which are never
 * sent (`keyProblem`). `kmsKey`: the key with which all of them are encrypted; undefined: the bucket's default encryption.
 */
export function* formatManifest(
  files: Iterable<readonly [string, Sent]>,
  kmsKey: string | undefined,
): Generator<string> {
  let piece = `${JSON.stringify({ version: VERSION, kmsKey })}\n`;
  let lines = 0;
  for (const [path, { sha256, etag }] of files) {
    if (CONTROL.test(path) || CONTROL.test(etag)) continue;
    piece += `${path}\t${sha256}\t${etag}\n`;
    lines += 1;
    if (lines % LINES_A_PIECE > 0) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

/** Reads a manifest while its text arrives. Any other text has no files. */
export class ManifestReader {
  readonly #onFile: (path: string, sent: Sent) => void;
  #files = 0;
  #kmsKey: string | undefined;
  /** What the text is, by its beginning. A manifest of version 1 is one JSON text. */
  #kind: 'unknown' | 'lines' | 'version 1' | 'other' = 'unknown';
  #rest = '';

  constructor(onFile: (path: string, sent: Sent) => void) {
    this.#onFile = onFile;
  }

  push(text: string): void {
    if (this.#kind === 'other') return;
    this.#rest += text;
    if (this.#kind === 'unknown') this.#begin();
    if (this.#kind !== 'lines') return;
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(line.split('\t'));
  }

  /** When all of the text was read: how many files it had, and the key with which they are encrypted, if it names one. */
  end(): { readonly files: number; readonly kmsKey: string | undefined } {
    if (this.#kind === 'version 1') this.#takeVersion1();
    return { files: this.#files, kmsKey: this.#kmsKey };
  }

  #begin(): void {
    if (this.#rest === '') return;
    if (this.#rest.startsWith('[')) {
      this.#kind = 'version 1';
      return;
    }
    const end = this.#rest.indexOf('\n');
    // The line of a manifest is far shorter.
    if (end < 0 && this.#rest.length < 10_000) return;
    const first = parsed(this.#rest.slice(0, end));
    const isKnown = typeof first === 'object' && first !== null && 'version' in first && first.version === VERSION;
    this.#kind = isKnown ? 'lines' : 'other';
    this.#rest = isKnown ? this.#rest.slice(end + 1) : '';
    if (isKnown && 'kmsKey' in first && typeof first.kmsKey === 'string') this.#kmsKey = first.kmsKey;
  }

  #take([path = '', sha256 = '', etag, ...more]: readonly string[]): void {
    if (etag === undefined || more.length > 0) return;
    this.#files += 1;
    this.#onFile(path, { sha256, etag });
  }

  /** `[path, hash, ETag]` for each file, and `["kms-key", KEY]`, whose row has one cell less. */
  #takeVersion1(): void {
    const rows = parsed(this.#rest);
    if (!Array.isArray(rows)) return;
    for (const row of rows.filter((row) => Array.isArray(row) && row.every((cell) => typeof cell === 'string'))) {
      if (row.length === 3) this.#take(row);
      if (row.length === 2 && row[0] === 'kms-key') this.#kmsKey = row[1];
    }
  }
}

/** Undefined if the text is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}
