/** Searches a job's log lines for metrics. Leaves a metric to SageMaker when its expression takes too long. */

import { setImmediate } from 'node:timers/promises';
import type { LogConsumer, LogLines } from '../core/log-lines.ts';
import type { Metrics } from '../core/training-job.ts';
import { notice } from '../github/log.ts';
import { jsonMetrics, LONGEST_LINE, type MetricDefinition, mergeMetrics, numberOf } from './definitions.ts';
import type { Pattern } from './expression.ts';

/** The most names of metrics. A worker that prints more makes a mistake. */
const MOST_NAMES = 500;
/**
 * One search takes linear time, but an expression can match at each character and read the whole line each time. So each
 * expression has a time for a line and its characters, about three times what an ordinary one needs, and may exceed the
 * sum of these times by `MOST_MS`.
 */
const LINE_MS = 0.05;
const CHARACTER_MS = 0.005;
const MOST_MS = 250;
/** After this time the step handles signals, before it searches on. */
const SLICE_MS = 50;

interface Followed {
  readonly name: string;
  readonly pattern: Pattern;
  /** By how much its searches exceeded their time. */
  overdue: number;
}

/** Prints a notice for each metric that only SageMaker follows. */
export async function noteUnfollowed(definitions: readonly MetricDefinition[]): Promise<void> {
  const followed = new Set((await followedOf(definitions)).map(({ name }) => name));
  for (const { name } of definitions.filter((each) => !followed.has(each.name))) {
    notice(
      `Only SageMaker follows the metric "${name}", not the action itself: its expression has look-around, back ` +
        'references or something else that RE2 does not support, or is too large. The action takes its last value from ' +
        'SageMaker when the job has ended.',
    );
  }
}

async function followedOf(definitions: readonly MetricDefinition[]): Promise<Followed[]> {
  if (definitions.length === 0) return [];
  const { readExpression } = await import('./expression.ts');
  return definitions.flatMap(({ name, regex }) => {
    const pattern = readExpression(name, regex);
    return pattern === undefined ? [] : [{ name, pattern, overdue: 0 }];
  });
}

export class MetricReader implements LogConsumer {
  readonly #values = new Map<string, number>();
  readonly #followed: Set<Followed>;
  #rested = performance.now();

  private constructor(followed: readonly Followed[]) {
    this.#followed = new Set(followed);
  }

  static async of(definitions: readonly MetricDefinition[]): Promise<MetricReader> {
    return new MetricReader(await followedOf(definitions));
  }

  async accept({ lines }: LogLines, signal: AbortSignal): Promise<void> {
    for (const { text: line } of lines) {
      if (line.length > LONGEST_LINE) continue;
      for (const [name, value] of jsonMetrics(line)) this.#take(name, value);
      for (const each of this.#followed) {
        this.#search(each, line);
        await this.#rest(signal);
      }
    }
  }

  /** The last value of each metric, sorted by name. */
  get values(): Metrics {
    return mergeMetrics(this.#values);
  }

  #search(followed: Followed, line: string): void {
    const { name, pattern, overdue } = followed;
    const until = performance.now() - overdue + MOST_MS + LINE_MS + line.length * CHARACTER_MS;
    for (const text of pattern.search(line)) {
      this.#take(name, numberOf(text ?? ''));
      if (performance.now() > until) break;
    }
    followed.overdue = Math.max(0, performance.now() - until + MOST_MS);
    if (followed.overdue > MOST_MS) this.#giveUp(followed);
  }

  /** Removes the value so far: it is perhaps not the last one. */
  #giveUp(followed: Followed): void {
    this.#followed.delete(followed);
    this.#values.delete(followed.name);
    notice(
      `The action no longer follows the metric "${followed.name}": its expression took too long for a line of the log. ` +
        'The action takes its last value from SageMaker when the job has ended.',
    );
  }

  async #rest(signal: AbortSignal): Promise<void> {
    if (performance.now() - this.#rested < SLICE_MS) return;
    await setImmediate();
    signal.throwIfAborted();
    this.#rested = performance.now();
  }

  #take(name: string, value: number): void {
    const room = this.#values.has(name) || this.#values.size < MOST_NAMES;
    if (Number.isFinite(value) && room) this.#values.set(name, value);
  }
}
