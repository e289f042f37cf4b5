/** Fetches the files of a folder in S3, each whole or not at all: a task's state, or a result that was left as files. */

import type { Bucket } from '../aws/bucket.ts';
import { listFolder } from '../aws/s3-list.ts';
import { changedSince, openObject } from '../aws/s3-objects.ts';
import { each } from '../core/concurrency.ts';
import { ActionError } from '../core/errors.ts';
import { count, counted } from '../core/format.ts';
import { listingHash } from '../core/s3-object.ts';
import type { Below } from '../files/below.ts';
import { NamedFew } from '../files/named-few.ts';
import { Places } from '../files/places.ts';
import { isDiskFull, isRefused, notWritable, reasonOf } from '../files/refused.ts';
import { Room } from '../files/room.ts';
import { printProgress } from '../github/progress.ts';
import type { Step } from '../step.ts';
import { noteChanged } from './changed-names.ts';
import { type Fetched, notFetched } from './fetched.ts';
import type { StoredResult } from './spec.ts';

const FILES_AT_ONCE = 16;

/** The folder's key ends in a slash. `hash`: what its listing must have, if that is known: see `listingHash`. */
export interface Folder {
  readonly bucket: Bucket;
  readonly key: string;
  readonly hash: string | undefined;
}

/** Makes the sub-folder of the results' folder anew. */
export async function fetchFiles(step: Step, folder: Folder, result: StoredResult, output: Below): Promise<Fetched> {
  const { bucket, key } = folder;
  try {
    const left = await fetchAll(step, folder, result, output.emptied(result));
    if (left.count === 0) return { kind: 'whole' };
    const problem = new ActionError(
      `${counted(left.count, 'file')} of ${result} cannot be written to the runner’s disk, all others were:\n${left.lines}`,
      `They are in s3://${bucket.name}/${key}; let the job give them other names.`,
    );
    return { kind: 'partly', problem };
  } catch (error) {
    step.signal.throwIfAborted();
    output.emptied(result);
    const full = isDiskFull(error) ? notWritable(`${output.path}/${result}`, error) : error;
    return { kind: 'missing', problem: notFetched(`The ${result} s3://${bucket.name}/${key}`, full) };
  }
}

async function fetchAll(
  { aws, signal }: Step,
  { bucket, key, hash }: Folder,
  result: StoredResult,
  folder: Below,
): Promise<NamedFew> {
  const objects = await listFolder(aws, bucket, key, signal);
  if (hash !== undefined && listingHash(objects) !== hash) throw changedSince(`s3://${bucket.name}/${key}`);
  // A name that ends in a slash is a folder's marker; SageMaker marks what it is still sending.
  const keys = objects.filter(({ path }) => !path.endsWith('/') && !path.endsWith('.sagemaker-uploading'));
  const places = new Places(folder.platform, folder.path);
  const files = keys.map((object) => ({ ...object, place: places.file(object.path) }));
  const left = new NamedFew();
  const room = new Room(folder.path, `The ${result}`);
  let fetched = 0;
  const fetching = each(signal, files, FILES_AT_ONCE, async ({ path, size, etag, place }, signal) => {
    // State can change while it is read: a job may be in progress.
    const known = { size, ...(hash !== undefined && { etag }) };
    const body = await openObject(aws, bucket, key + path, signal, known);
    try {
      room.take(size);
      // Two names of S3 can be one on the disk (`a/b`, `a//b`): the second is not put in place of the first.
      if (body !== undefined) await folder.write(place, body, { replace: false });
    } catch (error) {
      body?.destroy();
      if (!isRefused(error)) throw error;
      left.add(path, reasonOf(error));
    }
    fetched += 1;
  });
  await printProgress(() => `${result}: ${count(fetched)} of ${counted(files.length, 'file')} downloaded`, fetching);
  noteChanged(result, places.changed);
  return left;
}
