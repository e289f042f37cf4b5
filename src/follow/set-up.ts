/**
 * Which lines of a job are its set-up: what the launcher, pip or AWS's training toolkit print before the program starts.
 * Both announce the program by the same line. https://github.com/aws/sagemaker-training-toolkit, logging_config.py
 */

import { withoutControls } from '../core/control-text.ts';

const ANNOUNCED = 'Invoking script with the following command:';
/** After so many lines an instance's set-up counts as done: perhaps nothing announces its program. */
const MOST_LINES = 2_000;
/** Lines that are kept in case the program does not start. */
const KEPT_LINES = 60;
/** Of these, if none says that it is an error. */
const LAST_LINES = 20;
const ERROR = /^\s*(?:ERROR\b|error:|×|Traceback \(most recent call last\))/;

interface Host {
  lines: number;
  done: boolean;
  readonly last: string[];
}

export class SetUp {
  readonly #announced: boolean;
  #hosts = new Map<string, Host>();

  /** `announced`: whether a line announces the program. If none does, there is no set-up. */
  constructor(announced: boolean) {
    this.#announced = announced;
  }

  /** Whether the host's next line is set-up. */
  accept(name: string, text: string): boolean {
    if (!this.#announced) return false;
    const host = this.#host(name);
    if (host.done) return false;
    host.lines += 1;
    host.done = host.lines > MOST_LINES || text.trimEnd() === ANNOUNCED;
    if (host.done) return false;
    host.last.push(text);
    if (host.last.length > KEPT_LINES) host.last.shift();
    return true;
  }

  /** Whether no host's program has started. */
  get isUnderWay(): boolean {
    return this.#announced && [...this.#hosts.values()].every(({ done }) => !done);
  }

  /** The instances are started again. */
  restart(): void {
    this.#hosts = new Map();
  }

  /**
   * The hosts whose set-up failed, and the last lines of each. Where the programs of others have started, only those with
   * an error: of programs that start each other, only the first is announced.
   */
  get failed(): ReadonlyMap<string, readonly string[]> {
    const isUnderWay = this.isUnderWay;
    const open = [...this.#hosts].filter(([, { done, last }]) => !done && (isUnderWay || last.some(isError)));
    open.sort(([a], [b]) => numberOf(a) - numberOf(b));
    return new Map(open.map(([name, { last }]) => [name, lastOf(last)]));
  }

  #host(name: string): Host {
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    const host = { lines: 0, done: false, last: [] };
    this.#hosts.set(name, host);
    return host;
  }
}

/** From the first error on. */
function lastOf(lines: readonly string[]): readonly string[] {
  const error = lines.findIndex(isError);
  return lines.slice(error < 0 ? -LAST_LINES : error);
}

function isError(line: string): boolean {
  return ERROR.test(withoutControls(line));
}

function numberOf(host: string): number {
  return Number(/\d+$/.exec(host)?.[0] ?? 0);
}
