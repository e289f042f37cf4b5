/**
 * The manifest of a local input: what was sent so far. The next sync reads it and skips files that have not changed. It is a line
 * of JSON with its version, and a line for each file: path, hash and ETag, with tabs between them. What is not such a line counts
 * as missing, which is safe: the sync then compares the object itself.
 */

import { CONTROL } from '../core/s3-layout.ts';

export interface Manifest {
  /** Path → what was sent. */
  readonly files: ReadonlyMap<string, Sent>;
  /** The KMS key with which all files are encrypted. Undefined: the bucket's default encryption, or unknown. */
  readonly kmsKey: string | undefined;
}

export interface Sent {
  readonly sha256: string;
  readonly etag: string;
}

const VERSION = 2;
const LINES_A_PIECE = 1000;

/** The manifest's text, in pieces. Leaves out files whose line could not be read; no such file is sent (`keyProblem`). */
export function* formatManifest({ files, kmsKey }: Manifest): Generator<string> {
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

/** Reads a manifest while its text arrives. Any other text gives an empty manifest. */
export class ManifestReader {
  readonly #files = new Map<string, Sent>();
  #kmsKey: string | undefined;
  /** What the text is, by its first line. A manifest of version 1 is one JSON text. */
  #kind: 'unknown' | 'lines' | 'version 1' | 'other' = 'unknown';
  #rest = '';

  push(text: string): void {
    if (this.#kind === 'other') return;
    this.#rest += text;
    if (this.#kind === 'unknown') this.#begin();
    if (this.#kind !== 'lines') return;
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(line.split('\t'));
  }

  /** The manifest, when all of the text was read. */
  end(): Manifest {
    if (this.#kind === 'version 1') return parseVersion1(this.#rest);
    return { files: this.#files, kmsKey: this.#kmsKey };
  }

  #begin(): void {
    if (this.#rest === '') return;
    if (this.#rest.startsWith('[')) {
      this.#kind = 'version 1';
      return;
    }
    const end = this.#rest.indexOf('\n');
    // The key's name is far shorter.
    if (end < 0 && this.#rest.length < 10_000) return;
    const first = parsed(this.#rest.slice(0, end));
    const isKnown = typeof first === 'object' && first !== null && 'version' in first && first.version === VERSION;
    this.#kind = isKnown ? 'lines' : 'other';
    this.#rest = isKnown ? this.#rest.slice(end + 1) : '';
    if (isKnown && 'kmsKey' in first && typeof first.kmsKey === 'string') this.#kmsKey = first.kmsKey;
  }

  #take([path = '', sha256 = '', etag, ...more]: readonly string[]): void {
    if (etag !== undefined && more.length === 0) this.#files.set(path, { sha256, etag });
  }
}

/** `[path, hash, ETag]` for each file, and `["kms-key", KEY]`, whose row has one cell less. */
function parseVersion1(text: string): Manifest {
  const rows = parsed(text);
  if (!Array.isArray(rows)) return { files: new Map(), kmsKey: undefined };
  const files = new Map(rows.filter(isRow).map(([path, sha256, etag]) => [path, { sha256, etag }]));
  return { files, kmsKey: rows.find(isKeyRow)?.[1] };
}

function isRow(row: unknown): row is [string, string, string] {
  return Array.isArray(row) && row.length === 3 && row.every((cell) => typeof cell === 'string');
}

function isKeyRow(row: unknown): row is [string, string] {
  return Array.isArray(row) && row.length === 2 && row[0] === 'kms-key' && typeof row[1] === 'string';
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
