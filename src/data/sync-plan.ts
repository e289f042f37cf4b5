/**
 * Decides which files of a local input to send and which objects to remove. A file is unchanged if its hash is the one
 * in the manifest and S3 still has the manifest's ETag. The manifest lacks objects of an interrupted sync or of another
 * tool: those are compared by MD5. With a KMS key, all objects must be encrypted with it: a manifest of another key does not
 * count, and an object whose ETag is an MD5 is not encrypted with any.
 */

import type { HashedFile, LocalFile } from '../core/local-file.ts';
import { compareKeys } from '../core/s3-layout.ts';
import { isMd5, type RemoteFile } from '../core/s3-object.ts';
import type { Sent } from './sync-manifest.ts';

export interface SyncPlan {
  readonly send: readonly HashedFile[];
  /** Files whose object may have the same content. It has if the ETag is the file's MD5. */
  readonly compare: readonly { readonly file: HashedFile; readonly etag: string }[];
  /** Paths of objects whose file no longer exists. */
  readonly remove: readonly string[];
  /** What S3 has already, by its path. */
  readonly keep: Map<string, Sent>;
}

/**
 * Takes the listing and the manifest while they arrive, in any order. Keeps little of them, because there can be hundreds of
 * thousands of files.
 */
export class Comparison {
  readonly #local: readonly HashedFile[];
  /** Path → number of the file. */
  readonly #numbers = new Map<string, number>();
  /** By the number of the file: the ETag of an object of the file's size, and the one in the manifest. */
  readonly #etags: (string | undefined)[] = [];
  readonly #sentEtags: (string | undefined)[] = [];
  /** By the number of the file: 1 if the manifest has the file's hash. */
  readonly #isSameHash: Uint8Array;
  readonly #remove: string[] = [];

  constructor(local: readonly HashedFile[]) {
    this.#local = local;
    this.#isSameHash = new Uint8Array(local.length);
    for (const [number, { path }] of local.entries()) this.#numbers.set(path, number);
  }

  takeObject({ path, size, etag }: RemoteFile): void {
    const number = this.#numbers.get(path);
    if (number === undefined) this.#remove.push(path);
    else if (size === this.#local[number]?.size) this.#etags[number] = same(this.#sentEtags[number], etag);
  }

  /** What the manifest has. */
  takeSent(path: string, { sha256, etag }: Sent): void {
    const number = this.#numbers.get(path);
    if (number === undefined) return;
    this.#sentEtags[number] = same(this.#etags[number], etag);
    this.#isSameHash[number] = sha256 === this.#local[number]?.sha256 ? 1 : 0;
  }

  /** `kmsKey`: undefined if the objects may be encrypted with any key. `sentWith`: the key in the manifest. */
  plan(kmsKey: string | undefined, sentWith: string | undefined): SyncPlan {
    const send: HashedFile[] = [];
    const compare: { file: HashedFile; etag: string }[] = [];
    const keep = new Map<string, Sent>();
    const isManifestOfKey = kmsKey === undefined || kmsKey === sentWith;
    for (const [number, file] of this.#local.entries()) {
      const etag = this.#etags[number];
      const isAsSent = isManifestOfKey && this.#sentEtags[number] === etag;
      if (etag === undefined) send.push(file);
      else if (isAsSent && this.#isSameHash[number] === 1) keep.set(file.path, { sha256: file.sha256, etag });
      else if (!isAsSent && kmsKey === undefined && isMd5(etag)) compare.push({ file, etag });
      else send.push(file);
    }
    return { send, compare, remove: this.#remove, keep };
  }
}

/** The text, as the string that is in memory already if that is the same one. */
function same(known: string | undefined, text: string): string {
  return known === text ? known : text;
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
