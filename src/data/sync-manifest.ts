/**
 * The manifest of a local input: what was sent so far. The next sync reads it and skips files that have not changed.
 */

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

/** The key is in a row of its own, which has one cell less than that of a file. */
const KEY_ROW = 'kms-key';

export function formatManifest({ files, kmsKey }: Manifest): string {
  const rows = [...files].map(([path, { sha256, etag }]) => [path, sha256, etag]);
  return JSON.stringify(kmsKey === undefined ? rows : [[KEY_ROW, kmsKey], ...rows]);
}

/**
 * Parses a manifest. Any other text gives an empty one, which is safe: the sync then compares the objects themselves.
 */
export function parseManifest(text: string): Manifest {
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (!Array.isArray(rows)) return { files: new Map(), kmsKey: undefined };
  const files = new Map(rows.filter(isRow).map(([path, sha256, etag]) => [path, { sha256, etag }]));
  return { files, kmsKey: rows.find(isKeyRow)?.[1] };
}

function isRow(row: unknown): row is [string, string, string] {
  return Array.isArray(row) && row.length === 3 && row.every((cell) => typeof cell === 'string');
}

function isKeyRow(row: unknown): row is [string, string] {
  return Array.isArray(row) && row.length === 2 && row[0] === KEY_ROW && typeof row[1] === 'string';
}
