/** Follows a job, or reads the log of one that has ended, and keeps its log files and metrics. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../aws/connection.ts';
import { type ActionError, describeError } from '../core/errors.ts';
import { type DescribedJob, type Metrics, starts } from '../core/training-job.ts';
import { info, warning } from '../github/log.ts';
import { mergeMetrics } from '../metrics/definitions.ts';
import type { Step } from '../step.ts';
import { JobLog, type Show } from './job-log.ts';
import { KeptLog, type LogSpec } from './kept-log.ts';
import { OutageTolerance } from './outage.ts';
import { pollJob, type Watcher } from './poll.ts';
import { PrintedLog } from './printed-log.ts';

/** An ended job with its metrics. */
export interface EndedJob {
  readonly state: DescribedJob;
  readonly metrics: Metrics;
  /** What kept the log files from being written whole. */
  readonly logProblem: ActionError | undefined;
  /** The last lines of the log that may name a file or module that was not found. */
  readonly lostLines: readonly string[];
}

export async function followJob(
  { aws, signal }: Step,
  spec: LogSpec,
  job: string,
  instances: number,
): Promise<EndedJob> {
  const log = await KeptLog.open(spec);
  const printed = new PrintedLog(instances, Date.now());
  const watcher: Watcher = {
    job: (state) => printed.job(state, Date.now()),
    lines: async (lines) => {
      printed.lines(lines, Date.now());
      await log.accept(lines, signal);
    },
    message: (text) => printed.message(text, Date.now()),
    tick: (reading) => printed.tick(reading, Date.now()),
  };
  try {
    const state = await pollJob(aws, job, watcher, signal);
    printed.end(Date.now());
    return endedJob(state, log, state.metrics);
  } finally {
    printed.close();
  }
}

/**
 * Reads the log of a job that ended earlier: keeps files and metrics as if the step had followed it, but prints
 * nothing. `recorded`: the metrics in the job's record.
 */
export async function readEndedJob(
  { aws, signal }: Step,
  spec: LogSpec,
  state: DescribedJob,
  recorded: Metrics | undefined,
): Promise<EndedJob> {
  const log = await KeptLog.open(spec);
  if (spec.output !== undefined || spec.metrics.length > 0) {
    try {
      await readWhole(aws, state, (lines) => log.accept(lines, signal), signal);
    } catch (error) {
      signal.throwIfAborted();
      warning(`The log of the earlier job ${state.name} could not be read: ${describeError(error)}`);
    }
  }
  return endedJob(state, log, mergeMetrics(state.metrics, recorded ?? new Map()));
}

function endedJob(state: DescribedJob, log: KeptLog, earlier: Metrics): EndedJob {
  return {
    state,
    metrics: mergeMetrics(earlier, log.metrics),
    logProblem: log.problem,
    lostLines: log.lostLines,
  };
}

/** Reads the log of a job that has ended, call by call. */
async function readWhole(aws: Connection, state: DescribedJob, show: Show, signal: AbortSignal): Promise<void> {
  const log = new JobLog(aws, state, show, info);
  const outage = new OutageTolerance('CloudWatch Logs', info);
  while (starts(state) > 0 && !log.complete && !log.caughtUp) {
    await sleep(log.wait(Date.now()), undefined, { signal });
    await outage.tolerate(() => log.read(state, signal));
  }
}
