/** Follows a job, or reads the log of one that has ended, and keeps its log files and metrics. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../aws/connection.ts';
import { type ActionError, describeError } from '../core/errors.ts';
import { isAboutLost } from '../core/lost-names.ts';
import { type DescribedJob, type Metrics, starts } from '../core/training-job.ts';
import { LogFiles, type Output } from '../files/output-folder.ts';
import { info, notice, printForeign, redact, warning } from '../github/log.ts';
import type { Step } from '../step.ts';
import { JobLog, type LogLines, type Show } from './job-log.ts';
import { MetricReader } from './metric-reader.ts';
import { type MetricDefinition, mergeMetrics } from './metrics.ts';
import { OutageTolerance } from './outage.ts';
import { pollJob } from './poll.ts';

const MOST_LOST = 20;
/** Characters. */
const LONGEST_LOST = 2_000;

/** A job with its metrics. It has ended, or has waited for instances for too long. */
export interface FollowedJob {
  readonly state: DescribedJob;
  readonly metrics: Metrics;
  /** What kept the log files from being written whole. */
  readonly logProblem: ActionError | undefined;
  /** The last lines of the log that may name a file or module that was not found. */
  readonly lostLines: readonly string[];
}

/** Which parts of the log to keep. */
export interface LogSpec {
  readonly metrics: readonly MetricDefinition[];
  /** Where to write log files. Undefined: no log files are written. */
  readonly output: Output | undefined;
}

/** `patience`: how many seconds the job may wait for spot instances. Undefined: as long as SageMaker lets it. */
export async function followJob(
  { aws, signal }: Step,
  spec: LogSpec,
  job: string,
  instances: number,
  patience: number | undefined,
): Promise<FollowedJob> {
  const log = await openLog(spec, signal);
  const show = async (lines: LogLines): Promise<void> => {
    printForeign(instances > 1 ? `[${lines.host}] ` : '', lines.lines);
    await log.keep(lines);
  };
  const patienceMs = patience === undefined ? Number.POSITIVE_INFINITY : patience * 1_000;
  const state = await pollJob(aws, { job, show, print: info, notify: notice, patienceMs }, signal);
  return {
    state,
    metrics: mergeMetrics(state.metrics, log.metrics),
    logProblem: log.problem,
    lostLines: log.lostLines,
  };
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
  const log = await openLog(spec, signal);
  if (spec.output !== undefined || spec.metrics.length > 0) {
    try {
      await readWhole(aws, state, log.keep, signal);
    } catch (error) {
      signal.throwIfAborted();
      warning(`The log of the earlier job ${state.name} could not be read: ${describeError(error)}`);
    }
  }
  const metrics = mergeMetrics(state.metrics, recorded ?? new Map(), log.metrics);
  return { state, metrics, logProblem: log.problem, lostLines: log.lostLines };
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

interface KeptLog {
  readonly keep: (lines: LogLines) => Promise<void>;
  readonly metrics: Metrics;
  readonly problem: ActionError | undefined;
  readonly lostLines: readonly string[];
}

/** Replaces secrets in log files and metrics too, not only in the printed log. */
async function openLog({ metrics, output }: LogSpec, signal: AbortSignal): Promise<KeptLog> {
  const files = output === undefined ? undefined : new LogFiles(output);
  const reader = await MetricReader.of(metrics);
  const lostLines: string[] = [];
  return {
    lostLines,
    keep: async ({ instance, lines }) => {
      const redacted = lines.map(redact);
      files?.append(instance, redacted);
      lostLines.push(
        ...redacted
          .filter(isAboutLost)
          .slice(-MOST_LOST)
          .map((line) => line.slice(0, LONGEST_LOST)),
      );
      lostLines.splice(0, lostLines.length - MOST_LOST);
      await reader.accept(redacted, signal);
    },
    get metrics() {
      return reader.values;
    },
    get problem() {
      return files?.problem;
    },
  };
}
