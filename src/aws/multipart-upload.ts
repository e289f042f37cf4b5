/**
 * Uploads large objects in parts. S3 keeps an interrupted upload, and the next run resumes it: a part in S3 is not sent
 * again if its SHA-256 is that of the file's part. Its ETag says nothing if the upload is encrypted with a KMS key.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type MultipartUpload,
  type Part,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { HttpRequest } from '@aws-sdk/types';
import { type Budget, each } from '../core/concurrency.ts';
import { type FilePart, partsOf } from '../core/parts.ts';
import type { Bucket } from './bucket.ts';
import type { Connection } from './connection.ts';
import { s3 } from './s3-client.ts';
import { keyDecoder } from './s3-key.ts';
import { isAnswer, isServiceError } from './service-errors.ts';

const PARTS_AT_ONCE = 8;
const ABORTS_AT_ONCE = 16;
/** The checksum of parts. An upload that was begun with another one cannot be resumed. */
const CHECKSUM = 'SHA256';

/** An upload that was neither completed nor aborted. */
export interface UnfinishedUpload {
  readonly key: string;
  readonly id: string;
  /** Whether it can be resumed. */
  readonly usable: boolean;
}

/** The unfinished uploads below the folder, oldest first. */
export async function listUnfinished(
  aws: Connection,
  bucket: Bucket,
  folder: string,
  signal: AbortSignal,
): Promise<UnfinishedUpload[]> {
  const uploads: MultipartUpload[] = [];
  const owned = { Bucket: bucket.name, ExpectedBucketOwner: bucket.owner };
  let markers: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
  for (;;) {
    const request = { ...owned, Prefix: folder, EncodingType: 'url' as const, ...markers };
    const page = await s3(aws).send(new ListMultipartUploadsCommand(request), { abortSignal: signal });
    const decode = keyDecoder(page.EncodingType);
    uploads.push(...(page.Uploads ?? []).map((upload) => ({ ...upload, Key: decode(upload.Key ?? '') })));
    if (page.IsTruncated !== true) break;
    markers = { KeyMarker: decode(page.NextKeyMarker ?? ''), UploadIdMarker: page.NextUploadIdMarker };
  }
  return uploads
    .toSorted((a, b) => Number(a.Initiated ?? 0) - Number(b.Initiated ?? 0))
    .map(({ Key = '', UploadId = '', ChecksumAlgorithm }) => {
      return { key: Key, id: UploadId, usable: ChecksumAlgorithm === CHECKSUM };
    });
}

export async function abortUpload(
  aws: Connection,
  bucket: Bucket,
  { key, id }: UnfinishedUpload,
  signal: AbortSignal,
): Promise<void> {
  const request = { Bucket: bucket.name, Key: key, UploadId: id, ExpectedBucketOwner: bucket.owner };
  try {
    await s3(aws).send(new AbortMultipartUploadCommand(request), { abortSignal: signal });
  } catch (error) {
    if (!isServiceError(error, 'NoSuchUpload')) throw error;
  }
}

/**
 * Aborts the unfinished uploads below the folder. Call it with the task's lease. A part that S3 receives at that moment may
 * stay; the bucket's rule removes it: https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
 */
export async function abortUnfinished(
  aws: Connection,
  bucket: Bucket,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const uploads = await listUnfinished(aws, bucket, folder, signal);
  await each(signal, uploads, ABORTS_AT_ONCE, (upload, signal) => abortUpload(aws, bucket, upload, signal));
}

/** The bytes to send, as `partsOf` cuts them. */
export interface ByteSource {
  readonly size: number;
  /** The SHA-256 of a part in Base64. */
  checksum(number: number): string;
  /** Fills the buffer with the bytes from `start` on. */
  read(start: number, into: Uint8Array): Promise<void>;
  /** The error for a part that has other bytes than those of its checksum. */
  changed(): Error;
}

/** How to upload a large object. */
export interface UploadOptions {
  readonly budget: Budget;
  /** Called with the size of each part that S3 has. */
  readonly onBytes: (bytes: number) => void;
  /** Called when S3 has all parts, before it creates the object. Throws to prevent that. */
  readonly beforeCompletion: () => Promise<void>;
}

