/** The sources of a job's log lines. A source makes one call each time, and says when the next one is due. */

import { type LogPage, searchEvents, streamEvents, streamNames } from '../aws/cloudwatch-logs.ts';
import type { Connection } from '../aws/connection.ts';
import type { LogEvent } from '../core/log-event.ts';
import { LogWindow } from './log-window.ts';
import { BatchCounts, missingEvents } from './missing-lines.ts';

/**
 * Calls a second, of all that read lines together: of what was read to its end, of a search whose next page may have new
 * lines, and of what has a full page of them. The list of streams has the same for itself. AWS allows the whole account 10 to
 * 30 GetLogEvents and 5 to 25 FilterLogEvents, depending on the region:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
 * So twenty steps at once leave some to others.
 */
export const CAUGHT_UP = 1;
const SEARCHING = 2;
const BEHIND = 8;
/** Between two calls for what was read to its end. */
const AGAIN_MS = 1_000;
/** Lines of an ended job can still be on their way. After this time without a new one, streams that lack lines are counted. */
const IDLE_MS = 3_000;
/** A page of this size counts as full. AWS's pages have up to 10,000 events or 1 MB. */
const FULL_EVENTS = 5_000;
const FULL_BYTES = 500_000;

export interface Source {
  /** When the next call is due, in milliseconds. The source that has waited longest comes first. */
  readonly due: number;
  /** Whether it was not read to its end, as far as is known. */
  readonly behind: boolean;
  /** How many calls a second of all sources it asks for. */
  readonly rate: number;
  readonly ask: (signal: AbortSignal) => Promise<void>;
}

/** Receives events of a stream, in order. */
export type Take = (stream: string, events: readonly LogEvent[]) => Promise<void>;

/** The names of the job's streams, which appear one by one. */
export class StreamList implements Source {
  readonly #aws: Connection;
  readonly #prefix: string;
  readonly #add: (stream: string) => void;
  #token: string | undefined;
  due = 0;
  behind = true;
  rate = CAUGHT_UP;

  constructor(aws: Connection, prefix: string, add: (stream: string) => void) {
    this.#aws = aws;
    this.#prefix = prefix;
    this.#add = add;
  }

  async ask(signal: AbortSignal): Promise<void> {
    const page = await streamNames(this.#aws, this.#prefix, this.#token, signal);
    for (const name of page.items) this.#add(name);
    this.#token = page.next;
    this.behind = page.next !== undefined;
    this.rate = rateFor(this.behind);
    if (!this.behind) this.due = Date.now() + AGAIN_MS;
  }
}

/** One stream, read page by page. `eager`: the job has ended, so the stream is read to its end without a pause. */
export class StreamTail implements Source {
  readonly #aws: Connection;
  readonly #stream: string;
  readonly #take: Take;
  readonly #eager: boolean;
  #token: string | undefined;
  due = 0;
  behind = true;
  rate: number;

  constructor(aws: Connection, stream: string, take: Take, eager: boolean) {
    this.#aws = aws;
    this.#stream = stream;
    this.#take = take;
    this.#eager = eager;
    this.rate = rateFor(eager);
  }

