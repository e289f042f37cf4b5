/** Follows a job until it has ended and its last log line was read. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../aws/connection.ts';
import { describeJob } from '../aws/sagemaker.ts';
import type { LogLines } from '../core/log-lines.ts';
import { type DescribedJob, isEnded } from '../core/training-job.ts';
import type { Limits } from './limits.ts';
import { OutageTolerance } from './outage.ts';
import { Pace } from './pace.ts';
import { LogReader } from './read-log.ts';
import { waitsForSpot } from './transitions.ts';

/**
 * All jobs of the account share the limit of DescribeTrainingJob. So a step calls it every 5 s on average, and in no minute
 * more than 12 + LOOKS_SAVED times. It may use saved calls a second apart: the first ones at the start, when the status
 * changes often. It keeps LOOKS_KEPT of them until the log is complete, so that the step ends soon after its job.
 */
const LOOKS_PER_SECOND = 1 / 5;
const LOOKS_SAVED = 6;
const LOOKS_KEPT = 3;
const LOOK_MS = 1_000;

/** Watches a job that is followed. */
export interface Watcher {
  /** Receives the job's state each time that SageMaker describes it. */
  readonly job: (job: DescribedJob) => void;
  /** Receives new log lines. */
  readonly lines: (lines: LogLines) => Promise<void>;
  /** Receives messages about how the job is followed. */
  readonly message: (text: string) => void;
  /** Is called each second or more often. */
  readonly tick: (log: LogReader) => void;
}

/** Returns the job's state after its end, or as it is at its limits. */
export async function pollJob(
  aws: Connection,
  job: string,
  { until, patience = Number.POSITIVE_INFINITY }: Limits,
  watcher: Watcher,
  signal: AbortSignal,
): Promise<DescribedJob> {
  let state: DescribedJob | undefined;
  const startedAt = Date.now();
  let lastStatus = 0;
  const log = new LogReader(aws, watcher.lines, watcher.message);
  const sagemaker = new OutageTolerance('SageMaker', watcher.message);
  const looks = new Pace(LOOKS_SAVED, Date.now());
  const untilLook = (now: number): number =>
    Math.max(looks.wait(LOOKS_PER_SECOND, now, log.isComplete ? 0 : LOOKS_KEPT), lastStatus + LOOK_MS - now);
  for (;;) {
    if (untilLook(Date.now()) <= 0) {
      looks.take();
      const now = await sagemaker.tolerate(() => describeJob(aws, job, signal));
      lastStatus = Date.now();
      if (now !== undefined) watcher.job(now);
      state = now ?? state;
    }
    if (state !== undefined) {
      if (isEnded(state)) await log.readToTheEnd(state, () => watcher.tick(log), signal);
      const isTooLate = Date.now() >= (waitsForSpot(state) ? Math.min(until, startedAt + 1_000 * patience) : until);
      if (isEnded(state) || isTooLate) return state;
      await log.read(state, signal);
    }
    watcher.tick(log);
    const now = Date.now();
    await sleep(Math.max(1, Math.min(log.wait(now), untilLook(now), until - now)), undefined, { signal });
  }
}
