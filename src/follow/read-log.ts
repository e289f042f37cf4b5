/** Reads a job's log while it grows and to its end, through outages. If the credentials may not read it, the job is followed without it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../aws/connection.ts';
import { isServiceError, isTransient } from '../aws/service-errors.ts';
import { type DescribedJob, starts } from '../core/training-job.ts';
import { warning } from '../github/log.ts';
import { JobLog, type Show } from './job-log.ts';
import { OutageTolerance } from './outage.ts';

/** A killed job prints no end lines. Then its log is complete when it has had no new line for this long. */
const QUIET_MS = 10_000;
const ALLOW =
  'allow logs:DescribeLogStreams, logs:GetLogEvents and logs:FilterLogEvents on the log group /aws/sagemaker/TrainingJobs';
const LATER = 'open it in CloudWatch, where it stays';
/** The longest pause between two calls of `read`. */
const TICK_MS = 1_000;

export class LogReader {
  readonly #aws: Connection;
  readonly #show: Show;
  readonly #print: (line: string) => void;
  readonly #outage: OutageTolerance;
  #log: JobLog | undefined;
  #isReadable = true;
  #lastLine = 0;

  constructor(aws: Connection, show: Show, print: (line: string) => void) {
    this.#aws = aws;
    this.#print = print;
    this.#outage = new OutageTolerance('CloudWatch Logs', print);
    this.#show = async (lines) => {
      await show(lines);
      this.#lastLine = Date.now();
    };
  }

  /** Whether there is nothing more to read. */
  get isComplete(): boolean {
    return !this.#isReadable || this.#log?.complete === true;
  }

  /** Whether more is known to be there than was read. */
  get isBehind(): boolean {
    return this.#log !== undefined && !this.#log.caughtUp;
  }

  /** Whether the credentials may read it, as far as is known. */
  get isReadable(): boolean {
    return this.#isReadable;
  }

  /** How long to wait before the next `read`, in milliseconds. */
  wait(now: number): number {
    return this.#isReadable && this.#log !== undefined ? Math.min(TICK_MS, this.#log.wait(now)) : TICK_MS;
  }

  /** Makes one call if it is time for one. `job`: its newest state. */
  async read(job: DescribedJob, signal: AbortSignal): Promise<void> {
    if (!this.#isReadable || starts(job) === 0) return;
    this.#log ??= new JobLog(this.#aws, job, this.#show, this.#print);
    const log = this.#log;
    log.expect(job);
    if (log.wait(Date.now()) > 0) return;
    try {
      const answered = await this.#outage.tolerate(() => log.read(signal).then(() => true));
      // A log that cannot be read, or not to its end, is not quiet.
      if (answered === undefined || !log.caughtUp) this.#lastLine = Date.now();
    } catch (error) {
      if (!isServiceError(error, 'AccessDeniedException') && !isTransient(error)) throw error;
      this.#isReadable = false;
      warning(
        `The job's log cannot be read: ${error.message} The step follows the job without it, so the log here and the ` +
          `log files are not whole. To see all of it, ${isTransient(error) ? LATER : ALLOW}.`,
      );
    }
  }

  /**
   * Reads until the end lines prove that the log is complete, or, without end lines, until no new lines arrive. Calls
   * `tick` after each call.
   */
  async readToTheEnd(job: DescribedJob, tick: () => void, signal: AbortSignal): Promise<void> {
    this.#lastLine = Date.now();
    // The whole log of a start can be missing, if the job was interrupted and has ended since it was described last.
    this.#log?.expect(job);
    while (starts(job) > 0 && !this.isComplete && Date.now() - this.#lastLine < QUIET_MS) {
      await this.read(job, signal);
      tick();
      await sleep(Math.max(1, this.isComplete ? 0 : this.wait(Date.now())), undefined, { signal });
    }
  }
}
