/** A listing that is read in pieces at the same time, in the order of its keys. */
import type { Bucket } from '../../src/aws/bucket.ts';
import type { Connection } from '../../src/aws/connection.ts';
import { listPieces } from '../../src/aws/s3-list.ts';
import { compareKeys } from '../../src/core/s3-layout.ts';
import type { RemoteFile } from '../../src/core/s3-object.ts';

export async function listInPieces(
  aws: Connection,
  bucket: Bucket,
  folder: string,
  cuts: readonly string[],
): Promise<RemoteFile[]> {
  const all: RemoteFile[] = [];
  const { signal } = new AbortController();
  await listPieces(aws, bucket, folder, cuts, (files) => void all.push(...files), signal);
  return all.toSorted((a, b) => compareKeys(a.path, b.path));
}
