/** Where the channels' data lies in S3, and what it is there: sources that are wrong are mistakes among others. */
import type { Bucket } from './aws/bucket.ts';
import type { Clients } from './aws/clients.ts';
import { type Listing, listInput } from './aws/inputs.ts';
import { findJob } from './aws/training.ts';
import { info } from './github/log.ts';
import { describeTasks, lastCompleted } from './past.ts';
import { type Channel, formatS3Uri, parseS3Uri, type S3Uri } from './task/channels.ts';
import { InputError, type Mistake } from './task/errors.ts';
import { LONGEST_URI } from './task/limits.ts';
import { inputFolder } from './task/names.ts';
import { resultUri } from './task/results.ts';
import type { JobSource, TaskSource } from './task/sources.ts';
import type { TaskSpec } from './task/spec.ts';
import { type DescribedJob, isEnded } from './task/status.ts';

export interface LocatedSource {
  readonly uri: S3Uri;
  /** What the job's role must be able to read: the source, or the folder of all jobs' results like it. */
  readonly grant: S3Uri;
  /** What identifies the data; undefined for a local source, whose files tell, and where it is not known. */
  readonly fact: string | undefined;
}

const NEWS_MS = 10_000;

interface Search {
  readonly clients: Clients;
  readonly spec: TaskSpec;
  readonly bucket: Bucket;
  readonly hasBucket: boolean;
  readonly signal: AbortSignal;
}

type Located = LocatedSource | { readonly problem: string; readonly remedy: string };

/** By channel. Throws an InputError with all that is wrong. `hasBucket`: whether the bucket is there yet. */
export async function locateSources(
  clients: Clients,
  spec: TaskSpec,
  bucket: Bucket,
  hasBucket: boolean,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, LocatedSource>> {
  const search = { clients, spec, bucket, hasBucket, signal };
  const located = await Promise.all(spec.channels.map((channel) => locate(search, channel)));
  const mistakes: Mistake[] = [];
  const sources = new Map<string, LocatedSource>();
  for (const [index, { name }] of spec.channels.entries()) {
    const found = located[index];
    if (found === undefined) continue;
    if ('uri' in found) sources.set(name, found);
    else mistakes.push({ input: 'inputs', problem: `"${name}": ${found.problem}`, remedy: found.remedy });
  }
  if (mistakes.length > 0) throw new InputError(mistakes);
  return sources;
}

async function locate(search: Search, channel: Channel): Promise<Located> {
  const { source } = channel;
  switch (source.kind) {
    case 'local': {
      const uri = { bucket: search.bucket.name, key: inputFolder(search.spec, channel.name) };
      return { uri, grant: uri, fact: undefined };
    }
    case 's3': {
      const listing = await list(search, channel, source.uri);
      if (listing.kind === 'wrong')
        return { problem: listing.problem, remedy: 'Check the URI; the bucket must be in the region of the job.' };
      return { uri: source.uri, grant: source.uri, fact: listing.kind === 'listed' ? listing.hash : undefined };
    }
    case 'task':
      return ofTask(search, channel, source);
    case 'job':
      return ofJob(search, channel, source);
  }
}

async function ofTask(search: Search, channel: Channel, source: TaskSource): Promise<Located> {
  const { clients, spec, bucket, hasBucket, signal } = search;
  const upstream = hasBucket ? await lastCompleted(clients, spec, source.task, bucket, signal) : undefined;
  if (upstream?.state !== undefined) {
    // One grant for the project's whole folder: a role has room for few.
    const key = `${upstream.place.prefix}${upstream.place.project}/`;
    return chain(search, channel, source, upstream.state, { bucket: bucket.name, key });
  }
  const tasks = hasBucket ? await describeTasks(clients, spec, bucket, signal) : 'none';
  const problem = `the task "${source.task}" of the project "${spec.project}" has not completed. The project's tasks: ${tasks}.`;
  return { problem, remedy: chainRemedy(spec) };
}

async function ofJob(search: Search, channel: Channel, source: JobSource): Promise<Located> {
  const upstream = await findJob(search.clients.sagemaker, source.job, search.signal);
  if (upstream === undefined)
    return { problem: `there is no training job ${source.job}.`, remedy: 'Check the name and the region.' };
  if (!isEnded(upstream))
    return { problem: `the job ${source.job} has not ended.`, remedy: 'Wait for it in an earlier step.' };
  return chain(search, channel, source, upstream);
}

function chainRemedy({ prefix, basePrefix }: TaskSpec): string {
  const remedy = 'Run it first, or correct its name.';
  return prefix === '' || basePrefix !== undefined
    ? remedy
    : `${remedy} Looked at was what is under "${prefix}"; with "base-prefix: /" also what is under none.`;
}

async function chain(
  search: Search,
  channel: Channel,
  { result, below }: TaskSource | JobSource,
  upstream: DescribedJob,
  grant?: S3Uri,
): Promise<Located> {
  const remedy = 'Name another result, or run the task again.';
  const place = resultUri(upstream, result);
  if (place === '') return { problem: `the job ${upstream.name} has no ${result}.`, remedy };
  const at = parseS3Uri(place);
  const uri = result === 'state' ? { ...at, key: at.key + below } : at;
  if (formatS3Uri(uri).length > LONGEST_URI)
    return { problem: `its S3 URI is over the ${LONGEST_URI} characters that a job can have.`, remedy };
  const listing = await list(search, channel, uri);
  if (listing.kind === 'wrong')
    return { problem: `the job ${upstream.name} left no ${result}: ${listing.problem}`, remedy };
  info(`Input ${channel.name}: ${result} of ${upstream.name}`);
  return {
    uri,
    grant: grant ?? { ...uri, key: uri.key.split(`${upstream.name}/`)[0] ?? uri.key },
    fact: `${result} ${below} of ${upstream.name}`,
  };
}

/** With news of a listing that takes long. */
async function list({ clients, bucket, signal }: Search, channel: Channel, uri: S3Uri): Promise<Listing> {
  let spoken = Date.now();
  const told = (objects: number): void => {
    if (Date.now() - spoken < NEWS_MS) return;
    spoken = Date.now();
    info(`Input ${channel.name}: listed ${objects} objects so far …`);
  };
  const owner = uri.bucket === bucket.name ? bucket.owner : undefined;
  const listing = await listInput(clients.s3, uri, owner, told, signal);
  if (listing.kind === 'denied') {
    info(
      `Input ${channel.name}: ${formatS3Uri(uri)} cannot be listed with these credentials, so it counts as changed.`,
    );
  }
  return listing;
}
