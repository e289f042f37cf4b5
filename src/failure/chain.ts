/**
 * Puts exceptions together that one program printed as one error: those that one raised from another, while another was
 * handled, or that another process raised and this one passed on. Python prints the exception last that ended the program.
 */

import { ASIDE } from './noise.ts';
import type { PrintedLine } from './printed-line.ts';
import { type Frame, readTracebacks, type Traceback } from './traceback.ts';

/** What a program printed of an error. */
export interface PrintedError {
  /** The indices of its lines. */
  readonly first: number;
  readonly last: number;
  readonly type: string;
  /** Its first line. */
  readonly message: string;
  /** Where the error may be, the most likely first. */
  readonly frames: readonly Frame[];
  /** Whether it says only that another process failed. */
  readonly isWrapper: boolean;
  /** A crash is an error below Python. After an error of a shell its script may go on. */
  readonly kind: 'exception' | 'crash' | 'shell';
}

const LINKS =
  /^(?:The above exception was the direct cause of the following exception:|During handling of the above exception, another exception occurred:|-- Process \d+ terminated with the following error:|"""|)$/;
const MOST_LINKS = 8;
/** PyTorch's DataLoader passes a worker's exception on so: torch/_utils.py */
const PASSED_ON = /^Caught \S+ in /;

/**
 * Exceptions of a program that waits for another one. With a signal in the message it is the error itself, as no program
 * can print one when it is killed.
 */
const WRAPPER =
  /(?:^|\.)(?:ChildFailedError|CalledProcessError|ProcessRaisedException|ProcessExitedException|ExecuteUserScriptError|RayTaskError(?:\(\w+\))?)$/;
const SIGNAL = /\bSIG[A-Z]{3,}\b/;

const MOST_FRAMES = 100;

/** An exception of a chain. */
interface Linked extends Traceback {
  /** Whether the one before passes it on from another process. */
  readonly isPassedOn: boolean;
}

/** The errors in the lines of one process, in order. */
export function readChains(lines: readonly PrintedLine[]): PrintedError[] {
  const chains: Linked[][] = [];
  for (const traceback of readTracebacks(lines)) {
    const before = chains.at(-1);
    const link = linkOf(lines, before?.at(-1), traceback);
    if (before !== undefined && link !== undefined) before.push({ ...traceback, isPassedOn: link === 'passed on' });
    else chains.push([{ ...traceback, isPassedOn: false }]);
  }
  return chains.flatMap((chain) => printed(lines, chain));
}

function linkOf(
  lines: readonly PrintedLine[],
  before: Traceback | undefined,
  { first }: Traceback,
): 'passed on' | 'raised' | undefined {
  if (before === undefined) return undefined;
  const between = first - before.last - 1;
  if (between === 0) return PASSED_ON.test(before.message) || WRAPPER.test(before.type) ? 'passed on' : undefined;
  if (between > MOST_LINKS) return undefined;
  const texts = lines.slice(before.last + 1, first).map(({ text }) => text);
  if (!texts.every((text) => LINKS.test(text))) return undefined;
  if (texts.some((text) => text.startsWith('-- Process'))) return 'passed on';
  return texts.some((text) => text.endsWith(':')) ? 'raised' : undefined;
}

function printed(lines: readonly PrintedLine[], chain: readonly Linked[]): PrintedError[] {
  const [start] = chain;
  const end = chain.at(-1);
  if (start === undefined || end === undefined || ASIDE.test(lines[start.first - 1]?.text ?? '')) return [];
  const { type, message, last } = end;
  // A pool passes on an exception of another process: it was raised where it comes first.
  const isSame = (other: Traceback): boolean => other.type === type && other.message === message;
  const others = chain.slice(0, -1);
  const order = [...others.filter(isSame), end, ...others.filter((other) => !isSame(other)).reverse()];
  const isWrapper = chain.some(
    (each, at) => WRAPPER.test(each.type) && !SIGNAL.test(each.message) && chain[at + 1]?.isPassedOn !== true,
  );
  return [
    {
      // What a pool passes on stands between quotes, below a line that says so.
      first: lines[start.first - 1]?.text === '"""' ? Math.max(0, start.first - 2) : start.first,
      ...{ last, type, message, isWrapper, kind: 'exception' },
      frames: order.flatMap(({ frames }) => frames.toReversed()).slice(0, MOST_FRAMES),
    },
  ];
}
