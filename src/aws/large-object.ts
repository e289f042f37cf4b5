/** Reads an object that may be large. */
import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { Bucket } from './bucket.ts';
import type { Connection } from './connection.ts';
import { inRanges, RANGE } from './ranges.ts';
import { s3 } from './s3-client.ts';
import { changedSince } from './s3-objects.ts';
import { isServiceError } from './service-errors.ts';

/**
 * The object as a stream: all of its bytes are of one version. Undefined if it does not exist. Throws an ActionError if its ETag is
 * not `etag`, and so does the stream if the object changes meanwhile.
 */
export async function openLargeObject(
  aws: Connection,
  bucket: Bucket,
  key: string,
  signal: AbortSignal,
  etag?: string,
): Promise<Readable | undefined> {
  const object = { Bucket: bucket.name, Key: key, ExpectedBucketOwner: bucket.owner };
  const get = async (Range: string | undefined, IfMatch: string | undefined, abortSignal: AbortSignal) => {
    try {
      return await s3(aws).send(new GetObjectCommand({ ...object, Range, IfMatch }), { abortSignal });
    } catch (error) {
      throw isServiceError(error, 'PreconditionFailed') ? changedSince(`s3://${bucket.name}/${key}`, error) : error;
    }
  };
  try {
    const first = await get(rangeOf(0, RANGE - 1), etag, signal);
    const size = Number(/\/(\d+)$/.exec(first.ContentRange ?? '')?.[1] ?? Number.NaN);
    // A server that knows no ranges sends all of the object.
    if (Number.isNaN(size)) return first.Body as Readable;
    const getRange = async (start: number, end: number, signal: AbortSignal): Promise<Readable> =>
      (await get(rangeOf(start, end), first.ETag, signal)).Body as Readable;
    return Readable.from(inRanges(size, first.Body as Readable, getRange, signal), { objectMode: false });
  } catch (error) {
    if (isServiceError(error, 'NoSuchKey')) return undefined;
    // An empty object has no range: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
    if (isServiceError(error, 'InvalidRange')) return (await get(undefined, etag, signal)).Body as Readable;
    throw error;
  }
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-14.1.2: both ends are included. */
function rangeOf(start: number, end: number): string {
  return `bytes=${start}-${end}`;
}
