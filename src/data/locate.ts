/** Finds where each channel's data is in S3, and what identifies it. Reports the mistakes in all sources together. */

import { type Listing, listInput } from '../aws/s3-list.ts';
import { together } from '../core/concurrency.ts';
import { InputError, type Mistake } from '../core/errors.ts';
import { counted } from '../core/format.ts';
import type { HashedFile } from '../core/local-file.ts';
import { inputFolder, projectFolder, type TaskPlace } from '../core/s3-layout.ts';
import { formatS3Uri, LONGEST_URI, parseS3Uri, type S3Uri } from '../core/s3-uri.ts';
import type { DescribedJob } from '../core/training-job.ts';
import type { HashFiles } from '../files/hash.ts';
import { info } from '../github/log.ts';
import type { EarlierJob } from '../history/decide.ts';
import { describeTasks } from '../history/describe-tasks.ts';
import { lastCompleted } from '../history/find.ts';
import { findNamedJob } from '../history/jobs.ts';
import { resultUri } from '../results/locations.ts';
import type { Step } from '../step.ts';
import type { ListedChannel, LocatedChannel } from './channels.ts';
import { contentsFact } from './facts.ts';
import type { JobSource, TaskSource } from './upstream.ts';

const PROGRESS_MS = 10_000;

/** Where a channel's data is and what identifies it, or the problem with its source. */
type Located =
  | (Pick<LocatedChannel, 'uri' | 'grant' | 'fact'> & { readonly files?: readonly HashedFile[] })
  | { readonly problem: string; readonly remedy: string };

/** `hash` reads the files of local channels. Throws an InputError with the mistakes in all sources. */
export async function locateChannels(
  step: Step,
  channels: readonly ListedChannel[],
  place: TaskPlace,
  hash: HashFiles,
): Promise<readonly LocatedChannel[]> {
  const results = await together(step.signal, (signal) =>
    channels.map(async (channel) => ({ channel, located: await locate({ ...step, signal }, channel, place, hash) })),
  );
  const mistakes: Mistake[] = [];
  const complete: LocatedChannel[] = [];
  for (const { channel, located } of results) {
    if ('uri' in located) complete.push({ ...channel, ...located, files: located.files });
    else mistakes.push({ input: 'inputs', ...located, problem: `${located.problem} (channel "${channel.name}")` });
  }
  if (mistakes.length > 0) throw new InputError(mistakes);
  return complete;
}

async function locate(step: Step, channel: ListedChannel, place: TaskPlace, hash: HashFiles): Promise<Located> {
  const { name, source } = channel;
  switch (source.kind) {
    case 'local': {
      const files = await hash(channel.files ?? []);
      const uri = { bucket: step.home.bucket.name, key: inputFolder(place, name) };
      return { uri, grant: uri, fact: contentsFact(files), files };
    }
    case 's3': {
      const listing = await listSource(step, name, source.uri);
      if (listing.kind === 'wrong')
        return { problem: listing.problem, remedy: 'check the URI. The bucket must be in the region of the job.' };
      return { uri: source.uri, grant: source.uri, fact: listing.kind === 'listed' ? listing.hash : undefined };
    }
    case 'task':
      return locateTaskResult(step, name, source, place);
    case 'job':
      return locateJobResult(step, name, source);
  }
}

async function locateTaskResult(step: Step, channel: string, source: TaskSource, place: TaskPlace): Promise<Located> {
  const { bucket, exists } = step.home;
  const upstream = exists ? await lastCompleted(step, { ...place, task: source.task }) : undefined;
  if (upstream?.state !== undefined) {
    // One grant for the project's whole folder, because the size of a role's policies is limited.
    const grant = { bucket: bucket.name, key: projectFolder(upstream.place) };
    return locateResult(step, channel, source, { ...upstream, state: upstream.state }, grant);
  }
  const problem = `the task "${source.task}" of the project "${place.project}" has not completed`;
  return { problem, remedy: taskRemedy(place, await describeTasks(step, place)) };
}

async function locateJobResult(step: Step, channel: string, source: JobSource): Promise<Located> {
  const upstream = await findNamedJob(step, source.job);
  if (upstream?.state === undefined)
    return { problem: `the training job ${source.job} does not exist`, remedy: 'check the name and the region.' };
  if (!upstream.ended)
    return {
      problem: `the job ${source.job} has not ended`,
      remedy: 'follow it in an earlier step, with its name as "job-name".',
    };
  return locateResult(step, channel, source, { ...upstream, state: upstream.state });
}

function taskRemedy({ prefix, basePrefix }: TaskPlace, tasks: string): string {
  const remedy = `run the task first, or correct its name. The project has these tasks: ${tasks}.`;
  return prefix === '' || basePrefix !== undefined
    ? remedy
    : `${remedy} The step searched only under the prefix "${prefix}". Set "base-prefix: /" to search without a prefix too.`;
}

async function locateResult(
  step: Step,
  channel: string,
  { result, below }: TaskSource | JobSource,
  { state: upstream, archives }: Pick<EarlierJob, 'archives'> & { readonly state: DescribedJob },
  grant?: S3Uri,
): Promise<Located> {
  const remedy = 'name another result, or run the task again.';
  if (archives === 'changed' && (result === 'model' || result === 'output'))
    return {
      problem: `the results of the job ${upstream.name} were changed after it ended`,
      remedy: 'run the task again.',
    };
  const place = resultUri(upstream, result);
  if (place === '') return { problem: `the job ${upstream.name} has no ${result}`, remedy };
  const at = parseS3Uri(place);
  const uri = result === 'state' ? { ...at, key: at.key + below } : at;
  if (formatS3Uri(uri).length > LONGEST_URI)
    return { problem: `its S3 URI has more than ${LONGEST_URI} characters, which SageMaker does not allow`, remedy };
  const listing = await listSource(step, channel, uri);
  if (listing.kind === 'wrong')
    return { problem: `the job ${upstream.name} left no ${result} (${listing.problem})`, remedy };
  info(`Input ${channel}: ${result} of ${upstream.name}`);
  return {
    uri,
    grant: grant ?? { ...uri, key: uri.key.split(`${upstream.name}/`)[0] ?? uri.key },
    fact: `${result} ${below} of ${upstream.name}`,
  };
}

/** Lists a source. Prints the progress of a long listing. */
async function listSource({ aws, home: { bucket }, signal }: Step, channel: string, uri: S3Uri): Promise<Listing> {
  let lastPrinted = Date.now();
  const onProgress = (objects: number): void => {
    if (Date.now() - lastPrinted < PROGRESS_MS) return;
    lastPrinted = Date.now();
    info(`Input ${channel}: listed ${counted(objects, 'object')} so far …`);
  };
  const owner = uri.bucket === bucket.name ? bucket.owner : undefined;
  const listing = await listInput(aws, uri, owner, onProgress, signal);
  if (listing.kind === 'denied') {
    info(`Input ${channel}: these credentials may not list ${formatS3Uri(uri)}, so the input counts as changed.`);
  }
  return listing;
}
