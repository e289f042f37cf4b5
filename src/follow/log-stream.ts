/**
 * Tracks whether a log stream was read completely. Each start of an instance has a stream, `JOB/algo-N-EPOCH`. The
 * launcher's last line is `##ssm-end HOST START COUNT`, where COUNT is the number of lines before it. A stream is
 * complete when this line and COUNT other lines have arrived, in any order.
 */

import type { LogEvent } from '../core/log-event.ts';
import type { LogLine } from '../core/log-lines.ts';

/** The parts of a log stream's name. `started` is its last part, a number that sorts by time: an epoch (assumed). */
export interface StreamName {
  readonly host: string;
  readonly instance: number;
  readonly started: number;
}

/** The instance `algo-N` has the number N-1, and the log file logs(N-1). */
export function parseStreamName(name: string): StreamName | undefined {
  const match = /\/([^/]*-(\d+))-(\d+)$/.exec(name);
  if (match === null) return undefined;
  return { host: match[1] ?? '', instance: Number(match[2]) - 1, started: Number(match[3]) };
}

/** Counts a stream's lines and removes the end line. */
export class LogStream {
  readonly name: StreamName;
  #lines = 0;
  #expected: number | undefined;

  constructor(name: StreamName) {
    this.name = name;
  }

  /** Returns the events' lines without the end line. */
  accept(events: readonly Pick<LogEvent, 'timestamp' | 'message'>[]): LogLine[] {
    const shown: LogLine[] = [];
    for (const { timestamp, message } of events) {
      const count = this.#endCount(message);
      if (count === undefined) shown.push(...message.split('\n').map((text) => ({ at: timestamp, text })));
      else this.#expected = count;
    }
    this.#lines += shown.length;
    return shown;
  }

  get complete(): boolean {
    return this.#expected !== undefined && this.#lines >= this.#expected;
  }

  /** Whether its end has come, and fewer lines than it counts. */
  get lacksLines(): boolean {
    return this.#expected !== undefined && this.#lines < this.#expected;
  }

  #endCount(message: string): number | undefined {
    const match = /^##ssm-end (\S+) \d+ (\d+)$/.exec(message);
    return match?.[1] === this.name.host ? Number(match[2]) : undefined;
  }
}

/** Whether the newest stream of each of the hosts is complete. */
export function allComplete(streams: Iterable<LogStream>, hosts: number): boolean {
  const newest = new Map<string, LogStream>();
  for (const stream of streams) {
    const earlier = newest.get(stream.name.host);
    if (earlier === undefined || earlier.name.started < stream.name.started) newest.set(stream.name.host, stream);
  }
  return newest.size >= hosts && [...newest.values()].every((stream) => stream.complete);
}
