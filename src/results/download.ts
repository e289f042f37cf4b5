/** Downloads a job's results, also those of a failed job: everything that exists in S3, in parallel. */
import { join } from 'node:path';
import { together } from '../core/concurrency.ts';
import type { ActionError } from '../core/errors.ts';
import { counted, size } from '../core/format.ts';
import { parseS3Uri } from '../core/s3-uri.ts';
import { Below } from '../files/below.ts';
import { keptArchive, measure, type Output } from '../files/output-folder.ts';
import { info } from '../github/log.ts';
import type { Step } from '../step.ts';
import { fetchArchive } from './fetch-archive.ts';
import { fetchFiles } from './fetch-files.ts';
import { type Fetched, notFetched } from './fetched.ts';
import { type ResultPlaces, resultUri } from './locations.ts';
import type { Result, StoredResult } from './spec.ts';

/** A downloaded result. Its folder can be empty. */
export interface Downloaded {
  readonly result: Result;
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
}

export interface Download {
  /** Those that are there: whole, but for what a problem names. */
  readonly downloaded: readonly Downloaded[];
  /** Why a result, or some of it, is missing. */
  readonly problems: readonly ActionError[];
}

/** An archive, or files in its place, that a job left. */
interface Left {
  readonly archive: StoredResult;
  readonly etag: string;
}

/** Where results go, and what happened to the logs: `followJob` has written them already. */
export interface Destination {
  readonly output: Output;
  readonly logProblem: ActionError | undefined;
}

/** `left`: the archives that the job left, and the ETags that they must have. Undefined if that is not known. */
export async function downloadResults(
  step: Step,
  results: ReadonlySet<Result>,
  job: ResultPlaces,
  left: readonly Left[] | undefined,
  { output, logProblem }: Destination,
): Promise<Download> {
  const logs: Fetched = logProblem === undefined ? { kind: 'whole' } : { kind: 'missing', problem: logProblem };
  const root = new Below(output.real);
  const all = await together(step.signal, (signal) =>
    [...results].map(async (result) => {
      const fetched = result === 'logs' ? logs : await fetchResult({ ...step, signal }, job, result, left, root);
      const measured = fetched.kind === 'missing' ? { files: 0, bytes: 0 } : await measure(join(output.real, result));
      return { result, fetched, measured };
    }),
  );
  const there = all.filter(({ fetched }) => fetched.kind !== 'missing');
  const downloaded = there.map(({ result, measured }) => ({ result, ...measured, folder: join(output.path, result) }));
  for (const { result, files, bytes, folder } of downloaded)
    info(
      files === 0
        ? `${result}: the job left no files`
        : `${result}: ${counted(files, 'file')}, ${size(bytes)}, in ${folder}`,
    );
  return { downloaded, problems: all.flatMap(({ fetched }) => (fetched.kind === 'whole' ? [] : [fetched.problem])) };
}

/** Whether the result is in the folder that SageMaker fills at a job's end. */
function isArchive(result: StoredResult): boolean {
  return result === 'model' || result === 'output';
}

async function fetchResult(
  step: Step,
  job: ResultPlaces,
  result: StoredResult,
  left: readonly Left[] | undefined,
  output: Below,
): Promise<Fetched> {
  const uri = resultUri(job, result);
  try {
    output.remove(keptArchive(result));
    const etag = left?.find(({ archive }) => archive === result)?.etag;
    // What came to that place since is not of the job.
    const leftNone = left !== undefined && isArchive(result) && etag === undefined;
    if (uri === '' || leftNone) {
      output.emptied(result);
      return { kind: 'whole' };
    }
    const { bucket: name, key } = parseS3Uri(uri);
    const bucket = { name, owner: step.home.bucket.owner };
    return key.endsWith('/')
      ? await fetchFiles(step, { bucket, key, hash: etag }, result, output)
      : await fetchArchive(step, { bucket, key, etag }, result, output);
  } catch (error) {
    step.signal.throwIfAborted();
    return { kind: 'missing', problem: notFetched(`${result} of ${job.name}`, error) };
  }
}
