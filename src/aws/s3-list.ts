/**
 * Lists objects. S3 returns 1,000 objects for each call, and a call needs the token of the previous one. So a long
 * listing is cut into pieces, which are read at the same time.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
import { createHash } from 'node:crypto';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { together } from '../core/concurrency.ts';
import { compareKeys } from '../core/s3-layout.ts';
import type { RemoteFile } from '../core/s3-object.ts';
import { formatS3Uri, type S3Uri } from '../core/s3-uri.ts';
import type { Bucket } from './bucket.ts';
import type { Connection } from './connection.ts';
import { s3 } from './s3-client.ts';
import { isServiceError } from './service-errors.ts';

/** A page of a listing. Paths and folders are relative to the prefix. */
interface Page {
  readonly files: readonly RemoteFile[];
  /** The folders directly in the prefix, if they were asked for. */
  readonly folders: readonly string[];
  readonly isLast: boolean;
}

interface PageOptions {
  /** Lists what comes after this key. */
  readonly StartAfter?: string;
  /** `/`: lists the folders directly in the prefix instead of what is in them. */
  readonly Delimiter?: '/';
}

/** The pages of a listing, one after another. `owner`: undefined for any account. */
async function* pages(
  aws: Connection,
  { name, owner }: { readonly name: string; readonly owner: string | undefined },
  prefix: string,
  options: PageOptions,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  const request = {
    Bucket: name,
    ExpectedBucketOwner: owner,
    Prefix: prefix,
    EncodingType: 'url' as const,
    ...options,
  };
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({ ...request, ContinuationToken: token });
    const page = await s3(aws).send(command, { abortSignal: signal });
    const decode = page.EncodingType === 'url' ? decodeKey : (key: string) => key;
    token = page.NextContinuationToken;
    yield {
      files: (page.Contents ?? []).map(({ Key = '', Size = 0, ETag = '' }) => {
        return { path: decode(Key).slice(prefix.length), size: Size, etag: ETag };
      }),
      folders: (page.CommonPrefixes ?? []).map(({ Prefix = '' }) => decode(Prefix).slice(prefix.length, -1)),
      isLast: token === undefined,
    };
  } while (token !== undefined);
}

/**
 * All objects below the folder (a key with a slash at its end, or empty), without the folder's marker object
 * (`folder/`). `cuts`: paths, sorted by their bytes, at which a listing of several pages is cut into pieces.
 */
export async function listFolder(
  aws: Connection,
  bucket: Bucket,
  folder: string,
  signal: AbortSignal,
  cuts: readonly string[] = [],
): Promise<RemoteFile[]> {
  for await (const { files, isLast } of pages(aws, bucket, folder, {}, signal)) {
    const last = files.at(-1)?.path;
    if (isLast || last === undefined) return files.filter(({ path }) => path !== '');
    const laterCuts = cuts.filter((cut) => compareKeys(cut, last) > 0);
    const pieces = await together(signal, (signal) =>
      [last, ...laterCuts].map((after, at) => listPiece(aws, bucket, folder, after, laterCuts[at], signal)),
    );
    return [files, ...pieces].flat().filter(({ path }) => path !== '');
  }
  return [];
}

/** The objects after the path `after`, up to and including the path `upTo`. */
async function listPiece(
  aws: Connection,
  bucket: Bucket,
  folder: string,
  after: string,
  upTo: string | undefined,
  signal: AbortSignal,
): Promise<RemoteFile[]> {
  const piece: RemoteFile[] = [];
  for await (const { files } of pages(aws, bucket, folder, { StartAfter: folder + after }, signal)) {
    const last = files.at(-1)?.path ?? '';
    const isPastEnd = upTo !== undefined && compareKeys(last, upTo) > 0;
    piece.push(...(isPastEnd ? files.filter(({ path }) => compareKeys(path, upTo) <= 0) : files));
    if (isPastEnd || last === upTo) break;
  }
  return piece;
}

/** The names of the folders directly in a folder. */
export async function listSubfolders(
  aws: Connection,
  bucket: Bucket,
  folder: string,
  signal: AbortSignal,
): Promise<string[]> {
  const names: string[] = [];
  for await (const { folders } of pages(aws, bucket, folder, { Delimiter: '/' }, signal)) names.push(...folders);
  return names;
}

/**
 * Sends a HEAD request. S3's answer to it has no text. So if it is HTTP 400, lists the bucket, whose refusal says why: that the
 * credentials have expired, or that the bucket is in another region. https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
 */
export async function head<T>(
  aws: Connection,
  { name, owner }: Bucket,
  send: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== 400) throw error;
    const request = new ListObjectsV2Command({ Bucket: name, ExpectedBucketOwner: owner, MaxKeys: 1 });
    await s3(aws).send(request, { abortSignal: signal });
    // The credentials are others by now.
    return send();
  }
}

/**
 * Decodes a key of EncodingType `url`, in which a plus is a blank:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
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
    for await (const { files } of pages(aws, { name: uri.bucket, owner }, uri.key, {}, signal)) {
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
