/**
 * Decides from the task's earlier jobs what a run does: take a completed job's results, follow or wait for a running
 * job, or start a job.
 */

import { isRerun, type RunAttempt } from '../core/run-context.ts';
import type { Place } from '../core/s3-layout.ts';
import type { DescribedJob } from '../core/training-job.ts';
import { changes } from './changes.ts';
import { type Facts, fingerprintOf } from './fingerprint.ts';
import { type ArchivesNow, type JobRecord, recordFingerprint } from './record.ts';
import type { SkipIf } from './spec.ts';

/** An earlier job of the task, as S3 and SageMaker describe it now. */
export interface EarlierJob {
  readonly name: string;
  readonly place: Place;
  readonly ended: boolean;
  /** Whether it completed the task. */
  readonly completed: boolean;
  /** What became of what it left. */
  readonly archives: ArchivesNow;
  /** Undefined for a job that the action did not start. */
  readonly record: JobRecord | undefined;
  /** Undefined if the record was sufficient. */
  readonly state: DescribedJob | undefined;
}

export interface Wanted {
  readonly facts: Facts;
  /** Whether the facts are complete. An input that could not be listed makes them incomparable. */
  readonly comparable: boolean;
  readonly skipIf: SkipIf;
  readonly cleanState: boolean;
  readonly by: RunAttempt;
}

export type Decision =
  | { readonly kind: 'reuse'; readonly job: EarlierJob }
  | { readonly kind: 'follow'; readonly job: EarlierJob }
  | { readonly kind: 'busy'; readonly job: EarlierJob }
  /** The job is being stopped, so it ends soon and completes nothing. */
  | { readonly kind: 'ending'; readonly job: EarlierJob }
  | StartDecision;

/** `why`: completes `because …`. `compared`: the job that completed the task last, if one of the given did. */
export interface StartDecision {
  readonly kind: 'start';
  readonly why: string;
  readonly compared: EarlierJob | undefined;
}

/** `jobs`: newest first. `base`: the jobs under base-prefix, which count if no job under the prefix has completed. */
export function decide(wanted: Wanted, jobs: readonly EarlierJob[], base: readonly EarlierJob[]): Decision {
  const active = jobs.filter(({ ended }) => !ended);
  const same = active.find((job) => isSame(wanted, job) && !isStopping(job));
  // With clean-state a job goes on with the state that it found, unless an earlier attempt of this run emptied that for it.
  if (same !== undefined && (!wanted.cleanState || isAgain(wanted, same))) return { kind: 'follow', job: same };
  const [busy] = active;
  if (busy !== undefined) return { kind: isStopping(busy) ? 'ending' : 'busy', job: busy };
  const completed = completedOf(jobs, base);
  const [newest] = completed;
  const start = (why: string): StartDecision => ({ kind: 'start', why, compared: newest });
  if (wanted.cleanState) return start('clean-state is set');
  if (wanted.skipIf === 'never') return start('skip-if is never');
  if (newest === undefined) return start('the task has not completed yet');
  const intact = completed.filter(({ archives }) => archives === 'there');
  const reusable = wanted.skipIf === 'completed' ? intact[0] : intact.find((job) => isSame(wanted, job));
  return reusable === undefined ? start(reason(wanted, completed, newest)) : { kind: 'reuse', job: reusable };
}

/** The completed jobs that count. */
function completedOf(jobs: readonly EarlierJob[], base: readonly EarlierJob[]): EarlierJob[] {
  const underPrefix = jobs.filter(({ completed }) => completed);
  return underPrefix.length > 0 ? underPrefix : base.filter(({ completed }) => completed);
}

function isSame(wanted: Wanted, { record }: EarlierJob): boolean {
  return wanted.comparable && record !== undefined && recordFingerprint(record) === fingerprintOf(wanted.facts);
}

function isStopping({ state }: EarlierJob): boolean {
  return state?.status === 'Stopping';
}

function isAgain({ by }: Wanted, { record }: EarlierJob): boolean {
  return record !== undefined && isRerun(by, record.by);
}

function reason(wanted: Wanted, completed: readonly EarlierJob[], newest: EarlierJob): string {
  if (wanted.skipIf === 'completed') return `the results of ${newest.name} ${lost(newest)}`;
  if (!wanted.comparable) return 'an input could not be listed, so it may have changed';
  const same = completed.find((job) => isSame(wanted, job));
  if (same !== undefined) return `the results of ${same.name}, which ran the same, ${lost(same)}`;
  if (newest.record === undefined) return `there is no record of what ${newest.name} ran`;
  return `the task has changed since ${newest.name}: ${changes(newest.record.facts, wanted.facts)}`;
}

function lost({ archives }: EarlierJob): string {
  return archives === 'changed' ? 'were changed after it ended' : 'are no longer in S3';
}

/** When a job started, from its name: digits that sort by time, of this action's names and of `ssm`'s. */
export function startOf(job: string): string {
  const stamps = job.matchAll(/(\d{4})-?(\d{2})-?(\d{2})-(\d{2})-?(\d{2})-?(\d{2})(?:-|$)/g);
  return [...stamps].at(-1)?.slice(1, 7).join('') ?? '';
}

/** Whether a job started before another one. Before a job whose name does not say when it started is any. */
export function isBefore(job: string, other: string): boolean {
  const [first, second] = [startOf(job), startOf(other)];
  return job !== other && (second === '' || first < second || (first === second && job < other));
}

export function newestFirst(jobs: readonly string[]): string[] {
  const key = (job: string): string => `${startOf(job)} ${job}`;
  return [...jobs].sort((a, b) => (key(a) < key(b) ? 1 : -1));
}

/**
 * Whether a `Completed` job completed its task: all of its hosts marked it, or none did. `marks`: host → the job's name
 * in `state/HOST/__COMPLETED__`. A later job may have replaced a mark; such a mark counts for this job too.
 */
export function isCompletedByMarks(job: string, hosts: number, marks: ReadonlyMap<string, string>): boolean {
  const names = Array.from({ length: hosts }, (_, index) => marks.get(`algo-${index + 1}`));
  const marked = (mark: string | undefined): boolean => mark === job;
  const replaced = (mark: string | undefined): boolean =>
    mark !== undefined && mark !== job && startOf(mark) > startOf(job);
  return !names.some(marked) || names.every((mark) => marked(mark) || replaced(mark));
}
