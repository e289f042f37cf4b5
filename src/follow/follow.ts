/** Follows a job, or reads the log of one that has ended, and keeps its log files and metrics. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../aws/connection.ts';
import { type ActionError, describeError } from '../core/errors.ts';
import type { LogLines } from '../core/log-lines.ts';
import { type DescribedJob, type Metrics, starts } from '../core/training-job.ts';
import type { LoggedError } from '../failure/read-errors.ts';
import { info, notice, printForeign, warning } from '../github/log.ts';
import { mergeMetrics } from '../metrics/definitions.ts';
import type { Step } from '../step.ts';
import { JobLog, type Show } from './job-log.ts';
import { KeptLog, type LogSpec } from './kept-log.ts';
import { OutageTolerance } from './outage.ts';
import { pollJob } from './poll.ts';
import { interruptions } from './transitions.ts';

/** An ended job with its metrics. */
export interface EndedJob {
  readonly state: DescribedJob;
  readonly metrics: Metrics;
  /** What kept the log files from being written whole. */
  readonly logProblem: ActionError | undefined;
  /** The last lines of the log that may name a file or module that was not found. */
  readonly lostLines: readonly string[];
  /** The worker's errors in the log of a failed job, the one that most likely failed it first. */
  readonly errors: readonly LoggedError[];
  /** What happened on the way, one sentence each. */
  readonly notices: readonly string[];
}

export async function followJob(
  { aws, signal }: Step,
  spec: LogSpec,
  job: string,
  instances: number,
): Promise<EndedJob> {
  const log = await KeptLog.open(spec);
  const show = async (lines: LogLines): Promise<void> => {
    printForeign(
      instances > 1 ? `[${lines.host}] ` : '',
      lines.lines.map(({ text }) => text),
    );
    await log.accept(lines, signal);
  };
  const state = await pollJob(aws, { job, show, print: info, note: notice }, signal);
  return endedJob(state, log, state.metrics);
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
  if (spec.output !== undefined || spec.metrics.length > 0 || state.status === 'Failed') {
    try {
      await readWhole(aws, state, (lines) => log.accept(lines, signal), signal);
    } catch (error) {
      signal.throwIfAborted();
      warning(`The log of the earlier job ${state.name} could not be read: ${describeError(error)}`);
    }
  }
  return endedJob(state, log, mergeMetrics(state.metrics, recorded ?? new Map()));
}

async function endedJob(state: DescribedJob, log: KeptLog, earlier: Metrics): Promise<EndedJob> {
  return {
    state,
    metrics: mergeMetrics(earlier, log.metrics),
    logProblem: log.problem,
    lostLines: log.lostLines,
    errors: state.status === 'Failed' ? await errorsIn(log) : [],
    notices: interruptions(state),
  };
}

/** Loads the reading only for a job that failed. */
async function errorsIn(log: KeptLog): Promise<readonly LoggedError[]> {
  const { readErrors } = await import('../failure/read-errors.ts');
  return readErrors(log.lastLines);
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
