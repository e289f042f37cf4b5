/** Follows a job until it ended and its last log line was read. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clients } from './aws/clients.ts';
import { JobLogs, type LogLines } from './aws/logs.ts';
import { describeJob } from './aws/training.ts';
import { isEnded, type JobState, newTransitions, starts } from './task/status.ts';

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
}

export async function followJob(
  clients: Clients,
  { job, instances, show, tell }: Followed,
  signal: AbortSignal,
): Promise<JobState> {
  const logs = new JobLogs(clients.logs, job, instances);
  const begun = Date.now();
  let state: JobState | undefined;
  let looked = 0;
  let spoken = begun;
  const showLines = (lines: LogLines): void => {
    spoken = Date.now();
    show(lines);
  };
  for (;;) {
    const interval = Date.now() - begun < 60_000 || logs.complete ? STATUS_MS : LATER_STATUS_MS;
    if (Date.now() - looked >= interval) {
      const now = await describeJob(clients.sagemaker, job, signal);
      looked = Date.now();
      for (const { status, message } of newTransitions(state, now)) {
        tell(`${status}: ${message}`);
        spoken = looked;
      }
      state = now;
    }
    if (state !== undefined && starts(state) > 0) await logs.read(starts(state), showLines, signal);
    if (state !== undefined && isEnded(state)) break;
    if (Date.now() - spoken >= HEARTBEAT_MS) {
      tell(`${state?.secondaryStatus ?? 'Waiting'}, ${Math.round((Date.now() - begun) / 60_000)} min after the start`);
      spoken = Date.now();
    }
    await sleep(LOG_MS, undefined, { signal });
  }
  if (starts(state) > 0) await readToTheEnd(logs, starts(state), show, signal);
  return state;
}

/** Until the end lines prove that all was read, or, without them, until the log is quiet. */
async function readToTheEnd(
  logs: JobLogs,
  count: number,
  show: (lines: LogLines) => void,
  signal: AbortSignal,
): Promise<void> {
  let latest = Date.now();
  const showLines = (lines: LogLines): void => {
    latest = Date.now();
    show(lines);
  };
  while (!logs.complete && Date.now() - latest < QUIET_MS) {
    await sleep(LOG_MS / 2, undefined, { signal });
    await logs.read(count, showLines, signal);
  }
}
