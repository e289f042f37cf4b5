/**
 * What was read of a job's log, and whether that is all. Each instance has a stream a start, `JOB/algo-N-EPOCH`; the
 * launcher ends one with `##ssm-end HOST START COUNT`, COUNT being the number of lines before it. A stream is complete when
 * that line and as many lines as it counts have come, in whatever order.
 */

/** A log stream's name taken apart. `started` is its last part, a number that sorts by time (assumed to be an epoch). */
export interface StreamName {
  readonly host: string;
  readonly instance: number;
  readonly started: number;
}

/** The instance `algo-N` is number N-1: the log file is logs(N-1). */
export function parseStreamName(name: string): StreamName | undefined {
  const match = /\/((?:algo|.*)-(\d+))-(\d+)$/.exec(name);
  if (match === null) return undefined;
  return { host: match[1] ?? '', instance: Number(match[2]) - 1, started: Number(match[3]) };
}

/** Counts a stream's lines and takes the end line out of them. */
export class StreamTail {
  readonly name: StreamName;
  #lines = 0;
  #expected: number | undefined;

  constructor(name: StreamName) {
    this.name = name;
  }

  /** The lines to show of these events' messages. */
  accept(messages: readonly string[]): string[] {
    const shown: string[] = [];
    for (const message of messages) {
      const count = this.#endCount(message);
      if (count === undefined) shown.push(...message.split('\n'));
      else this.#expected = count;
    }
    this.#lines += shown.length;
    return shown;
  }

  get complete(): boolean {
    return this.#expected !== undefined && this.#lines >= this.#expected;
  }

  #endCount(message: string): number | undefined {
    const match = /^##ssm-end (\S+) \d+ (\d+)$/.exec(message);
    return match?.[1] === this.name.host ? Number(match[2]) : undefined;
  }
}

/** Whether the newest stream of each of the hosts is complete. */
export function allComplete(tails: Iterable<StreamTail>, hosts: number): boolean {
  const newest = new Map<string, StreamTail>();
  for (const tail of tails) {
    const earlier = newest.get(tail.name.host);
    if (earlier === undefined || earlier.name.started < tail.name.started) newest.set(tail.name.host, tail);
  }
  return newest.size >= hosts && [...newest.values()].every((tail) => tail.complete);
}
