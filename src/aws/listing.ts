/** Lists of objects. S3 gives 1,000 a call, each call after the one before; a long list is so read in pieces at once. */
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { compareKeys, type RemoteFile } from '../task/sync.ts';
import type { Bucket } from './bucket.ts';

/**
 * All objects below the folder (a key that ends in a slash, or none); its own marker object (`folder/`) left out.
 * `cuts`: paths in the order of their bytes at which a list of more than one page is cut, to read the pieces at once.
 */
export async function listFolder(
  s3: S3Client,
  bucket: Bucket,
  folder: string,
  signal: AbortSignal,
  cuts: readonly string[] = [],
): Promise<RemoteFile[]> {
  const first = await listPage(s3, bucket, folder, {}, signal);
  const last = first.files.at(-1)?.path;
  if (first.next === undefined || last === undefined) return first.files.filter(({ path }) => path !== '');
  const ahead = cuts.filter((cut) => compareKeys(cut, last) > 0);
  const pieces = [last, ...ahead].map((after, at) => listPiece(s3, bucket, folder, after, ahead[at], signal));
  return [first.files, ...(await Promise.all(pieces))].flat().filter(({ path }) => path !== '');
}

/** What comes after one path, up to and with another. */
async function listPiece(
  s3: S3Client,
  bucket: Bucket,
  folder: string,
  after: string,
  upTo: string | undefined,
  signal: AbortSignal,
): Promise<RemoteFile[]> {
  const files: RemoteFile[] = [];
  let where: Where = { StartAfter: folder + after };
  for (;;) {
    const page = await listPage(s3, bucket, folder, where, signal);
    const last = page.files.at(-1)?.path ?? '';
    const beyond = upTo !== undefined && compareKeys(last, upTo) > 0;
    files.push(...(beyond ? page.files.filter(({ path }) => compareKeys(path, upTo) <= 0) : page.files));
    if (page.next === undefined || beyond || last === upTo) return files;
    where = { ContinuationToken: page.next };
  }
}

type Where = { readonly StartAfter?: string; readonly ContinuationToken?: string };

async function listPage(
  s3: S3Client,
  bucket: Bucket,
  folder: string,
  where: Where,
  signal: AbortSignal,
): Promise<{ readonly files: RemoteFile[]; readonly next: string | undefined }> {
  const owned = { Bucket: bucket.name, ExpectedBucketOwner: bucket.owner };
  const request = { ...owned, Prefix: folder, EncodingType: 'url' as const, ...where };
  const page = await s3.send(new ListObjectsV2Command(request), { abortSignal: signal });
  const decode = page.EncodingType === 'url' ? decodeKey : (key: string) => key;
  const files = (page.Contents ?? []).map(({ Key = '', Size = 0, ETag = '' }) => {
    return { path: decode(Key).slice(folder.length), size: Size, etag: ETag };
  });
  return { files, next: page.NextContinuationToken };
}

/** A key as EncodingType `url` gives it, a blank as a plus: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}
