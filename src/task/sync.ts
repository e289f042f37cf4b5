/**
 * Which files of a local input to send and which keys to remove. What was sent last is in a manifest beside the data: a
 * file counts as unchanged when its content's hash is that of the manifest and S3 still has the object it names by ETag.
 * An object that the manifest does not know, of a sync that was interrupted or of another tool, is compared by its MD5.
 */

/** A file on the runner. `path` is relative, with `/`; `size` in bytes; `modified` in milliseconds, as `stat` gave it. */
export interface LocalFile {
  readonly path: string;
  readonly absolute: string;
  readonly size: number;
  readonly modified: number;
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

export interface Sent {
  readonly sha256: string;
  readonly etag: string;
}

export interface SyncPlan {
  readonly send: readonly HashedFile[];
  /** Files whose object may hold the same: it does when the ETag is the MD5 of the file. */
  readonly compare: readonly { readonly file: HashedFile; readonly etag: string }[];
  /** Paths of objects that have no file any more. */
  readonly remove: readonly string[];
  readonly keep: Manifest;
}

export function planSync(local: readonly HashedFile[], remote: readonly RemoteFile[], manifest: Manifest): SyncPlan {
  const there = new Map(remote.map((file) => [file.path, file]));
  const send: HashedFile[] = [];
  const compare: { file: HashedFile; etag: string }[] = [];
  const keep = new Map<string, Sent>();
  for (const file of local) {
    const object = there.get(file.path);
    const sent = manifest.get(file.path);
    if (object?.size !== file.size) send.push(file);
    else if (sent?.etag !== object.etag) {
      if (isMd5(object.etag)) compare.push({ file, etag: object.etag });
      else send.push(file);
    } else if (sent.sha256 === file.sha256) keep.set(file.path, sent);
    else send.push(file);
  }
  const wanted = new Set(local.map((file) => file.path));
  return { send, compare, remove: remote.map((file) => file.path).filter((path) => !wanted.has(path)), keep };
}

/**
 * An object sent in one request, not encrypted by a KMS key, has its MD5 as ETag:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
 */
function isMd5(etag: string): boolean {
  return /^"?[0-9a-f]{32}"?$/.test(etag);
}

/** Whether the ETag is the MD5, in hex digits. */
export function isEtagOf(etag: string, md5: string): boolean {
  return etag.replaceAll('"', '') === md5;
}

/**
 * Where to cut the list of a folder so that its pieces can be read at once: at most `most` pieces, none shorter than
 * `least` files if the folder in S3 is as the one here. In the order that S3 lists by, the bytes of UTF-8.
 */
export function listCuts(local: readonly LocalFile[], most: number, least: number): string[] {
  const pieces = Math.min(most, Math.floor(local.length / least));
  const cuts = Array.from({ length: Math.max(pieces - 1, 0) }, (_, at) => {
    return local[Math.floor(((at + 1) * local.length) / pieces)]?.path ?? '';
  });
  return [...new Set(cuts)].sort(compareKeys);
}

/** Negative when S3 lists `a` before `b`. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const MIB = 1024 * 1024;
/** Bytes. */
export const SMALLEST_PART = 8 * MIB;
const MOST_PARTS = 10_000;

/** The parts of a large object, in bytes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export function partsOf(size: number): { readonly number: number; readonly start: number; readonly length: number }[] {
  // Whole MiB, so that the size is the same when the upload goes on later.
  const partSize = Math.max(SMALLEST_PART, Math.ceil(size / MOST_PARTS / MIB) * MIB);
  return Array.from({ length: Math.ceil(size / partSize) }, (_, at) => {
    const start = at * partSize;
    return { number: at + 1, start, length: Math.min(partSize, size - start) };
  });
}

const LONGEST_KEY = 1024;
/** What XML, S3's language, has no place for: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
export const CONTROL = /[\u0000-\u001f\u007f]/;

/** Why the file cannot be an object of this folder; undefined when it can. S3 takes 1,024 bytes of UTF-8. */
export function keyProblem(folder: string, path: string): string | undefined {
  if (CONTROL.test(path)) return 'has a control character in its name';
  const bytes = Buffer.byteLength(folder + path);
  return bytes > LONGEST_KEY ? `would have a key of ${bytes} bytes, and S3 takes ${LONGEST_KEY}` : undefined;
}

export function formatManifest(manifest: Manifest): string {
  return JSON.stringify([...manifest].map(([path, { sha256, etag }]) => [path, sha256, etag]));
}

/** A manifest from its text. Anything else than one is as none, which is safe: objects are compared then. */
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
