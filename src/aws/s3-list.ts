/**
 * Lists objects. A call of S3 returns few of them, and needs the token of the previous one. So a long listing is cut into pieces,
 * which are read at the same time.
 */
import { createHash } from 'node:crypto';
import { each } from '../core/concurrency.ts';
import { compareKeys } from '../core/s3-layout.ts';
import type { RemoteFile } from '../core/s3-object.ts';
import { formatS3Uri, type S3Uri } from '../core/s3-uri.ts';
import type { Bucket } from './bucket.ts';
import type { Connection } from './connection.ts';
import { Pages } from './s3-pages.ts';
import { isServiceError } from './service-errors.ts';

const PIECES_AT_ONCE = 8;

/** All objects below the folder (a key with a slash at its end, or empty), without the folder's marker object (`folder/`). */
export async function listFolder(
  aws: Connection,
  bucket: Bucket,
  folder: string,
  signal: AbortSignal,
): Promise<RemoteFile[]> {
  const all: RemoteFile[] = [];
  await listPieces(aws, bucket, folder, [], (files) => void all.push(...files), signal);
  return all;
}

/**
 * Calls `take` with the objects below the folder, page by page, without its marker object. `cuts`: paths, sorted by their bytes,
 * at which a listing of several pages is cut into pieces, which are read at the same time. If there is a page of objects between
 * any two of them, each page is read once.
 */
export async function listPieces(
  aws: Connection,
  bucket: Bucket,
  folder: string,
  cuts: readonly string[],
  take: (files: readonly RemoteFile[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const pages = new Pages(aws, bucket, folder);
  const first = await pages.page({ kind: 'first' }, cuts.length > 0, signal);
  take(first.files.filter(({ path }) => path !== ''));
  const last = first.files.at(-1)?.path;
  if (first.next === undefined || last === undefined) return;
  const later = cuts.filter((cut) => compareKeys(cut, last) > 0);
  const pieces = [last, ...later].map((after, at) => ({ after, upTo: later[at] }));
  await each(signal, pieces, PIECES_AT_ONCE, async ({ after, upTo }, signal) => {
    for await (const { files } of pages.all(signal, { kind: 'after', path: after })) {
      const end = files.at(-1)?.path ?? '';
      const isPast = upTo !== undefined && compareKeys(end, upTo) > 0;
      take(isPast ? files.filter(({ path }) => compareKeys(path, upTo) <= 0) : files);
      if (isPast || end === upTo) break;
    }
  });
}

/** The names of the folders directly in a folder. */
export async function listSubfolders(
  aws: Connection,
  bucket: Bucket,
  folder: string,
  signal: AbortSignal,
): Promise<string[]> {
  const names: string[] = [];
  for await (const { folders } of new Pages(aws, bucket, folder, '/').all(signal)) names.push(...folders);
  return names;
}

/**
 * The hash of all keys, ETags and sizes under a URI; or that the credentials may not list it; or what is wrong with it.
 */
export type Listing =
  | { readonly kind: 'listed'; readonly hash: string; readonly objects: number }
  | { readonly kind: 'denied' }
  | { readonly kind: 'wrong'; readonly problem: string };

/**
 * `owner`: the account that must own the bucket; undefined: any. `onProgress`: called with the number of objects so
 * far.
 */
export async function listInput(
  aws: Connection,
  uri: S3Uri,
  owner: string | undefined,
  onProgress: (objects: number) => void,
  signal: AbortSignal,
): Promise<Listing> {
  const hash = createHash('sha256');
  let objects = 0;
  try {
    for await (const { files } of new Pages(aws, { name: uri.bucket, owner }, uri.key).all(signal)) {
      for (const { path, etag, size } of files) hash.update(`${JSON.stringify([uri.key + path, etag, size])}\n`);
      objects += files.length;
      onProgress(objects);
    }
  } catch (error) {
    // Not a mistake: the job's role may be allowed to read it.
    if (isServiceError(error, 'AccessDenied')) return { kind: 'denied' };
    const problem = wrongBucket(uri.bucket, error);
    if (problem === undefined) throw error;
    return { kind: 'wrong', problem };
  }
  if (objects === 0) return { kind: 'wrong', problem: `there is no object under ${formatS3Uri(uri)}` };
  return { kind: 'listed', hash: hash.digest('hex'), objects };
}

function wrongBucket(bucket: string, error: unknown): string | undefined {
  if (isServiceError(error, 'NoSuchBucket')) return `the bucket ${bucket} does not exist`;
  if (isServiceError(error, 'PermanentRedirect')) return `the bucket ${bucket} is in another region`;
  return undefined;
}
