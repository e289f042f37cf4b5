/** Fetches the files of a task's state, each whole or not at all. */

import type { Bucket } from '../aws/bucket.ts';
import { listFolder } from '../aws/s3-list.ts';
import { openObject } from '../aws/s3-objects.ts';
import { each } from '../core/concurrency.ts';
import { ActionError } from '../core/errors.ts';
import { count, counted } from '../core/format.ts';
import type { Below } from '../files/below.ts';
import { NamedFew } from '../files/named-few.ts';
import { Places } from '../files/places.ts';
import { isDiskFull, isRefused, notWritable, reasonOf } from '../files/refused.ts';
import { Room } from '../files/room.ts';
import { printProgress } from '../github/progress.ts';
import type { Step } from '../step.ts';
import { noteChanged } from './changed-names.ts';
import { type Fetched, notFetched } from './fetched.ts';

const FILES_AT_ONCE = 16;

/** Makes the sub-folder `state` of the results' folder anew. */
export async function fetchState(step: Step, bucket: Bucket, key: string, output: Below): Promise<Fetched> {
  try {
    const left = await fetchFiles(step, bucket, key, output.emptied('state'));
    if (left.count === 0) return { kind: 'whole' };
    const problem = new ActionError(
      `${counted(left.count, 'file')} of the state cannot be written to the runner’s disk, all others were:\n${left.lines}`,
      `They are in s3://${bucket.name}/${key}; let the job give them other names.`,
    );
    return { kind: 'partly', problem };
  } catch (error) {
    step.signal.throwIfAborted();
    output.emptied('state');
    const full = isDiskFull(error) ? notWritable(`${output.path}/state`, error) : error;
    return { kind: 'missing', problem: notFetched(`The state s3://${bucket.name}/${key}`, full) };
  }
}

async function fetchFiles({ aws, signal }: Step, bucket: Bucket, key: string, folder: Below): Promise<NamedFew> {
  const objects = await listFolder(aws, bucket, key, signal);
  // A name that ends in a slash is a folder's marker; SageMaker marks what it is still sending.
  const keys = objects.filter(({ path }) => !path.endsWith('/') && !path.endsWith('.sagemaker-uploading'));
  const places = new Places(folder.platform, folder.path);
  const files = keys.map(({ path, size }) => ({ path, size, place: places.file(path) }));
  const left = new NamedFew();
  const room = new Room(folder.path, 'The state');
  let fetched = 0;
  const fetching = each(signal, files, FILES_AT_ONCE, async ({ path, size, place }, signal) => {
    const body = await openObject(aws, bucket, key + path, signal);
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
  await printProgress(() => `state: ${count(fetched)} of ${counted(files.length, 'file')} downloaded`, fetching);
  noteChanged('state', places.changed);
  return left;
}
