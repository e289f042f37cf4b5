/** Keeps what the step needs of a job's log: log files, metrics, and the lines that may explain a failure. */

import type { ActionError } from '../core/errors.ts';
import type { LogConsumer, LogLines } from '../core/log-lines.ts';
import { isAboutLost } from '../core/lost-names.ts';
import type { Metrics } from '../core/training-job.ts';
import { type InstanceLines, LastLines } from '../failure/last-lines.ts';
import { LogFiles, type Output } from '../files/output-folder.ts';
import { redact } from '../github/log.ts';
import type { MetricDefinition } from '../metrics/definitions.ts';
import type { JobTimes } from '../metrics/growing-series.ts';
import { MetricReader } from '../metrics/metric-reader.ts';
import type { MetricSeries } from '../metrics/series.ts';
import { statesOf } from './states.ts';

const MOST_LOST = 20;
/** Characters. */
const LONGEST_LOST = 2_000;

/** Which parts of the log to keep. */
export interface LogSpec {
  readonly metrics: readonly MetricDefinition[];
  /** Where to write log files. Undefined: no log files are written. */
  readonly output: Output | undefined;
  /** Whether the step depends on the metrics, so that the log is read even if nothing of it is kept. */
  readonly needsMetrics: boolean;
}

export class KeptLog implements LogConsumer {
  readonly #files: LogFiles | undefined;
  readonly #metrics: MetricReader;
  readonly #lost = new LostLines();
  readonly #last = new LastLines();

  private constructor(files: LogFiles | undefined, metrics: MetricReader) {
    this.#files = files;
    this.#metrics = metrics;
  }

  static async open({ metrics, output }: LogSpec): Promise<KeptLog> {
    return new KeptLog(output === undefined ? undefined : new LogFiles(output), await MetricReader.of(metrics));
  }

  /** Replaces secrets in all that is kept, not only in the printed log. The files have each line as it came. */
  async accept({ lines, ...stream }: LogLines, signal: AbortSignal): Promise<void> {
    const redacted = { ...stream, lines: lines.map(({ at, text }) => ({ at, text: redact(text) })) };
    this.#files?.append(
      stream.instance,
      redacted.lines.map(({ text }) => text),
    );
    this.#lost.accept(redacted);
    this.#last.accept(redacted);
    await this.#metrics.accept({ ...redacted, lines: redacted.lines.flatMap(statesOf) }, signal);
  }

  get metrics(): Metrics {
    return this.#metrics.values;
  }

  /** In no order. */
  series(times: JobTimes): MetricSeries[] {
    return this.#metrics.series(times);
  }

  /** What kept the log files from being written whole. */
  get problem(): ActionError | undefined {
    return this.#files?.problem;
  }

  /** The last lines that may name a file or module that was not found. */
  get lostLines(): readonly string[] {
    return this.#lost.lines;
  }

  /** The last lines of each instance. */
  get lastLines(): readonly InstanceLines[] {
    return this.#last.instances;
  }
}

class LostLines implements LogConsumer {
  readonly lines: string[] = [];

  accept({ lines }: LogLines): void {
    const found = lines.map(({ text }) => text).filter(isAboutLost);
    this.lines.push(...found.slice(-MOST_LOST).map((line) => line.slice(0, LONGEST_LOST)));
    this.lines.splice(0, this.lines.length - MOST_LOST);
  }
}
