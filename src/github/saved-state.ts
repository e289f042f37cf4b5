/**
 * Reads what the main step saved for the post step. Does not use @actions/core: loading it would take longer than the
 * post step usually runs.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#sending-values-to-the-pre-and-post-actions
 */

export interface SavedJob {
  readonly job: string;
  readonly region: string;
  /** Whether the job goes on when the step is cancelled. */
  readonly detach: boolean;
}

/** A task's lease that main requested. */
export interface SavedLease {
  readonly region: string;
  readonly bucket: string;
  /** The account that owns the bucket. */
  readonly account: string;
  readonly key: string;
  readonly token: string;
  /** The folder that main sends files to while it holds the lease. */
  readonly uploads: string;
  /** Whether S3 has confirmed that main holds it. */
  readonly taken: boolean;
  /** The key with which main encrypts what it writes. */
  readonly kmsKey: string | undefined;
}

/** What main left for the post step. */
export interface Unsettled {
  readonly job: SavedJob | undefined;
  readonly lease: SavedLease | undefined;
}

/** Whether this process is the post step. */
export function isPost(): boolean {
  return saved('main') === 'started';
}

/** A job that main did not follow to its end or stop, and a lease that it did not release. Undefined if there is neither. */
export function unsettledState(): Unsettled | undefined {
  const name = saved('job');
  const job =
    name === '' || saved('settled') === 'true'
      ? undefined
      : { job: name, region: saved('region'), detach: saved('detach') === 'true' };
  const text = saved('lease');
  const lease = text === '' ? undefined : (JSON.parse(text) as SavedLease);
  return job === undefined && lease === undefined ? undefined : { job, lease };
}

function saved(name: string): string {
  return process.env[`STATE_${name}`] ?? '';
}
