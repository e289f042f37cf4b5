/** Errors of shells, and of programs that a signal ended. */

import type { PrintedError } from './chain.ts';
import type { PrintedLine } from './printed-line.ts';
import type { Frame } from './traceback.ts';

/** `train.sh: line 5: …` of bash, `train.sh: 5: …` of dash. */
const SHELL = /^(\S[^:]*): (?:-c: )?(?:line )?(\d+): +(.+)$/;
const SHELLS = /^(?:(?:ba|da|a|k|z)?sh|.+\.(?:ba)?sh)$/;
const SHELL_ERRORS =
  /not found|can(?:'t|not) (?:open|create|execute)|No such file|[Pp]ermission denied|[Ss]yntax error|unexpected|unbound variable|parameter not set|[Bb]ad substitution|bad interpreter|division by (?:0|zero)|^\d+ (?:Killed|Segmentation fault|Aborted|Bus error|Illegal instruction|Floating point exception)\b/;
/** What bash and the kernel say of a program that a signal ended. */
const SIGNALLED =
  /^(Killed|Segmentation fault|Aborted|Bus error|Illegal instruction|Floating point exception)(?: \(core dumped\))?$/;
/** orte/tools/orterun/help-orterun.txt of Open MPI. */
const MPI_SIGNALLED = /^mpi(?:run|exec) noticed that (process rank \d+) .*exited on signal \d+ \(([\w ]+)\)/;
/** https://docs.python.org/3/library/faulthandler.html */
const FATAL = /^Fatal Python error: (.+)$/;
const FATAL_FRAME = /^ {2}File "([^"]+)", line (\d+) in /;
const THREAD = /^(?:Current thread|Thread) 0x\w+.*\(most recent call first\):$/;
/** Of C++: GCC's libstdc++. */
const TERMINATED = /^terminate called after throwing an instance of '([\w:]+)'$/;
const WHAT = /^ +what\(\): +(.*)$/;

/** Lines of faulthandler's before the first frame. */
const MOST_BEFORE = 4;
const MOST_FRAMES = 100;
const LONGEST_MESSAGE = 500;

/** The errors in the lines of one process, in order. */
export function readOtherErrors(lines: readonly PrintedLine[]): PrintedError[] {
  return lines.flatMap(({ text }, at) => {
    const error = shellError(text) ?? signalled(text) ?? fatal(lines, at) ?? terminated(lines, at);
    if (error === undefined) return [];
    const { length = 1, frames = [], ...read } = error;
    const message = read.message.slice(0, LONGEST_MESSAGE);
    return [{ ...read, message, frames, first: at, last: at + length - 1, isWrapper: false }];
  });
}

interface Read extends Pick<PrintedError, 'kind'> {
  readonly type: string;
  readonly message: string;
  readonly frames?: readonly Frame[];
  /** In lines. */
  readonly length?: number;
}

function shellError(text: string): Read | undefined {
  const [, path = '', line, message = ''] = SHELL.exec(text) ?? [];
  const type = path.slice(path.lastIndexOf('/') + 1);
  if (line === undefined || !SHELLS.test(type) || !SHELL_ERRORS.test(message)) return undefined;
  const frames = /\.(?:ba)?sh$/.test(path) ? [{ path, line: Number(line) }] : [];
  return { kind: 'shell', type, message: message.replace(/ {2,}/g, ' '), frames };
}

function signalled(text: string): Read | undefined {
  const [, rank, signal] = MPI_SIGNALLED.exec(text) ?? [];
  if (signal !== undefined) return { kind: 'crash', type: signal, message: `mpirun's ${rank}` };
  const [, type] = SIGNALLED.exec(text) ?? [];
  return type === undefined ? undefined : { kind: 'shell', type, message: '' };
}

function fatal(lines: readonly PrintedLine[], at: number): Read | undefined {
  const [, message] = FATAL.exec(lines[at]?.text ?? '') ?? [];
  if (message === undefined) return undefined;
  const below = lines.slice(at + 1, at + 1 + MOST_BEFORE + MOST_FRAMES).map(({ text }) => text);
  const thread = below.slice(0, MOST_BEFORE).findIndex((text) => THREAD.test(text));
  const frames: Frame[] = [];
  for (const text of thread < 0 ? [] : below.slice(thread + 1)) {
    const [, path, line] = FATAL_FRAME.exec(text) ?? [];
    if (path === undefined) break;
    frames.push({ path, line: Number(line) });
  }
  const length = thread < 0 ? 1 : thread + 2 + frames.length;
  return { kind: 'crash', type: 'Fatal Python error', message, frames, length };
}

function terminated(lines: readonly PrintedLine[], at: number): Read | undefined {
  const [, type] = TERMINATED.exec(lines[at]?.text ?? '') ?? [];
  if (type === undefined) return undefined;
  const [, message] = WHAT.exec(lines[at + 1]?.text ?? '') ?? [];
  return { kind: 'crash', type, message: message ?? '', length: message === undefined ? 1 : 2 };
}
