/** An error of the worker, read from its log. */

export interface WorkerError {
  /** As `KeyError`, `torch.cuda.OutOfMemoryError`, or the program of a shell script's error. */
  readonly type: string;
  readonly message: string;
  /** The traceback's lines as the worker printed them, the true error last. */
  readonly lines: readonly string[];
  /** The hosts that have it: `algo-1`, …. */
  readonly hosts: readonly string[];
  /** The ranks of the processes that have it, as far as the log names them. */
  readonly ranks: readonly number[];
  /** The innermost frame that lies in the repository. Undefined if none does. */
  readonly place: RepositoryLine | undefined;
}

/** `file`: relative to the workspace, with slashes. `line` counts from 1. */
export interface RepositoryLine {
  readonly file: string;
  readonly line: number;
}
