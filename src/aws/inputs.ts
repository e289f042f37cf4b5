/** Inputs that lie in S3: looked at before anything is created, as far as these credentials may. */
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { formatS3Uri, type S3Uri } from '../task/channels.ts';
import type { Mistake } from '../task/errors.ts';
import { isServiceError } from './clients.ts';

/** The URIs under which there is nothing. */
export async function emptyInputs(s3: S3Client, uris: readonly S3Uri[], signal: AbortSignal): Promise<Mistake[]> {
  const found = await Promise.all(uris.map((uri) => lookAt(s3, uri, signal)));
  return found.flatMap((mistake) => mistake ?? []);
}

async function lookAt(s3: S3Client, uri: S3Uri, signal: AbortSignal): Promise<Mistake | undefined> {
  const remedy = 'Check the URI; the bucket must be in the region of the job.';
  try {
    const request = { Bucket: uri.bucket, Prefix: uri.key, MaxKeys: 1 };
    const { KeyCount = 0 } = await s3.send(new ListObjectsV2Command(request), { abortSignal: signal });
    return KeyCount > 0
      ? undefined
      : { input: 'inputs', problem: `there is nothing under ${formatS3Uri(uri)}.`, remedy };
  } catch (error) {
    if (isServiceError(error, 'NoSuchBucket'))
      return { input: 'inputs', problem: `there is no bucket ${uri.bucket}.`, remedy };
    if (isServiceError(error, 'PermanentRedirect')) {
      return { input: 'inputs', problem: `the bucket ${uri.bucket} lies in another region.`, remedy };
    }
    // The job's role may read what these credentials may not.
    if (isServiceError(error, 'AccessDenied')) return undefined;
    throw error;
  }
}