/** Returns the object's ETag. `unfinished`: the upload to resume. */
export async function uploadLarge(
  aws: Connection,
  bucket: Bucket,
  key: string,
  source: ByteSource,
  unfinished: UnfinishedUpload | undefined,
  { budget, onBytes, beforeCompletion }: UploadOptions,
  signal: AbortSignal,
): Promise<string> {
  const object = { Bucket: bucket.name, Key: key, ExpectedBucketOwner: bucket.owner };
  const upload = { ...object, UploadId: unfinished?.id ?? (await begin(aws, object, signal)) };
  const sentParts = unfinished === undefined ? new Map<number, Part>() : await listParts(aws, upload, signal);
  const parts = partsOf(source.size);
  const buffers: Buffer[] = [];
  const completed = await each(signal, parts, PARTS_AT_ONCE, async (part, signal) => {
    const { number, length } = part;
    const checksum = source.checksum(number);
    let sent: CompletedPart | undefined = sentParts.get(number);
    if (!isSame(sent, length, checksum)) {
      sent = await budget.hold(length, async () => {
        const buffer = buffers.pop() ?? Buffer.allocUnsafeSlow(parts[0]?.length ?? length);
        const answer = await sendPart(aws, upload, source, part, buffer, signal);
        // Only now nobody reads from it.
        buffers.push(buffer);
        return answer;
      });
    }
    onBytes(length);
    return { PartNumber: number, ETag: sent?.ETag, ChecksumSHA256: checksum };
  });
  await beforeCompletion();
  const request = { ...upload, MultipartUpload: { Parts: completed } };
  const { ETag = '' } = await s3(aws).send(new CompleteMultipartUploadCommand(request), { abortSignal: signal });
  return ETag;
}

interface S3Object {
  readonly Bucket: string;
  readonly Key: string;
  readonly ExpectedBucketOwner: string;
}

type Upload = S3Object & { readonly UploadId: string };

async function begin(aws: Connection, object: S3Object, signal: AbortSignal): Promise<string> {
  const request = new CreateMultipartUploadCommand({ ...object, ChecksumAlgorithm: CHECKSUM });
  return (await s3(aws).send(request, { abortSignal: signal })).UploadId ?? '';
}

/** Part number → part. */
async function listParts(aws: Connection, upload: Upload, signal: AbortSignal): Promise<Map<number, Part>> {
  const parts = new Map<number, Part>();
  let marker: string | undefined;
  do {
    const request = new ListPartsCommand({ ...upload, PartNumberMarker: marker });
    const page = await s3(aws).send(request, { abortSignal: signal });
    for (const part of page.Parts ?? []) parts.set(part.PartNumber ?? 0, part);
    marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  return parts;
}

/** Whether S3 has these bytes as this part. `checksum`: their SHA-256 in Base64. */
function isSame(part: Part | undefined, length: number, checksum: string): boolean {
  return part?.Size === length && part.ChecksumSHA256 === checksum;
}

/** S3 refuses other bytes than those of the checksum. The buffer may be longer than the part. */
async function sendPart(
  aws: Connection,
  upload: Upload,
  source: ByteSource,
  { number, start, length }: FilePart,
  buffer: Buffer,
  signal: AbortSignal,
): Promise<CompletedPart> {
  const bytes = buffer.subarray(0, length);
  await source.read(start, bytes);
  const checksum = source.checksum(number);
  const request = new UploadPartCommand({ ...upload, PartNumber: number, Body: bytes, ChecksumSHA256: checksum });
  // Otherwise the SDK hashes the bytes once more, to sign them.
  signedAs(request, Buffer.from(checksum, 'base64').toString('hex'));
  try {
    return await s3(aws).send(request, { abortSignal: signal });
  } catch (error) {
    if (isAnswer(error) && createHash('sha256').update(bytes).digest('base64') !== checksum) throw source.changed();
    throw error;
  }
}

/** `sha256`: of the request's body, in hexadecimal digits. */
function signedAs(command: UploadPartCommand, sha256: string): void {
  command.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as HttpRequest;
      request.headers['x-amz-content-sha256'] = sha256;
      return next(args);
    },
    { step: 'build', name: 'signedAs' },
  );
}
