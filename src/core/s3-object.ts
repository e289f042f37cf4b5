/** Objects in S3 as a listing describes them. */

import { hashText } from './hash-text.ts';

/** `path` is the key without the folder. */
export interface RemoteFile {
  readonly path: string;
  readonly size: number;
  readonly etag: string;
}

/** Identifies the contents of a folder: any file that is added, removed or changed gives another hash. */
export function listingHash(files: readonly RemoteFile[]): string {
  const lines = files.map(({ path, size, etag }) => JSON.stringify([path, size, etag]));
  return hashText(lines.sort().join('\n'));
}

/**
 * Whether the ETag can be an MD5. It is one if the object was sent in one request and not encrypted with a KMS key:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
 */
export function isMd5(etag: string): boolean {
  return /^"?[0-9a-f]{32}"?$/.test(etag);
}

/** Whether the ETag equals this MD5, given in hex digits. */
export function isEtagOf(etag: string, md5: string): boolean {
  return etag.replaceAll('"', '') === md5;
}
