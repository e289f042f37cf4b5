/** Inputs that lie in S3: listed before anything is created, as far as these credentials may. */
import { createHash } from 'node:crypto';
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { formatS3Uri, type S3Uri } from '../task/channels.ts';
import { isServiceError } from './clients.ts';

/** What lies under a URI: the hash of all keys, ETags and sizes; or why that is not known, or that nothing is there. */
export type Listing =
  | { readonly kind: 'listed'; readonly hash: string; readonly objects: number }
  | { readonly kind: 'denied' }
  | { readonly kind: 'wrong'; readonly problem: string };

/** `owner`: the account that the bucket must belong to; undefined: any. `told`: called page by page with the number of objects so far. */
export async function listInput(
  s3: S3Client,
  uri: S3Uri,
  owner: string | undefined,
  told: (objects: number) => void,
  signal: AbortSignal,
): Promise<Listing> {
  const hash = createHash('sha256');
  let objects = 0;
  let token: string | undefined;
  try {
    do {
      const request = { Bucket: uri.bucket, Prefix: uri.key, ContinuationToken: token, ExpectedBucketOwner: owner };
      const page = await s3.send(new ListObjectsV2Command(request), { abortSignal: signal });
      for (const { Key, ETag, Size } of page.Contents ?? []) hash.update(`${JSON.stringify([Key, ETag, Size])}\n`);
      objects += page.Contents?.length ?? 0;
      told(objects);
      token = page.NextContinuationToken;
    } while (token !== undefined);
  } catch (error) {
    // The job's role may read what these credentials may not.
    if (isServiceError(error, 'AccessDenied')) return { kind: 'denied' };
    const problem = wrongBucket(uri.bucket, error);
    if (problem === undefined) throw error;
    return { kind: 'wrong', problem };
  }
  if (objects === 0) return { kind: 'wrong', problem: `there is nothing under ${formatS3Uri(uri)}.` };
  return { kind: 'listed', hash: hash.digest('hex'), objects };
}

function wrongBucket(bucket: string, error: unknown): string | undefined {
  if (isServiceError(error, 'NoSuchBucket')) return `there is no bucket ${bucket}.`;
  if (isServiceError(error, 'PermanentRedirect')) return `the bucket ${bucket} lies in another region.`;
  return undefined;
}
