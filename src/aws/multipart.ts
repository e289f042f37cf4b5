/**
 * Large objects, part by part. An upload that was interrupted stays begun in S3 and goes on in the next run: a part that
 * is there with the MD5 of the file's own is not sent again.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type MultipartUpload,
  type Part,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ActionError } from '../task/errors.ts';
import { isEtagOf, type LocalFile, partsOf } from '../task/sync.ts';
import type { Bucket } from './bucket.ts';
import { isServiceError } from './clients.ts';
import { type Budget, each } from './concurrency.ts';
import { decodeKey } from './listing.ts';

const PARTS_AT_ONCE = 8;
/** What the SDK reckons for each part by default; an upload begun with another one cannot be gone on with. */
const CHECKSUM = 'CRC32';

/** An upload that was begun and neither completed nor aborted. */
export interface Begun {
  readonly key: string;
  readonly id: string;
  readonly usable: boolean;
}

/** Those below the folder, oldest first. */
export async function listBegun(s3: S3Client, bucket: Bucket, folder: string, signal: AbortSignal): Promise<Begun[]> {
  const found: MultipartUpload[] = [];
  const owned = { Bucket: bucket.name, ExpectedBucketOwner: bucket.owner };
  let where: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
  for (;;) {
    const request = { ...owned, Prefix: folder, EncodingType: 'url' as const, ...where };
    const page = await s3.send(new ListMultipartUploadsCommand(request), { abortSignal: signal });
    const decode = page.EncodingType === 'url' ? decodeKey : (key: string) => key;
    found.push(...(page.Uploads ?? []).map((upload) => ({ ...upload, Key: decode(upload.Key ?? '') })));
    if (page.IsTruncated !== true) break;
    where = { KeyMarker: decode(page.NextKeyMarker ?? ''), UploadIdMarker: page.NextUploadIdMarker };
  }
  return found
    .toSorted((a, b) => Number(a.Initiated ?? 0) - Number(b.Initiated ?? 0))
    .map(({ Key = '', UploadId = '', ChecksumAlgorithm }) => {
      return { key: Key, id: UploadId, usable: ChecksumAlgorithm === CHECKSUM };
    });
}

export async function abortBegun(s3: S3Client, bucket: Bucket, { key, id }: Begun, signal: AbortSignal): Promise<void> {
  const request = { Bucket: bucket.name, Key: key, UploadId: id, ExpectedBucketOwner: bucket.owner };
  try {
    await s3.send(new AbortMultipartUploadCommand(request), { abortSignal: signal });
  } catch (error) {
    if (!isServiceError(error, 'NoSuchUpload')) throw error;
  }
}

/** What a large object needs beside its file: memory, and somebody to tell of each part that is there. */
export interface Sending {
  readonly budget: Budget;
  readonly onBytes: (bytes: number) => void;
}

/** The object's ETag. `begun`: the upload to go on with. */
export async function sendLarge(
  s3: S3Client,
  bucket: Bucket,
  key: string,
  file: LocalFile,
  begun: Begun | undefined,
  { budget, onBytes }: Sending,
  signal: AbortSignal,
): Promise<string> {
  const object = { Bucket: bucket.name, Key: key, ExpectedBucketOwner: bucket.owner };
  const upload = { ...object, UploadId: begun?.id ?? (await begin(s3, object, signal)) };
  const there = begun === undefined ? new Map<number, Part>() : await listParts(s3, upload, signal);
  const completed: CompletedPart[] = [];
  const handle = await open(file.absolute);
  try {
    await assertUnchanged(handle, file);
    await each(partsOf(file.size), PARTS_AT_ONCE, ({ number, start, length }) =>
      budget.hold(length, async () => {
        const bytes = await readPart(handle, file, start, length);
        const kept = samePart(there.get(number), bytes);
        completed[number - 1] = kept ?? (await sendPart(s3, upload, number, bytes, signal));
        onBytes(length);
      }),
    );
    await assertUnchanged(handle, file);
  } finally {
    await handle.close();
  }
  const request = { ...upload, MultipartUpload: { Parts: completed } };
  const { ETag = '' } = await s3.send(new CompleteMultipartUploadCommand(request), { abortSignal: signal });
  return ETag;
}

interface S3Object {
  readonly Bucket: string;
  readonly Key: string;
  readonly ExpectedBucketOwner: string;
}

type Upload = S3Object & { readonly UploadId: string };

async function begin(s3: S3Client, object: S3Object, signal: AbortSignal): Promise<string> {
  const request = new CreateMultipartUploadCommand({ ...object, ChecksumAlgorithm: CHECKSUM });
  return (await s3.send(request, { abortSignal: signal })).UploadId ?? '';
}

/** number → part. */
async function listParts(s3: S3Client, upload: Upload, signal: AbortSignal): Promise<Map<number, Part>> {
  const parts = new Map<number, Part>();
  let marker: string | undefined;
  do {
    const request = new ListPartsCommand({ ...upload, PartNumberMarker: marker });
    const page = await s3.send(request, { abortSignal: signal });
    for (const part of page.Parts ?? []) parts.set(part.PartNumber ?? 0, part);
    marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  return parts;
}

function samePart(part: Part | undefined, bytes: Uint8Array): CompletedPart | undefined {
  if (part?.Size !== bytes.length || part.ETag === undefined) return undefined;
  if (!isEtagOf(part.ETag, createHash('md5').update(bytes).digest('hex'))) return undefined;
  return { PartNumber: part.PartNumber, ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32 };
}

async function sendPart(
  s3: S3Client,
  upload: Upload,
  number: number,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<CompletedPart> {
  const request = { ...upload, PartNumber: number, Body: bytes, ChecksumAlgorithm: CHECKSUM } as const;
  const { ETag, ChecksumCRC32 } = await s3.send(new UploadPartCommand(request), { abortSignal: signal });
  return { PartNumber: number, ETag, ChecksumCRC32 };
}

async function readPart(handle: FileHandle, file: LocalFile, start: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await handle.read(bytes, at, length - at, start + at);
    if (bytesRead === 0) throw changed(file);
    at += bytesRead;
  }
  return bytes;
}

async function assertUnchanged(handle: FileHandle, file: LocalFile): Promise<void> {
  const { size, mtimeMs } = await handle.stat();
  if (size !== file.size || mtimeMs !== file.modified) throw changed(file);
}

export function changed(file: LocalFile): ActionError {
  return new ActionError(
    `${file.absolute} was changed while it was being sent.`,
    'Let nothing write to the inputs during the step; run again.',
  );
}
