/**
 * The post step: stops a job that the main step did not follow to its end, aborts its unfinished uploads and releases the
 * task's lease. GitHub runs it however the main step ended.
 */

import { Connection, type Credentials } from './aws/connection.ts';
import { abortUnfinished } from './aws/multipart-upload.ts';
import { regainLease } from './aws/s3-lease.ts';
import { logsUrl } from './core/names.ts';
import { VERSION } from './core/version.ts';
import { info } from './github/log.ts';
import type { SavedJob, SavedLease, Unsettled } from './github/saved-state.ts';
import { stopUnfollowed } from './job/stop.ts';
import type { Network } from './network/network.ts';

/** For each request to S3, with the SDK's retries. */
const S3_MS = 30_000;

/**
 * Does every part, even if another fails. Holds the lease until the job is stopped, so that no run starts another one. `tell`: see
 * `Connection`.
 */
export async function settle(
  { job, lease }: Unsettled,
  credentials: Credentials,
  network: Network,
  tell: (line: string) => void,
): Promise<void> {
  const failures: unknown[] = [];
  const attempt = async (
    { region, kmsKey }: { readonly region: string; readonly kmsKey?: string | undefined },
    work: (aws: Connection) => Promise<void>,
  ): Promise<void> => {
    const aws = new Connection(region, VERSION, credentials, network, kmsKey, tell);
    try {
      await work(aws);
    } catch (error) {
      failures.push(error);
    } finally {
      aws.destroy();
    }
  };
  const stop = async (): Promise<void> => {
    if (job === undefined) return;
    if (job.detach) sayItGoesOn(job);
    else await attempt(job, (aws) => stopUnfollowed(aws, job.job));
  };
  if (lease === undefined) await stop();
  else await attempt(lease, (aws) => release(aws, lease, stop));
  if (failures.length > 1) throw new AggregateError(failures, 'The post step could not clean up after the step:');
  if (failures.length === 1) throw failures[0];
}

function sayItGoesOn({ job, region }: SavedJob): void {
  info(
    `The step ended before its job ${job}, which goes on, because "on-cancel" is detach. To collect its results, run the ` +
      `same workflow again, or a step with its "task" and "job-name: ${job}": ${logsUrl(region, job)}`,
  );
}

/** Calls `first` in any case, and before the lease is released. */
async function release(aws: Connection, saved: SavedLease, first: () => Promise<void>): Promise<void> {
  const bucket = { name: saved.bucket, owner: saved.account };
  const regain = regainLease(aws, bucket, saved.key, saved.token, saved.taken, () => AbortSignal.timeout(S3_MS));
  const [regained] = await Promise.allSettled([regain]);
  await first();
  if (regained.status === 'rejected') throw regained.reason;
  const lease = regained.value;
  if (lease === undefined) return;
  const limit = AbortSignal.any([lease.lost, AbortSignal.timeout(S3_MS)]);
  const [aborted] = await Promise.allSettled([abortUnfinished(aws, bucket, saved.uploads, limit)]);
  const kept = await lease.release();
  if (aborted.status === 'rejected') throw aborted.reason;
  if (kept !== undefined) throw kept;
  info("The step ended while it held the task's lease. Its unfinished uploads are aborted and the lease is released.");
}
