/** Follows a job until it has ended and its last log line was read. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../aws/connection.ts';
import { describeJob } from '../aws/sagemaker.ts';
import { type DescribedJob, isEnded } from '../core/training-job.ts';
import type { LogLines } from './job-log.ts';
import { OutageTolerance } from './outage.ts';
import { Pace } from './pace.ts';
import { LogReader } from './read-log.ts';
import { interruptions, news, waitsForSpot } from './transitions.ts';

/**
 * All jobs of the account share the limit of DescribeTrainingJob. So a step calls it every 5 s on average, and in no minute
 * more than 12 + LOOKS_SAVED times. It may use saved calls a second apart: the first ones at the start, when the status
 * changes often. It keeps LOOKS_KEPT of them until the log is complete, so that the step ends soon after its job.
 */
const LOOKS_PER_SECOND = 1 / 5;
const LOOKS_SAVED = 6;
const LOOKS_KEPT = 3;
const LOOK_MS = 1_000;
const HEARTBEAT_MS = 60_000;

export interface Polled {
  readonly job: string;
  /** Receives new log lines. */
  readonly show: (lines: LogLines) => Promise<void>;
  /** Receives messages about the job's progress. They can contain text of the worker, such as a failure's reason. */
  readonly print: (line: string) => void;
  /** Receives what people should see in the run's overview. */
  readonly notify: (text: string) => void;
  /** How many milliseconds the job may wait for spot instances. */
  readonly patienceMs: number;
}

/** Returns the job's state after its end, or while it waits for spot instances for too long. */
export async function pollJob(
  aws: Connection,
  { job, show, print, notify, patienceMs }: Polled,
  signal: AbortSignal,
): Promise<DescribedJob> {
  const startedAt = Date.now();
  let state: DescribedJob | undefined;
  let lastStatus = 0;
  let lastPrinted = startedAt;
  const say = (line: string): void => {
    lastPrinted = Date.now();
    print(line);
  };
  const showLines = async (lines: LogLines): Promise<void> => {
    lastPrinted = Date.now();
    await show(lines);
  };
  const log = new LogReader(aws, showLines, say);
  const sagemaker = new OutageTolerance('SageMaker', say);
  const looks = new Pace(LOOKS_SAVED, startedAt);
  const untilLook = (now: number): number =>
    Math.max(looks.wait(LOOKS_PER_SECOND, now, log.complete ? 0 : LOOKS_KEPT), lastStatus + LOOK_MS - now);
  for (;;) {
    if (untilLook(Date.now()) <= 0) {
      looks.take();
      const now = await sagemaker.tolerate(() => describeJob(aws, job, signal));
      lastStatus = Date.now();
      if (now !== undefined) {
        news(state, now).forEach(say);
        interruptions(state, now).forEach(notify);
        state = now;
      }
    }
    if (state !== undefined && isEnded(state)) {
      await log.readToTheEnd(state, signal);
      return state;
    }
    if (state !== undefined && waitsForSpot(state) && Date.now() - startedAt >= patienceMs) return state;
    if (state !== undefined) await log.read(state, signal);
    if (Date.now() - lastPrinted >= HEARTBEAT_MS) {
      say(
        `${state?.secondaryStatus ?? 'Waiting'}, ${Math.round((Date.now() - startedAt) / 60_000)} min after the start`,
      );
    }
    const now = Date.now();
    await sleep(Math.max(1, Math.min(log.wait(now), untilLook(now))), undefined, { signal });
  }
}
