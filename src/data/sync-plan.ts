/**
 * Decides which files of a local input to send and which objects to remove. A file is unchanged if its hash is the one
 * in the manifest and S3 still has the manifest's ETag. The manifest lacks objects of an interrupted sync or of another
 * tool: those are compared by MD5. With a KMS key, all objects must be encrypted with it: a manifest of another key does not
 * count, and an object whose ETag is an MD5 is not encrypted with any.
 */

import type { HashedFile, LocalFile } from '../core/local-file.ts';
import { compareKeys } from '../core/s3-layout.ts';
import { isMd5, type RemoteFile } from '../core/s3-object.ts';
import type { Manifest, Sent } from './sync-manifest.ts';

export interface SyncPlan {
  readonly send: readonly HashedFile[];
  /** Files whose object may have the same content. It has if the ETag is the file's MD5. */
  readonly compare: readonly { readonly file: HashedFile; readonly etag: string }[];
  /** Paths of objects whose file no longer exists. */
  readonly remove: readonly string[];
  readonly keep: Manifest['files'];
}

/** `kmsKey`: undefined if the objects may be encrypted with any key. */
export function planSync(
  local: readonly HashedFile[],
  remote: readonly RemoteFile[],
  manifest: Manifest,
  kmsKey: string | undefined,
): SyncPlan {
  const known: Manifest['files'] = kmsKey === undefined || kmsKey === manifest.kmsKey ? manifest.files : new Map();
  const objects = new Map(remote.map((file) => [file.path, file]));
  const send: HashedFile[] = [];
  const compare: { file: HashedFile; etag: string }[] = [];
  const keep = new Map<string, Sent>();
  for (const file of local) {
    const object = objects.get(file.path);
    const sent = known.get(file.path);
    if (object?.size !== file.size) send.push(file);
    else if (sent?.etag !== object.etag) {
      if (kmsKey === undefined && isMd5(object.etag)) compare.push({ file, etag: object.etag });
      else send.push(file);
    } else if (sent.sha256 === file.sha256) keep.set(file.path, sent);
    else send.push(file);
  }
  const wanted = new Set(local.map((file) => file.path));
  return { send, compare, remove: remote.map((file) => file.path).filter((path) => !wanted.has(path)), keep };
}

/**
 * The paths at which to cut the listing of a folder in S3, so that its pieces can be read at the same time. Gives at
 * most `most` pieces, each with about `least` files or more, if S3 has the same files as the runner. Sorted as S3 sorts
 * keys.
 */
export function listCuts(local: readonly LocalFile[], most: number, least: number): string[] {
  const pieces = Math.min(most, Math.floor(local.length / least));
  const cuts = Array.from({ length: Math.max(pieces - 1, 0) }, (_, at) => {
    return local[Math.floor(((at + 1) * local.length) / pieces)]?.path ?? '';
  });
  return [...new Set(cuts)].sort(compareKeys);
}
