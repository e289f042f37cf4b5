/** Follows a job, or reads the log of one that has ended, and keeps its log files and metrics. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../aws/connection.ts';
import { type ActionError, describeError } from '../core/errors.ts';
import { instances as jobInstances } from '../core/format.ts';
import { type DescribedJob, type Metrics, starts } from '../core/training-job.ts';
import type { LoggedError } from '../failure/read-errors.ts';
import { info, notice, warning } from '../github/log.ts';
import { mergeMetrics } from '../metrics/definitions.ts';
import { completeSeries, type MetricSeries } from '../metrics/series.ts';
import type { Step } from '../step.ts';
import { interruptions, newInterruptions } from './interruptions.ts';
import { JobLog, type Show } from './job-log.ts';
import { KeptLog, type LogSpec } from './kept-log.ts';
import type { Limits } from './limits.ts';
import { OutageTolerance } from './outage.ts';
import { pollJob, type Watcher } from './poll.ts';
import { PrintedLog } from './printed-log.ts';

/** A job that was followed, with what its log says until then. It may go on. */
export interface FollowedJob {
  readonly state: DescribedJob;
  readonly metrics: Metrics;
  /** The same metrics over time, sorted by name. */
  readonly series: readonly MetricSeries[];
  /** What kept the log files from being written whole. */
  readonly logProblem: ActionError | undefined;
  /** The last lines of the log that may name a file or module that was not found. */
  readonly lostLines: readonly string[];
  /** The worker's errors in the log of a failed job, the one that most likely failed it first. */
  readonly errors: readonly LoggedError[];
  /** What happened on the way, one sentence each. */
  readonly notices: readonly string[];
}

/** Returns when the job has ended, or at its limits. */
export async function followJob(
  { aws, signal }: Step,
  spec: LogSpec,
  job: string,
  instances: number,
  limits: Limits,
): Promise<FollowedJob> {
  const log = await KeptLog.open(spec);
  const printed = new PrintedLog(instances, Date.now());
  let before: DescribedJob | undefined;
  const watcher: Watcher = {
    job: (state) => {
      printed.job(state, Date.now());
      if (state.chosen && before?.chosen !== true)
        printed.message(`SageMaker has chosen ${jobInstances(state)}.`, Date.now());
      newInterruptions(before, state).forEach(notice);
      before = state;
    },
    lines: async (lines) => {
      printed.lines(lines, Date.now());
      await log.accept(lines, signal);
    },
    message: (text) => printed.message(text, Date.now()),
    tick: (reading) => printed.tick(reading, Date.now()),
  };
  try {
    const state = await pollJob(aws, job, limits, watcher, signal);
    printed.end(Date.now());
    return await followedJob(state, log, state.metrics);
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
): Promise<FollowedJob> {
  const log = await KeptLog.open(spec);
  const asksForMetrics = spec.metrics.length > 0 || (spec.needsMetrics && recorded === undefined);
  if (spec.output !== undefined || asksForMetrics || state.status === 'Failed') {
    try {
      await readWhole(aws, state, (lines) => log.accept(lines, signal), signal);
    } catch (error) {
      signal.throwIfAborted();
      warning(`The log of the earlier job ${state.name} could not be read: ${describeError(error)}`);
    }
  }
  return followedJob(state, log, mergeMetrics(state.metrics, recorded ?? new Map()));
}

async function followedJob(state: DescribedJob, log: KeptLog, earlier: Metrics): Promise<FollowedJob> {
  const metrics = mergeMetrics(earlier, log.metrics);
  const began = state.transitions.find(({ status }) => status === 'Training')?.at?.getTime();
  return {
    state,
    metrics,
    series: completeSeries(metrics, log.series({ began, restarts: Math.max(0, starts(state) - 1) })),
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
    await outage.tolerate(() => log.read(signal));
  }
}
