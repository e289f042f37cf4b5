/**
 * Prints a job's log and the changes of its status to the workflow log, in the order in which they happened. The set-up of
 * the instances is a collapsed group. Says what is waited for when nothing is printed for a while.
 */

import { counted } from '../core/format.ts';
import type { LogLines } from '../core/log-lines.ts';
import type { DescribedJob } from '../core/training-job.ts';
import { info, printForeign } from '../github/log.ts';
import { SetUp } from './set-up.ts';
import { SetUpGroup } from './set-up-group.ts';
import { ShownStream } from './shown-stream.ts';
import { changeText, statusLine } from './status-line.ts';
import { type Change, Changes, type LogProgress } from './transitions.ts';
import { awaited, Silence } from './waiting.ts';

/** A bar that stands still for so long is shown as it is. */
const STILL_MS = 30_000;
/** After so long without a line, even a few lines of the set-up become a group. */
const SET_UP_MS = 5_000;

/** How reading the log goes. */
export interface Reading extends LogProgress {
  /** Whether the credentials may read it. */
  readonly isReadable: boolean;
}

interface Stream {
  readonly shown: ShownStream;
  lastLine: number;
}

/** `now`: milliseconds since 1970, by the runner's clock. */
export class PrintedLog {
  readonly #instances: number;
  readonly #streams = new Map<string, Stream>();
  readonly #changes = new Changes();
  readonly #silence: Silence;
  readonly #group = new SetUpGroup();
  #setUp = new SetUp(false);
  #job: DescribedJob | undefined;
  /** When a line of the log came last. */
  #lastLine: number | undefined;
  /** When the job's status or its message changed last. */
  #changed: number;

  constructor(instances: number, now: number) {
    this.#instances = instances;
    this.#silence = new Silence(now);
    this.#changed = now;
  }

  /** Takes the job's newest state. */
  job(job: DescribedJob, now: number): void {
    if (this.#job === undefined) this.#setUp = new SetUp(job.announcesProgram);
    this.#job = job;
    this.#printChanges(this.#changes.take(job, now), now);
  }

  lines({ host, lines }: LogLines, now: number): void {
    this.#silence.end(now);
    const stream = this.#stream(host);
    stream.lastLine = now;
    this.#lastLine = now;
    let shown: string[] = [];
    for (const line of lines) {
      const changes = this.#changes.before(line.at);
      if (changes.length > 0) {
        this.#print(host, shown);
        shown = [];
        this.#printChanges(changes, now);
      }
      stream.shown.accept(line, shown);
    }
    this.#print(host, shown);
  }

  /** Prints a message about how the job is followed. */
  message(text: string, now: number): void {
    this.#silence.end(now);
    this.#flush();
    this.#group.close();
    info(text);
  }

  /** Time has passed. */
  tick(reading: Reading, now: number): void {
    this.#printChanges(this.#changes.due(now, this.#lastLine ?? 0, reading), now);
    this.#flush(({ lastLine }) => now - lastLine >= STILL_MS);
    if (now - (this.#lastLine ?? now) >= SET_UP_MS) this.#group.open();
    if (!this.#silence.due(now)) return;
    this.#flush();
    this.#group.close();
    info(this.#stamped(now, this.#awaited(reading, now)));
  }

  /** The job has ended, and its log was read to the end. */
  end(now: number): void {
    this.#printChanges(this.#changes.all(), now);
    this.close();
    if (this.#job?.status === 'Failed') this.#printFailedSetUp();
  }

  /** Prints what was held back of bars, and ends the group. */
  close(): void {
    this.#flush();
    this.#group.close();
  }

  #stream(host: string): Stream {
    const known = this.#streams.get(host);
    if (known !== undefined) return known;
    const stream = { shown: new ShownStream(), lastLine: 0 };
    this.#streams.set(host, stream);
    return stream;
  }

  #printChanges(changes: readonly Change[], now: number): void {
    if (changes.length === 0) return;
    this.#silence.end(now);
    this.#flush();
    this.#group.close();
    for (const change of changes) {
      if (change.status === 'Interrupted' || change.status === 'Restarting') this.#setUp.restart();
      this.#changed = change.at ?? now;
      info(this.#stamped(change.at, changeText(change)));
    }
  }

  #awaited({ isReadable }: Reading, now: number): string {
    const [job, changed, lastLine] = [this.#job, this.#changed, this.#lastLine];
    const isSettingUp = lastLine !== undefined && this.#setUp.isUnderWay;
    return awaited({ job, now, changed, lastLine, isSettingUp, isReadable });
  }

  #stamped(at: number | undefined, text: string): string {
    return statusLine(this.#job?.transitions[0]?.at?.getTime(), at, text);
  }

  #flush(isDue: (stream: Stream) => boolean = () => true): void {
    for (const [host, stream] of this.#streams) {
      if (!stream.shown.holdsBack || !isDue(stream)) continue;
      const shown: string[] = [];
      stream.shown.flush(shown);
      this.#print(host, shown);
    }
  }

  /** Lines of the set-up come first. */
  #print(host: string, lines: readonly string[]): void {
    if (lines.length === 0) return;
    const program = lines.findIndex((line) => !this.#setUp.accept(host, line));
    const setUp = program < 0 ? lines : lines.slice(0, program);
    if (setUp.length > 0) this.#group.take(this.#title(host), this.#label(host), setUp);
    if (program < 0) return;
    this.#group.close();
    printForeign(this.#label(host), setUp.length === 0 ? lines : lines.slice(program));
  }

  #title(host: string): string {
    if (this.#instances === 1) return 'Set-up of the instance';
    return this.#setUp.isUnderWay ? `Set-up of ${counted(this.#instances, 'instance')}` : `Set-up of ${host}`;
  }

  #label(host: string): string {
    return this.#instances > 1 ? `[${host}] ` : '';
  }

  /** Out of the group: they say why the program did not start. */
  #printFailedSetUp(): void {
    const [first, ...others] = this.#setUp.failed;
    if (first === undefined) return;
    const [host, lines] = first;
    const hosts = this.#instances === 1 ? '' : ` on ${[first, ...others].map(([name]) => name).join(', ')}`;
    const whose = others.length === 0 ? 'its set-up' : `the set-up of ${host}`;
    info(`The program did not start${hosts}. The end of ${whose}:`);
    printForeign(this.#label(host), lines);
  }
}
