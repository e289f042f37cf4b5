/** Reads a job's log, which has a stream for each start of each instance. */

import type { Connection } from '../aws/connection.ts';
import { isServiceError, isThrottled } from '../aws/service-errors.ts';
import type { LogEvent } from '../core/log-event.ts';
import type { LogLines } from '../core/log-lines.ts';
import { type DescribedJob, isEnded, starts } from '../core/training-job.ts';
import { CAUGHT_UP, JobSearch, Recount, type Source, StreamList, StreamTail, type Take } from './log-sources.ts';
import { allComplete, LogStream, parseStreamName } from './log-stream.ts';
import { Pace } from './pace.ts';

/** How much an instance's clock may be behind SageMaker's. */
const CLOCKS_MS = 600_000;

const DENIED = 'AccessDeniedException';
const WITHOUT_SEARCH =
  'The credentials may not call logs:FilterLogEvents on the log group /aws/sagemaker/TrainingJobs. So the step reads the ' +
  'log of one instance a second, in turn.';

export type Show = (lines: LogLines) => Promise<void>;

/** Reads the streams of one job, one call at a time. Passes on each line once. */
export class JobLog {
  readonly #aws: Connection;
  readonly #job: DescribedJob;
  readonly #print: (line: string) => void;
  readonly #show: Show;
  /** AWS limits each operation by itself. */
  readonly #listing = new Pace(1, Date.now());
  readonly #reading = new Pace(1, Date.now());
  readonly #streams = new Map<string, LogStream>();
  readonly #list: StreamList;
  readonly #tails: Source[] = [];
  readonly #recounts = new Map<string, Recount>();
  #search: JobSearch | undefined;
  #starts: number;

  /** `print` receives messages about how the log is read. */
  constructor(aws: Connection, job: DescribedJob, show: Show, print: (line: string) => void) {
    this.#aws = aws;
    this.#job = job;
    this.#show = show;
    this.#print = print;
    this.#starts = starts(job);
    const prefix = `${job.name}/`;
    const ended = isEnded(job);
    this.#list = new StreamList(aws, prefix, (name) => this.#addTail(name, ended));
    // One search finds the lines of all instances. The log of an ended job is read stream by stream, so that nothing is read twice.
    if (ended || job.instanceCount === 1) return;
    const since = Math.max(0, (job.transitions[0]?.at?.getTime() ?? 0) - CLOCKS_MS);
    this.#search = new JobSearch(aws, prefix, since, (name, events) => this.#take(name, events));
  }

  /** Whether the end lines prove that the whole log was read. An interrupted start has an end line too. */
  get complete(): boolean {
    return !this.#lacksStreams() && allComplete(this.#streams.values(), this.#job.instanceCount);
  }

  /** Whether the newest answers had no more lines after them. */
  get caughtUp(): boolean {
    return this.#sources().every(({ behind }) => !behind);
  }

  /** How long to wait before the next call, in milliseconds. */
  wait(now: number): number {
    const next = this.#next();
    const rate = Math.max(CAUGHT_UP, ...this.#sources().map(({ rate }) => rate));
    return Math.max(0, this.#paceOf(next).wait(rate, now), next.due - now);
  }

  /** Takes the job's newest state: with it the log may lack a start that nothing was read of. */
  expect(job: DescribedJob): void {
    this.#starts = starts(job);
    if (isEnded(job)) this.#search?.searchFar();
  }

  /** Makes one call, at the time that `wait` says, and shows the new lines. */
  async read(signal: AbortSignal): Promise<void> {
    const next = this.#next();
    const pace = this.#paceOf(next);
    pace.take();
    try {
      await next.ask(signal);
    } catch (error) {
      if (isThrottled(error)) pace.throttled();
      if (this.#search === undefined || this.#streams.size > 0 || !isServiceError(error, DENIED)) throw error;
      this.#search = undefined;
      this.#print(WITHOUT_SEARCH);
    }
    if (this.#search?.idle) this.#recount(this.#search);
  }

  #next(): Source {
    const sources = this.#sources();
    return sources.reduce((first, source) => (source.due < first.due ? source : first), sources[0] ?? this.#list);
  }

  #paceOf(source: Source): Pace {
    return source === this.#list ? this.#listing : this.#reading;
  }

  #sources(): Source[] {
    const listed = this.#lacksStreams() && (this.#search === undefined || this.#search.idle);
    const search = this.#search === undefined ? [] : [this.#search];
    return [...search, ...(listed ? [this.#list] : []), ...this.#tails, ...this.#recounts.values()];
  }

  /** Each start of an instance has a stream of its own. */
  #lacksStreams(): boolean {
    return this.#streams.size < this.#job.instanceCount * this.#starts;
  }

  #addTail(name: string, eager: boolean): void {
    if (this.#streams.has(name) || this.#add(name) === undefined) return;
    this.#search?.handOver(name);
    this.#tails.push(new StreamTail(this.#aws, name, (stream, events) => this.#take(stream, events), eager));
  }

  #recount(search: JobSearch): void {
    for (const [name, log] of this.#streams) {
      if (!log.lacksLines || this.#recounts.has(name)) continue;
      const take: Take = (stream, events) => this.#take(stream, events);
      this.#recounts.set(name, new Recount(this.#aws, name, search.handOver(name), take));
    }
  }

  #add(name: string): LogStream | undefined {
    const known = this.#streams.get(name);
    const parsed = parseStreamName(name);
    if (known !== undefined || parsed === undefined) return known;
    const log = new LogStream(parsed);
    this.#streams.set(name, log);
    return log;
  }

  async #take(name: string, events: readonly LogEvent[]): Promise<void> {
    const log = this.#add(name);
    const lines = log?.accept(events) ?? [];
    if (log === undefined || lines.length === 0) return;
    await this.#show({ host: log.name.host, instance: log.name.instance, lines });
  }
}
