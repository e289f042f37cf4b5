/** Fetches an archive and unpacks it; what cannot be unpacked whole is kept beside as it is. */
import type { Readable } from 'node:stream';
import type { Bucket } from '../aws/bucket.ts';
import { openLargeObject } from '../aws/large-object.ts';
import { ActionError, describeError } from '../core/errors.ts';
import { counted } from '../core/format.ts';
import type { Below } from '../files/below.ts';
import { DamagedArchive } from '../files/damaged-archive.ts';
import { keptArchive } from '../files/output-folder.ts';
import { Room } from '../files/room.ts';
import { unpack } from '../files/unpack.ts';
import { warning } from '../github/log.ts';
import type { Step } from '../step.ts';
import { noteChanged } from './changed-names.ts';
import { type Fetched, notFetched } from './fetched.ts';
import type { StoredResult } from './spec.ts';
import { WORKER_FOLDERS } from './worker-folders.ts';

/** Where an archive is, and the ETag that it must have, if any. */
export interface Source {
  readonly bucket: Bucket;
  readonly key: string;
  readonly etag: string | undefined;
}

function open({ aws, signal }: Step, { bucket, key, etag }: Source): Promise<Readable | undefined> {
  return openLargeObject(aws, bucket, key, signal, etag);
}

/** Makes the sub-folder of the results' folder anew; an empty folder of the worker's gives no object. */
export async function fetchArchive(step: Step, source: Source, result: StoredResult, output: Below): Promise<Fetched> {
  const name = `The archive s3://${source.bucket.name}/${source.key}`;
  const keep = (): Promise<string> => keepArchive(step, source, keptArchive(result), output);
  try {
    const folder = output.emptied(result);
    const archive = await open(step, source);
    if (archive === undefined) return { kind: 'whole' };
    const { lost, left, changed } = await unpack(archive, folder, name, WORKER_FOLDERS[result]);
    noteChanged(result, changed);
    if (left.count > 0)
      warning(
        `${name} has ${counted(left.count, 'member')} that cannot be in ${result}/, all others are:\n${left.lines}\n` +
          'If a later step misses one, let the job copy the file to the folder instead of the link.',
      );
    if (lost.count === 0) return { kind: 'whole' };
    const what = `${counted(lost.count, 'member')} of ${name} cannot be unpacked on the runner, all others were:`;
    const hint = `${await keep()} Unpack it where its names are possible, or let the job write other ones.`;
    return { kind: 'partly', problem: new ActionError(`${what}\n${lost.lines}`, hint) };
  } catch (error) {
    step.signal.throwIfAborted();
    output.emptied(result);
    if (!(error instanceof DamagedArchive)) return { kind: 'missing', problem: notFetched(name, error) };
    const hint = `${await keep()} Look into it there: whatever wrote it did not write a whole tar.gz that can be unpacked safely.`;
    const what = `${name} cannot be unpacked, so nothing of it is in ${result}/: ${error.message}.`;
    return { kind: 'missing', problem: new ActionError(what, hint, { cause: error }) };
  }
}

/** Answers where it is; also where it could not be kept. */
async function keepArchive(step: Step, source: Source, name: string, output: Below): Promise<string> {
  let archive: Readable | undefined;
  try {
    archive = await open(step, source);
    if (archive === undefined) return 'The archive is gone from the bucket by now.';
    await output.write(name, archive, { replace: true, room: new Room(output.path, name) });
    return `The archive itself is kept as ${output.path}/${name}.`;
  } catch (error) {
    archive?.destroy();
    step.signal.throwIfAborted();
    return `The archive itself is in S3; it was not kept on the runner: ${describeError(error)}`;
  }
}
