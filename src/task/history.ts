/**
 * A task's jobs, newest first, and what they mean for a new run: a completed one's results are taken, a running one is
 * followed or waited for, or a job is started.
 */
import { changes, type Facts, fingerprintOf } from './fingerprint.ts';
import type { Place } from './names.ts';
import { type JobRecord, recordFingerprint } from './record.ts';
import type { SkipIf } from './spec.ts';
import type { DescribedJob } from './status.ts';

/** A job of the task as it stands in S3 and SageMaker. */
export interface PastJob {
  readonly name: string;
  readonly place: Place;
  readonly ended: boolean;
  /** Whether it completed its task. */
  readonly completed: boolean;
  /** Whether what it left is still there. */
  readonly intact: boolean;
  /** Undefined for a job that the action did not start. */
  readonly record: JobRecord | undefined;
  /** Undefined where the record told enough. */
  readonly state: DescribedJob | undefined;
}

export interface Wish {
  readonly facts: Facts;
  /** Whether the facts tell all: an input that could not be listed is like no other. */
  readonly comparable: boolean;
  readonly skipIf: SkipIf;
  readonly cleanState: boolean;
}

export type Decision =
  | { readonly kind: 'reuse'; readonly job: PastJob }
  | { readonly kind: 'follow'; readonly job: PastJob }
  | { readonly kind: 'busy'; readonly job: PastJob }
  | { readonly kind: 'start'; readonly why: string };

/** `jobs`: newest first. `base`: those under base-prefix, which count where none under the own prefix has completed. */
export function decide(wish: Wish, jobs: readonly PastJob[], base: readonly PastJob[]): Decision {
  const active = jobs.filter(({ ended }) => !ended);
  const same = active.find((job) => isSame(wish, job));
  if (same !== undefined && !wish.cleanState) return { kind: 'follow', job: same };
  const [busy] = active;
  if (busy !== undefined) return { kind: 'busy', job: busy };
  if (wish.cleanState) return { kind: 'start', why: 'clean-state is set' };
  if (wish.skipIf === 'never') return { kind: 'start', why: 'skip-if is never' };
  const completed = completedOf(jobs, base);
  const [newest] = completed;
  if (newest === undefined) return { kind: 'start', why: 'the task has not completed yet' };
  const lasting = completed.filter(({ intact }) => intact);
  const taken = wish.skipIf === 'completed' ? lasting[0] : lasting.find((job) => isSame(wish, job));
  return taken === undefined ? { kind: 'start', why: reason(wish, completed, newest) } : { kind: 'reuse', job: taken };
}

/** The completed jobs that count. */
function completedOf(jobs: readonly PastJob[], base: readonly PastJob[]): PastJob[] {
  const own = jobs.filter(({ completed }) => completed);
  return own.length > 0 ? own : base.filter(({ completed }) => completed);
}

function isSame(wish: Wish, { record }: PastJob): boolean {
  return wish.comparable && record !== undefined && recordFingerprint(record) === fingerprintOf(wish.facts);
}

function reason(wish: Wish, completed: readonly PastJob[], newest: PastJob): string {
  if (wish.skipIf === 'completed') return `the results of ${newest.name} are gone`;
  if (!wish.comparable) return 'an input could not be listed, so what it holds is not known';
  if (completed.some((job) => isSame(wish, job))) return 'the results of the completed job are gone';
  if (newest.record === undefined) return `what ${newest.name} ran is not known`;
  return `changed since ${newest.name}: ${changes(newest.record.facts, wish.facts)}`;
}

/** When a job started, from its name: digits that sort by time, of this action's names and of `ssm`'s. */
export function startOf(job: string): string {
  const stamps = job.matchAll(/(\d{4})-?(\d{2})-?(\d{2})-(\d{2})-?(\d{2})-?(\d{2})(?:-|$)/g);
  return [...stamps].at(-1)?.slice(1, 7).join('') ?? '';
}

export function newestFirst(jobs: readonly string[]): string[] {
  const key = (job: string): string => `${startOf(job)} ${job}`;
  return [...jobs].sort((a, b) => (key(a) < key(b) ? 1 : -1));
}

/**
 * Whether a `Completed` job completed its task, by the marks at `state/HOST/__COMPLETED__` (host → the job's name in it):
 * all of its hosts marked it or none did. A later job's mark has replaced what was there.
 */
export function isCompletedByMarks(job: string, hosts: number, marks: ReadonlyMap<string, string>): boolean {
  const names = Array.from({ length: hosts }, (_, index) => marks.get(`algo-${index + 1}`));
  const marked = (mark: string | undefined): boolean => mark === job;
  const replaced = (mark: string | undefined): boolean =>
    mark !== undefined && mark !== job && startOf(mark) > startOf(job);
  return !names.some(marked) || names.every((mark) => marked(mark) || replaced(mark));
}
