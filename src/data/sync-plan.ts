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

/** How many objects a page of S3's listing has. */
const PAGE = 1000;

/**
 * The paths at which to cut the listing of a folder in S3, so that its pieces can be read at the same time: if S3 has the same
 * files as the runner, each piece is one page. Sorted as S3 sorts keys.
 */
export function listCuts(local: readonly LocalFile[]): string[] {
  const cuts = local.filter((_, at) => at % PAGE === PAGE - 1 && at < local.length - 1);
  return [...new Set(cuts.map(({ path }) => path))].sort(compareKeys);
}
