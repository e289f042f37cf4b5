/**
 * Finds the errors that ended a job in the last lines of its instances. The log is foreign text: what is found is shown, and
 * its paths are only compared with those of the repository.
 *
 * A log has errors that ended nothing: handled ones, and those of programs that wait for another one (torchrun, mpirun, a
 * script that starts another). So the last error of each process counts, if little was printed after it, and one of a
 * waiting program only if no other is there.
 */

import { type PrintedError, readChains } from './chain.ts';
import type { InstanceLines } from './last-lines.ts';
import { isNoise } from './noise.ts';
import { readOtherErrors } from './other-errors.ts';
import { type PrintedLine, rankOf, readLine } from './printed-line.ts';
import { type RootCause, readRootCause } from './root-cause.ts';
import { type Frame, HEADER } from './traceback.ts';

/** An error of one process. */
export interface LoggedError {
  readonly type: string;
  readonly message: string;
  /** As printed, the true error last. */
  readonly lines: readonly string[];
  readonly host: string;
  readonly rank: number | undefined;
  /** Where the error may be, the most likely first. */
  readonly frames: readonly Frame[];
}

/** Lines that a program prints after its error, while it ends: the most that count as few. */
const MOST_AFTER = 20;
/** A shell goes on after an error, unless it has to end. */
const MOST_AFTER_SHELL = 3;
/** How long a program takes to end after its error. */
const MOST_MS = 15 * 60_000;
const MOST_LINES = 100;
const FIRST_LINES = 20;

/** Errors of a process that lost another one. */
const CONSEQUENCE =
  /DistBackendError|DistNetworkError|DistStoreError|ConnectionResetError|ConnectionAbortedError|BrokenPipeError|EOFError|Connection (?:closed|reset) by peer|Broken pipe|[Ss]ocket [Tt]imeout|NCCL|[Gg]loo|Horovod has been shut down/;

interface Candidate extends LoggedError {
  readonly at: number;
  readonly isWrapper: boolean;
  /** Whether the program that started this process says that it failed first. */
  readonly isFirst: boolean;
  readonly isConsequence: boolean;
}

/** The error of each process, the one that most likely failed the job first. Empty if the log has none. */
export function readErrors(instances: readonly InstanceLines[]): LoggedError[] {
  const found = instances.flatMap(errorsOf);
  const own = found.filter(({ isWrapper }) => !isWrapper);
  const rank = (error: Candidate): number => (error.isFirst ? 0 : error.isConsequence ? 2 : 1);
  return (own.length > 0 ? own : found).sort((a, b) => rank(a) - rank(b) || a.at - b.at);
}

function errorsOf({ host, lines }: InstanceLines): Candidate[] {
  const printed = withoutReport(lines.map(readLine));
  const processes = Map.groupBy(printed, ({ process }) => process);
  const cause = readRootCause(printed);
  const end = printed.at(-1)?.at ?? 0;
  return [...processes].flatMap(([process, own]) => {
    const isFirst = cause?.processes.includes(process) ?? false;
    const error = isFirst && cause?.isSignal ? undefined : lastError(own, end, cause);
    if (error === undefined) return [];
    const { type, message, frames, isWrapper, first, last } = error;
    return {
      ...{ type, message, frames, isWrapper, host, rank: rankOf(process) },
      lines: [...shownLines(own.slice(first, last + 1)), ...(message === cause?.message ? [message] : [])],
      at: own[last]?.at ?? 0,
      isFirst,
      isConsequence: isConsequence(error),
    };
  });
}

/** AWS's training toolkit prints a part of the error again, in another form. */
function withoutReport(lines: readonly PrintedLine[]): readonly PrintedLine[] {
  const from = lines.findLastIndex(({ text }) => /ExecuteUserScriptError:$/.test(text));
  const to = lines.findIndex(({ text }, at) => at > from && text.startsWith('Command "'));
  return from < 0 || to < 0 ? lines : [...lines.slice(0, from), ...lines.slice(to + 1)];
}

/** The error that ended a process. `end`: when the instance printed its last line. */
function lastError(lines: readonly PrintedLine[], end: number, cause: RootCause | undefined): PrintedError | undefined {
  const chains = readChains(lines);
  const isInside = (at: number): boolean => chains.some(({ first, last }) => first <= at && at <= last);
  const errors = [...chains, ...readOtherErrors(lines).filter(({ first }) => !isInside(first))];
  errors.sort((a, b) => b.first - a.first);
  const plain = countPlain(lines, errors);
  let until = lines.length;
  let wrapper: PrintedError | undefined;
  for (const [index, error] of errors.entries()) {
    const most = error.kind === 'shell' ? MOST_AFTER_SHELL : MOST_AFTER;
    if (plain(error.last + 1, until) > most || end - (lines[error.last]?.at ?? 0) > MOST_MS) break;
    if (!error.isWrapper) return causeOf(error, errors[index + 1], plain);
    wrapper ??= error;
    until = error.first;
    if (cause?.isSignal) return { ...wrapper, message: cause.message, isWrapper: false };
  }
  return wrapper === undefined ? undefined : { ...wrapper, message: wrapper.message || (cause?.message ?? '') };
}

type CountPlain = (from: number, to: number) => number;

/** Counts lines that belong to no error and are no noise. */
function countPlain(lines: readonly PrintedLine[], errors: readonly PrintedError[]): CountPlain {
  const isPlain = lines.map(({ text }) => !isNoise(text));
  for (const { first, last } of errors) isPlain.fill(false, first, last + 1);
  const sums = [0];
  for (const plain of isPlain) sums.push((sums.at(-1) ?? 0) + (plain ? 1 : 0));
  return (from, to) => (sums[to] ?? 0) - (sums[from] ?? 0);
}

/** The error right before it, if this one only follows from that. */
function causeOf(error: PrintedError, before: PrintedError | undefined, plain: CountPlain): PrintedError {
  if (before === undefined || before.isWrapper || plain(before.last + 1, error.first) > MOST_AFTER_SHELL) return error;
  const follows = isConsequence(error) && !isConsequence(before);
  return follows || (error.kind === 'shell' && before.kind === 'crash') ? before : error;
}

function isConsequence({ type, message }: PrintedError): boolean {
  return CONSEQUENCE.test(`${type}: ${message}`);
}

function shownLines(lines: readonly PrintedLine[]): string[] {
  const texts = lines.map(({ text }, at) => (at === 0 ? withoutProgress(text) : text));
  if (texts.length <= MOST_LINES) return texts;
  return [...texts.slice(0, FIRST_LINES), '…', ...texts.slice(FIRST_LINES + 1 - MOST_LINES)];
}

/** A progress bar or the time of a log may stand before the first line. */
function withoutProgress(text: string): string {
  const at = text.indexOf(HEADER);
  return at < 0 || /^[\s+]*(?:Exception Group |Original )?$/.test(text.slice(0, at)) ? text : text.slice(at);
}
