/**
 * Remembers the events that searches found lately, so that each event is passed on once. A search finds events by time, and
 * an event can arrive after newer ones were read. So each search starts before the newest event, and events that it finds
 * again are recognised by their ids: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 */

import type { FoundEvent } from '../core/log-event.ts';

/** The next search starts this far back, or as far as a third of a page reaches, which costs no further call. */
const AGAIN_MS = 60_000;
const AGAIN_EVENTS = 3_000;
const AGAIN_BYTES = 300_000;
/** It starts before the newest event of each stream, unless that stream is further behind the newest of all. */
const STREAM_BEHIND_MS = 5_000;
const MARGIN_MS = 500;
/** This many events are remembered, and up to twice as many while a search goes on. */
const REMEMBERED = 50_000;

interface Remembered {
  readonly id: string;
  readonly timestamp: number;
  readonly bytes: number;
}

export class LogWindow {
  #events: Remembered[] = [];
  readonly #ids = new Set<string>();
  /** Stream → time of its newest event. */
  readonly #newest = new Map<string, number>();
  #start: number;
  #known: number;

  /** `since`: all events are newer. */
  constructor(since: number) {
    this.#start = since;
    this.#known = since;
  }

  /** Where the next search starts. */
  get start(): number {
    return this.#start;
  }

  /** All events since this time that were passed on are remembered. */
  get known(): number {
    return this.#known;
  }

  /** Those of the events that were not found before. */
  accept(events: readonly FoundEvent[]): FoundEvent[] {
    const fresh: FoundEvent[] = [];
    for (const event of events) {
      if (this.#ids.has(event.id)) continue;
      this.#ids.add(event.id);
      this.#events.push({ id: event.id, timestamp: event.timestamp, bytes: event.message.length });
      // A line arrives after it was printed. So a wrong time in the future does not move the window.
      const at = Math.min(event.timestamp, event.arrived);
      this.#newest.set(event.stream, Math.max(at, this.#newest.get(event.stream) ?? 0));
      fresh.push(event);
    }
    // A search of many pages comes to them by their times, so it does not find again what is forgotten meanwhile.
    if (this.#events.length > 2 * REMEMBERED) this.#forget();
    return fresh;
  }

  /** Ends a search. */
  close(): void {
    this.#forget();
    const times = [...this.#newest.values()];
    const newest = Math.max(...times);
    const streams = times.filter((time) => newest - time <= STREAM_BEHIND_MS).map((time) => time - MARGIN_MS);
    if (streams.length > 0) this.#start = Math.max(this.#known, Math.min(this.#again(newest), ...streams));
  }

  /** How far back the next page has room for what was found already. */
  #again(newest: number): number {
    const oldest = newest - AGAIN_MS;
    let [at, events, bytes] = [newest, 0, 0];
    for (const event of backwards(this.#events)) {
      if (event.timestamp < oldest) break;
      events += 1;
      bytes += event.bytes;
      if (events > AGAIN_EVENTS || bytes > AGAIN_BYTES) return at;
      at = Math.min(at, event.timestamp);
    }
    return oldest;
  }

  #forget(): void {
    this.#events.sort((a, b) => a.timestamp - b.timestamp);
    const oldest = this.#events.at(-REMEMBERED);
    if (oldest === undefined) return;
    const kept = this.#events.findIndex(({ timestamp }) => timestamp >= oldest.timestamp);
    for (const { id } of this.#events.splice(0, kept)) this.#ids.delete(id);
    this.#known = Math.max(this.#known, oldest.timestamp);
  }
}

function* backwards<T>(items: readonly T[]): Generator<T> {
  for (let at = items.length - 1; at >= 0; at -= 1) yield items[at] as T;
}
