/** Follows a job until it ended and its last log line was read. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clients, isPassing, isServiceError } from './aws/clients.ts';
import { JobLogs, type LogLines } from './aws/logs.ts';
import { describeJob } from './aws/training.ts';
import { Outage } from './outage.ts';
import { type DescribedJob, isEnded, newTransitions, starts } from './task/status.ts';

/** Between two looks at the log. */
const LOG_MS = 1_000;
/** Between two looks at the job, at first and after a minute. */
const STATUS_MS = 1_000;
const LATER_STATUS_MS = 5_000;
/** A job without end lines (killed before) has ended when nothing new came for this long. */
const QUIET_MS = 10_000;
const HEARTBEAT_MS = 60_000;

export interface Followed {
  readonly job: string;
  readonly instances: number;
  /** Takes new log lines. */
  readonly show: (lines: LogLines) => void;
  /** Takes a line on the job's progress; it can hold a worker's words (a failure's reason). */
  readonly tell: (line: string) => void;
  /** Takes what the user should know although the job goes on. */
  readonly warn: (text: string) => void;
}

export async function followJob(
  clients: Clients,
  { job, instances, show, tell, warn }: Followed,
  signal: AbortSignal,
): Promise<DescribedJob> {
  const begun = Date.now();
  let state: DescribedJob | undefined;
  let looked = 0;
  let spoken = begun;
  const say = (line: string): void => {
    spoken = Date.now();
    tell(line);
  };
  const showLines = (lines: LogLines): void => {
    spoken = Date.now();
    show(lines);
  };
  const logs = new Reader(new JobLogs(clients.logs, job, instances), new Outage('CloudWatch Logs', say), warn);
  const sagemaker = new Outage('SageMaker', say);
  for (;;) {
    if (Date.now() - looked >= statusInterval(begun, logs)) {
      const now = await sagemaker.sitOut(() => describeJob(clients.sagemaker, job, signal));
      looked = Date.now();
      if (now !== undefined) {
        for (const { status, message } of newTransitions(state, now)) say(`${status}: ${message}`);
        state = now;
      }
    }
    if (state !== undefined) await logs.read(starts(state), showLines, signal);
    if (state !== undefined && isEnded(state)) {
      await readToTheEnd(logs, starts(state), show, signal);
      return state;
    }
    if (Date.now() - spoken >= HEARTBEAT_MS) {
      say(`${state?.secondaryStatus ?? 'Waiting'}, ${Math.round((Date.now() - begun) / 60_000)} min after the start`);
    }
    await sleep(LOG_MS, undefined, { signal });
  }
}

function statusInterval(begun: number, logs: Reader): number {
  return Date.now() - begun < 60_000 || logs.complete ? STATUS_MS : LATER_STATUS_MS;
}

/** Until the end lines prove that all was read, or, without them, until the log is quiet. */
async function readToTheEnd(logs: Reader, count: number, show: Followed['show'], signal: AbortSignal): Promise<void> {
  let latest = Date.now();
  const showLines = (lines: LogLines): void => {
    latest = Date.now();
    show(lines);
  };
  while (count > 0 && !logs.complete && Date.now() - latest < QUIET_MS) {
    await sleep(LOG_MS / 2, undefined, { signal });
    await logs.read(count, showLines, signal);
  }
}

/** The log, as far as it can be read: a job is followed without it where it cannot. */
class Reader {
  readonly #logs: JobLogs;
  readonly #outage: Outage;
  readonly #warn: (text: string) => void;
  #readable = true;

  constructor(logs: JobLogs, outage: Outage, warn: (text: string) => void) {
    this.#logs = logs;
    this.#outage = outage;
    this.#warn = warn;
  }

  /** Whether nothing more is to be read. */
  get complete(): boolean {
    return !this.#readable || this.#logs.complete;
  }

  async read(count: number, show: (lines: LogLines) => void, signal: AbortSignal): Promise<void> {
    if (!this.#readable || count === 0) return;
    try {
      await this.#outage.sitOut(() => this.#logs.read(count, show, signal));
    } catch (error) {
      if (!isServiceError(error, 'AccessDeniedException') && !isPassing(error)) throw error;
      this.#readable = false;
      this.#warn(
        `The job's log cannot be read: ${error.message} The job goes on; to see its log here, allow ` +
          'logs:DescribeLogStreams and logs:GetLogEvents on the log group /aws/sagemaker/TrainingJobs.',
      );
    }
  }
}
