/**
 * Which files of a local input to send and which keys to remove. What was sent last is in a manifest beside the data: a
 * file counts as unchanged when its content's hash is that of the manifest and S3 still has the object it names by ETag.
 */

/** A file on the runner. `path` is relative, with `/`; `size` in bytes. */
export interface LocalFile {
  readonly path: string;
  readonly absolute: string;
  readonly size: number;
  readonly executable: boolean;
}

export interface HashedFile extends LocalFile {
  readonly sha256: string;
}

/** An object in S3, its key relative to the folder. */
export interface RemoteFile {
  readonly path: string;
  readonly size: number;
  readonly etag: string;
}

/** path → what was sent. */
export type Manifest = ReadonlyMap<string, Sent>;

interface Sent {
  readonly sha256: string;
  readonly etag: string;
}

export interface SyncPlan {
  readonly send: readonly HashedFile[];
  /** Paths of objects that have no file any more. */
  readonly remove: readonly string[];
  readonly keep: Manifest;
}

export function planSync(local: readonly HashedFile[], remote: readonly RemoteFile[], manifest: Manifest): SyncPlan {
  const there = new Map(remote.map((file) => [file.path, file]));
  const send: HashedFile[] = [];
  const keep = new Map<string, Sent>();
  for (const file of local) {
    const object = there.get(file.path);
    const sent = manifest.get(file.path);
    const same = object?.size === file.size && sent?.sha256 === file.sha256 && sent.etag === object.etag;
    if (same) keep.set(file.path, sent);
    else send.push(file);
  }
  const wanted = new Set(local.map((file) => file.path));
  return { send, remove: remote.map((file) => file.path).filter((path) => !wanted.has(path)), keep };
}

export function formatManifest(manifest: Manifest): string {
  return JSON.stringify([...manifest].map(([path, { sha256, etag }]) => [path, sha256, etag]));
}

/** A manifest from its text. Anything else than one is as none: all files are sent again, which is safe. */
export function parseManifest(text: string): Manifest {
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (!Array.isArray(rows)) return new Map();
  return new Map(rows.filter(isRow).map(([path, sha256, etag]) => [path, { sha256, etag }]));
}

function isRow(row: unknown): row is [string, string, string] {
  return Array.isArray(row) && row.length === 3 && row.every((cell) => typeof cell === 'string');
}
