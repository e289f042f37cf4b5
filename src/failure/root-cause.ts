/** What a program says that started several processes: which of them failed first, and how. */

import type { PrintedLine } from './printed-line.ts';

export interface RootCause {
  /** Names of the process, as prefixes of lines have them. */
  readonly processes: readonly string[];
  /** `rank 5: exit code 1`. */
  readonly message: string;
  /** Whether a signal ended it: then it could not print an error. */
  readonly isSignal: boolean;
}

/** torch/distributed/elastic/multiprocessing/errors/__init__.py */
const TORCHRUN = 'Root Cause (first observed failure):';
const RANK = /^\s*rank\s*: (\d+) \(local_rank: (\d+)\)/;
const EXIT_CODE = /^\s*exitcode\s*: (-?\d+)/;
const SIGNAL = /^\s*traceback\s*: (Signal \d+ \(SIG[A-Z]+\))/;
/** orte/tools/orterun/help-orterun.txt of Open MPI. */
const MPI = /^\s*Process name: \[\[\d+,\d+\],(\d+)\]|^MPI_ABORT was invoked on rank (\d+)\b/;
const MOST_BELOW = 8;

/** The last one in the lines. */
export function readRootCause(lines: readonly PrintedLine[]): RootCause | undefined {
  const at = lines.findLastIndex(({ text }) => text === TORCHRUN || MPI.test(text));
  const [, name, aborting] = MPI.exec(lines[at]?.text ?? '') ?? [];
  const mpi = name ?? aborting;
  if (mpi !== undefined) return { processes: [`mpi${mpi}`], message: `rank ${mpi}`, isSignal: false };
  const below = at < 0 ? [] : lines.slice(at + 1, at + 1 + MOST_BELOW);
  const find = (pattern: RegExp): readonly string[] =>
    below.map(({ text }) => pattern.exec(text)).find((match) => match !== null) ?? [];
  const [, rank, local] = find(RANK);
  if (rank === undefined) return undefined;
  const [, signal] = find(SIGNAL);
  const [, code = '?'] = find(EXIT_CODE);
  return {
    processes: [`rank${rank}`, `default${local}`],
    message: `rank ${rank}: ${signal ?? `exit code ${code}`}`,
    isSignal: signal !== undefined,
  };
}
