/**
 * Searches a job's log lines for metrics. Leaves a metric to SageMaker when its expression takes too long.
 *
 * Several instances can print a metric of the same name. It is the one of the instance with the lowest number, which is
 * the main instance if that prints it, in whatever order the lines of different instances arrive.
 */

import { setImmediate } from 'node:timers/promises';
import { drawnTexts } from '../core/control-text.ts';
import type { LogConsumer, LogLines } from '../core/log-lines.ts';
import type { Metrics } from '../core/training-job.ts';
import { notice } from '../github/log.ts';
import { LONGEST_LINE, type MetricDefinition, mergeMetrics } from './definitions.ts';
import type { Pattern } from './expression.ts';
import { GrowingSeries, type JobTimes, type PrintedValue } from './growing-series.ts';
import { readNumber, readNumberLine } from './number-line.ts';
import { AXES, type MetricSeries } from './series.ts';

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
/** The numbers beside a metric that an expression finds: none. */
const NOTHING: readonly number[] = AXES.map(() => Number.NaN);

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

/** A piece of a line, with where and when it was printed. */
interface Printed {
  readonly text: string;
  readonly time: number;
  readonly instance: number;
}

interface OwnSeries {
  readonly instance: number;
  readonly series: GrowingSeries;
}

export class MetricReader implements LogConsumer {
  readonly #series = new Map<string, OwnSeries>();
  readonly #followed: Set<Followed>;
  #rested = performance.now();

  private constructor(followed: readonly Followed[]) {
    this.#followed = new Set(followed);
  }

  static async of(definitions: readonly MetricDefinition[]): Promise<MetricReader> {
    return new MetricReader(await followedOf(definitions));
  }

  async accept({ instance, lines }: LogLines, signal: AbortSignal): Promise<void> {
    for (const { at, text: line } of lines) {
      for (const text of drawnTexts(line)) {
        if (text.length <= LONGEST_LINE) await this.#read({ text, time: at, instance }, signal);
      }
    }
  }

  /** The last value of each metric, which can be NaN or infinite. Sorted by name. */
  get values(): Metrics {
    return mergeMetrics(new Map([...this.#series].map(([name, { series }]) => [name, series.last])));
  }

  /** In no order. */
  series(times: JobTimes): MetricSeries[] {
    return [...this.#series.values()].map(({ series }) => series.series(times));
  }

  /** What a line of numbers names is not searched for in that line again. */
  async #read(printed: Printed, signal: AbortSignal): Promise<void> {
    const numbers = new Map(readNumberLine(printed.text));
    const beside = numbers.size === 0 ? NOTHING : AXES.map((axis) => numbers.get(axis) ?? Number.NaN);
    for (const [name, value] of numbers) this.#take(name, printed.instance, { time: printed.time, value, beside });
    for (const each of this.#followed) {
      if (!numbers.has(each.name)) this.#search(each, printed);
      await this.#rest(signal);
    }
  }

  #search(followed: Followed, { text, time, instance }: Printed): void {
    const { name, pattern, overdue } = followed;
    const until = performance.now() - overdue + MOST_MS + LINE_MS + text.length * CHARACTER_MS;
    for (const found of pattern.search(text)) {
      const value = readNumber(found ?? '');
      if (value !== undefined) this.#take(name, instance, { time, value, beside: NOTHING });
      if (performance.now() > until) break;
    }
    followed.overdue = Math.max(0, performance.now() - until + MOST_MS);
    if (followed.overdue > MOST_MS) this.#giveUp(followed);
  }

  /** Removes the values so far: the last one is perhaps not among them. */
  #giveUp(followed: Followed): void {
    this.#followed.delete(followed);
    this.#series.delete(followed.name);
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

  #take(name: string, instance: number, printed: PrintedValue): void {
    const known = this.#series.get(name);
    if (known === undefined && this.#series.size >= MOST_NAMES) return;
    const own =
      known === undefined || instance < known.instance ? { instance, series: new GrowingSeries(name) } : known;
    if (instance === own.instance) own.series.add(printed);
    this.#series.set(name, own);
  }
}
