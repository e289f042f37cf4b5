/** The workflow run that the step belongs to. */

/** Identifies the run in all of GitHub: `owner/name/ID`. Empty outside of a workflow run. */
export function runKey({ repository, runId }: Pick<RunContext, 'repository' | 'runId'>): string {
  return runId === '' ? '' : `${repository}/${runId}`;
}

/** An attempt of a workflow run. `run`: its key. */
export interface RunAttempt {
  readonly run: string;
  readonly attempt: number;
}

/** Where a job comes from: the run that started it, and what that run was about. */
export interface Origin extends RunAttempt {
  /** The commit, where the run's event names it. */
  readonly sha: string | undefined;
  /** The number of the pull request, where the event names it. */
  readonly pullRequest: number | undefined;
}

export function runAttempt(context: RunContext): RunAttempt {
  return { run: runKey(context), attempt: context.attempt };
}

/** Whether `now` runs `then` once more. `then` has ended: GitHub starts an attempt when the one before it is over. */
export function isRerun(now: RunAttempt, then: RunAttempt): boolean {
  return now.run !== '' && now.run === then.run && now.attempt > then.attempt;
}

/** Gives defaults of inputs and values of the job's tags. */
export interface RunContext {
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
  /** Whether the runner is GitHub's own, which ends a workflow job after six hours. */
  readonly isHosted: boolean;
  /** When the workflow job started. Undefined if it is not known. */
  readonly jobStart: Date | undefined;
  /** The run's page. Undefined outside of a workflow run. */
  readonly url: string | undefined;
  /** This action as a workflow names it: `owner/name@ref`. */
  readonly action: string;
  /** AWS_REGION or AWS_DEFAULT_REGION. */
  readonly region: string;
  /** Absolute path. Relative paths in inputs start here. */
  readonly workspace: string;
}
