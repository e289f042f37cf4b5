/** Lines of a job's log, as they are passed on after they were read. */

export interface LogLine {
  /** When it was printed, by the instance's clock: milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
}

/** New lines of one stream, in order. `instance` counts from 0, and its host is `algo-(instance + 1)`. */
export interface LogLines {
  readonly host: string;
  readonly instance: number;
  readonly lines: readonly LogLine[];
}

/** Reads the log while it comes. It gets each line once; those of an instance in order. */
export interface LogConsumer {
  readonly accept: (lines: LogLines, signal: AbortSignal) => Promise<void> | void;
}
