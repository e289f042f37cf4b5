/** The workflow run that the step belongs to. */

/** Gives defaults of inputs and values of the job's tags. */
export interface RunContext {
  /** GitHub's URL, without a slash at its end. */
  readonly server: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly ref: string;
  readonly sha: string;
  readonly runId: string;
  /** The run's attempt, from 1. 0 if it is not known. */
  readonly attempt: number;
  /** The event's name, as `push`; empty where none is known. */
  readonly event: string;
  /** The event as GitHub sent it; anything may be in it. */
  readonly payload: unknown;
  /** AWS_REGION or AWS_DEFAULT_REGION. */
  readonly region: string;
  /** Absolute path. Relative paths in inputs start here. */
  readonly workspace: string;
}