  async ask(signal: AbortSignal): Promise<void> {
    const page = await streamEvents(this.#aws, this.#stream, this.#token, signal);
    const more = page.next !== this.#token;
    await this.#take(this.#stream, page.items);
    this.#token = page.next;
    this.behind = more && (this.#eager || page.items.length === 0 || isFull(page));
    this.rate = rateFor(this.behind);
    this.due = Date.now() + (this.behind ? 0 : AGAIN_MS);
  }
}

/** All streams of the job at once, however many there are. */
export class JobSearch implements Source {
  readonly #aws: Connection;
  readonly #prefix: string;
  readonly #take: Take;
  readonly #window: LogWindow;
  readonly #counts = new Map<string, BatchCounts>();
  readonly #left = new Set<string>();
  #start: number;
  #token: string | undefined;
  #begun = 0;
  #pages = 0;
  #found = 0;
  #far = false;
  #searchedFar = false;
  #lastFound = Date.now();
  due = 0;
  behind = true;
  rate = CAUGHT_UP;
  /** Whether a search as far back as possible found nothing new, for some seconds now. */
  idle = false;

  /** `since`: all lines are newer. */
  constructor(aws: Connection, prefix: string, since: number, take: Take) {
    this.#aws = aws;
    this.#prefix = prefix;
    this.#take = take;
    this.#window = new LogWindow(since);
    this.#start = since;
  }

  /** Leaves the stream to another source. Returns how many of its events were found. */
  handOver(stream: string): BatchCounts {
    this.#left.add(stream);
    return this.#countsOf(stream);
  }

  /** Makes the next searches start as early as found lines are remembered: the job has ended. */
  searchFar(): void {
    this.#far = true;
  }

  async ask(signal: AbortSignal): Promise<void> {
    if (this.#token === undefined) {
      this.#searchedFar = this.#far;
      this.#start = this.#far ? this.#window.known : this.#window.start;
      [this.#begun, this.#pages, this.#found] = [Date.now(), 0, 0];
    }
    const page = await searchEvents(this.#aws, this.#prefix, this.#start, this.#token, signal);
    const fresh = this.#window.accept(page.items);
    for (const stream of new Set(fresh.map(({ stream }) => stream))) {
      if (this.#left.has(stream)) continue;
      const events = fresh.filter((event) => event.stream === stream);
      for (const event of events) this.#countsOf(stream).add(event);
      await this.#take(stream, events);
    }
    this.#token = page.next;
    this.#pages += 1;
    this.#found += fresh.length;
    this.due = Date.now();
    // A page of lines that are known already is no reason to hurry.
    this.behind = page.next !== undefined && fresh.length * 2 >= page.items.length;
    this.rate = page.next === undefined || this.behind ? rateFor(this.behind) : SEARCHING;
    if (page.next === undefined) this.#end();
  }

  #countsOf(stream: string): BatchCounts {
    const counts = this.#counts.get(stream) ?? new BatchCounts();
    this.#counts.set(stream, counts);
    return counts;
  }

  #end(): void {
    this.#window.close();
    if (this.#found > 0) this.#lastFound = Date.now();
    this.idle = this.#searchedFar && this.#found === 0 && Date.now() - this.#lastFound >= IDLE_MS;
    if (this.#pages === 1) this.due = this.#begun + AGAIN_MS;
  }
}

/** Brings the lines of a stream that searches have missed: counts all, then reads the stream again if there are more than were found. */
export class Recount implements Source {
  readonly #aws: Connection;
  readonly #stream: string;
  readonly #found: BatchCounts;
  readonly #take: Take;
  #there = new BatchCounts();
  /** What is missing can be among these: the batches that lack some. Undefined while the stream is counted. */
  #events: LogEvent[] | undefined;
  #token: string | undefined;
  due = 0;
  behind = true;

  constructor(aws: Connection, stream: string, found: BatchCounts, take: Take) {
    this.#aws = aws;
    this.#stream = stream;
    this.#found = found;
    this.#take = take;
  }

  get rate(): number {
    return rateFor(this.behind);
  }

  async ask(signal: AbortSignal): Promise<void> {
    const page = await streamEvents(this.#aws, this.#stream, this.#token, signal);
    if (this.#events === undefined) for (const event of page.items) this.#there.add(event);
    else this.#events.push(...page.items.filter((event) => this.#there.of(event) > this.#found.of(event)));
    const more = page.next !== this.#token;
    this.#token = page.next;
    this.due = Date.now();
    if (!more) await this.#end();
  }

  /** After counting, the lines are read if some are missing. Then it counts again, since lines can still arrive. */
  async #end(): Promise<void> {
    this.#token = undefined;
    const events = this.#events;
    this.#events = events === undefined && this.#found.lacksSomeOf(this.#there) ? [] : undefined;
    this.behind = this.#events !== undefined;
    if (this.behind) return;
    this.#there = new BatchCounts();
    this.due = Date.now() + AGAIN_MS;
    const missing = missingEvents(events ?? [], this.#found);
    for (const event of missing) this.#found.add(event);
    await this.#take(this.#stream, missing);
  }
}

function rateFor(hurries: boolean): number {
  return hurries ? BEHIND : CAUGHT_UP;
}

function isFull({ items }: LogPage<LogEvent>): boolean {
  const bytes = items.reduce((sum, { message }) => sum + message.length, 0);
  return items.length >= FULL_EVENTS || bytes >= FULL_BYTES;
}
