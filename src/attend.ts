/** A job in progress seen to its end: its log shown and kept, its metrics read, its end noted in the task's folder. */
import { join } from 'node:path';
import type { Bucket } from './aws/bucket.ts';
import type { Clients } from './aws/clients.ts';
import { archivesLeft, isTaskCompleted, writeRecord } from './aws/jobs.ts';
import { JobLogs, type LogLines } from './aws/logs.ts';
import { openLogFiles } from './files/logfiles.ts';
import { followJob } from './follow.ts';
import { printForeign, warning } from './github/log.ts';
import { describeError } from './task/errors.ts';
import type { Facts } from './task/fingerprint.ts';
import type { PastJob } from './task/history.ts';
import { MetricReader, type Metrics } from './task/metrics.ts';
import type { Place } from './task/names.ts';
import type { TaskSpec } from './task/spec.ts';
import { type DescribedJob, starts } from './task/status.ts';

/** A job that has ended, with what its log told. */
export interface EndedJob {
  readonly state: DescribedJob;
  readonly metrics: Metrics;
}

export interface Attend {
  readonly clients: Clients;
  readonly spec: TaskSpec;
  /** The folder of all results. */
  readonly output: string;
  readonly redact: (text: string) => string;
  readonly signal: AbortSignal;
}

/** Follows the job to its end. */
export async function attendJob(attend: Attend, job: string, instances: number): Promise<EndedJob> {
  const { clients, spec, output, redact, signal } = attend;
  const append = spec.download.has('logs') ? await openLogFiles(join(output, 'logs')) : () => {};
  const metrics = new MetricReader(spec.metrics);
  const show = ({ host, instance, lines }: LogLines): void => {
    const redacted = lines.map(redact);
    metrics.accept(redacted);
    printForeign(instances > 1 ? `[${host}] ` : '', redacted);
    append(instance, redacted);
  };
  const tell = (line: string): void => printForeign('', redact(line).split(/\r?\n/));
  const warn = (text: string): void => warning(redact(text));
  const state = await followJob(clients, { job, instances, show, tell, warn }, signal);
  return { state, metrics: metrics.values.size > 0 ? metrics.values : state.metrics };
}

/** What a job that ended before left in the log: kept as if it had been followed, not shown again. */
export async function rereadJob(attend: Attend, { state, record }: PastJob): Promise<EndedJob> {
  const { clients, spec, output, redact, signal } = attend;
  if (state === undefined) throw new Error('A job is taken that was not described.');
  const metrics = new MetricReader(spec.metrics);
  if (spec.download.has('logs') || spec.metrics.length > 0) {
    const append = spec.download.has('logs') ? await openLogFiles(join(output, 'logs')) : () => {};
    const keep = ({ instance, lines }: LogLines): void => {
      const redacted = lines.map(redact);
      metrics.accept(redacted);
      append(instance, redacted);
    };
    try {
      await new JobLogs(clients.logs, state.name, state.instanceCount).read(starts(state), keep, signal);
    } catch (error) {
      signal.throwIfAborted();
      warning(redact(`The log of ${state.name} cannot be read again: ${describeError(error)}`));
    }
  }
  const kept = record?.end?.metrics ?? state.metrics;
  return { state, metrics: new Map([...kept, ...metrics.values]) };
}

/** Notes what became of the job, so that nobody need look again. Answers whether it completed its task. */
export async function noteEnd(
  { clients, signal }: Pick<Attend, 'clients' | 'signal'>,
  bucket: Bucket,
  place: Place,
  facts: Facts,
  { state, metrics }: EndedJob,
): Promise<boolean> {
  const done = state.status === 'Completed';
  const [completed, left] = await Promise.all([
    done && isTaskCompleted(clients.s3, bucket, place, state, signal),
    archivesLeft(clients.s3, bucket, place, state.name, signal),
  ]);
  const end = { completed, left: left ?? [], metrics };
  await writeRecord(clients.s3, bucket, place, state.name, { facts, end }, signal);
  return completed;
}
