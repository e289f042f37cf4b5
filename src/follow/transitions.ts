/** The changes of a job's status: each once, and in the order in which things happened among the lines of its log. */

import { type DescribedJob, hadInstances, isEnded, type JobState } from '../core/training-job.ts';

/** How long a change is held back, in milliseconds, if nothing says that all older lines were read. */
const HELD_MS = 5_000;
/** While the job has one of these, its program prints nothing any more. */
const AFTER_PROGRAM: ReadonlySet<string> = new Set([
  'Uploading',
  'Completed',
  'Failed',
  'Stopped',
  'MaxRuntimeExceeded',
  'MaxWaitTimeExceeded',
]);

/** A new status, or a new message of a status. Times are milliseconds since 1970. */
export interface Change {
  readonly status: string;
  readonly message: string;
  /** Undefined: unknown. */
  readonly at: number | undefined;
}

/** How far the log was read. */
export interface LogProgress {
  /** Whether nothing more is to come, or the log cannot be read. */
  readonly isComplete: boolean;
  /** Whether more is known to be there than was read. */
  readonly isBehind: boolean;
}

interface Held extends Change {
  readonly seen: number;
  /** Whether the program had started before. */
  readonly isAfterStart: boolean;
}

/**
 * A line that the program printed before a change can be read after it: CloudWatch is some seconds late. So what comes
 * after the program's start is held back until the log is complete, or has a newer line, or for a few seconds; once the
 * job has ended, until its log was read to the end.
 */
export class Changes {
  readonly #known = new Set<string>();
  readonly #statuses = new Set<number>();
  #held: Held[] = [];
  #ended = false;

  /** Takes the job's newest state. Returns the changes to show now. */
  take(job: JobState, now: number): readonly Change[] {
    const { transitions } = job;
    this.#ended = isEnded(job);
    const start = transitions.findIndex(({ status }) => status === 'Training');
    for (const [index, { status, message, at }] of transitions.entries()) {
      const key = `${index} ${status} ${message}`;
      if (this.#known.has(key)) continue;
      // A status keeps its time when it gets another message. That came by now, and before the next status.
      const next = transitions[index + 1]?.at?.getTime() ?? now;
      const time = this.#statuses.has(index) ? Math.min(now, next) : at?.getTime();
      this.#known.add(key);
      this.#statuses.add(index);
      this.#held.push({ status, message, at: time, seen: now, isAfterStart: start >= 0 && index > start });
    }
    const waiting = this.#held.findIndex(({ isAfterStart }) => isAfterStart);
    return this.#release(waiting < 0 ? this.#held.length : waiting);
  }

  /** The changes to show before a line of this time. */
  before(line: number): readonly Change[] {
    if (this.#held.length === 0) return [];
    const isOlder = ({ at }: Change): boolean => at !== undefined && at <= line;
    const start = this.#held.findLastIndex((change) => change.status === 'Training' && isOlder(change));
    if (start >= 0) return this.#release(start + 1);
    const newer = this.#held.findIndex((change) => AFTER_PROGRAM.has(change.status) || !isOlder(change));
    return this.#release(newer < 0 ? this.#held.length : newer);
  }

  /** The changes that need not wait any longer. `lastLine`: when the last line was read. */
  due(now: number, lastLine: number, { isComplete, isBehind }: LogProgress): readonly Change[] {
    if (isComplete) return this.all();
    if (this.#ended || (isBehind && now - lastLine < HELD_MS)) return [];
    const waiting = this.#held.findIndex(({ seen }) => now - seen < HELD_MS);
    return this.#release(waiting < 0 ? this.#held.length : waiting);
  }

  all(): readonly Change[] {
    return this.#release(this.#held.length);
  }

  #release(count: number): readonly Change[] {
    return count === 0 ? [] : this.#held.splice(0, count);
  }
}

/** Whether the job waits for its first spot instances. */
export function waitsForSpot(state: DescribedJob): boolean {
  return state.spot && state.status === 'InProgress' && !hadInstances(state);
}
