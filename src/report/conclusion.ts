/** How a job ended, in words: for the step's error, its report, and the status of a commit. */

import { type ActionError, JobError } from '../core/errors.ts';
import { duration } from '../core/format.ts';
import { failureText } from '../failure/error-text.ts';
import type { WorkerError } from '../failure/worker-error.ts';
import type { Outcome } from '../job/outcome.ts';
import type { JobReport } from './job-report.ts';
import type { Status } from './spec.ts';

/** Undefined for a job that completed. */
export function failureOf(
  job: string,
  end: Outcome,
  error: WorkerError | undefined,
  cause: string | undefined,
): JobError | undefined {
  switch (end.kind) {
    case 'completed':
      return undefined;
    case 'failed': {
      const text = `${failureText(error, end.reason)}${cause === undefined ? '' : `\n${cause}`}`;
      return new JobError(`The job ${job} failed: ${text}`, hintOf(end));
    }
    case 'stopped':
      return new JobError(`The job ${job} was stopped: ${end.reason}`, hintOf(end));
    case 'no instances':
      return new JobError(`There were ${end.reason}`, hintOf(end));
  }
}

/** What to do about it. */
export function hintOf(end: Outcome): string {
  switch (end.kind) {
    case 'completed':
      return '';
    case 'failed':
      return 'The log of the step is complete. The results that the job left were downloaded.';
    case 'stopped':
    case 'no instances':
      return end.hint;
  }
}

/** Of a job that completed, but only for some of its instances. */
export function unmarked(job: string): string {
  return (
    `Only some of the instances of ${job} marked the task as completed, so the task is not completed. ` +
    'Its next run starts a job again, and other tasks cannot use these results.'
  );
}

/** The status of a commit. `failure`: why the step fails, if it does. */
export function statusOf(end: Outcome, failure: ActionError | undefined, { trainingSeconds }: JobReport): Status {
  const time = trainingSeconds === undefined ? '' : ` in ${duration(trainingSeconds)}`;
  if (failure === undefined) return { state: 'success', description: `Completed${time}` };
  const [first = ''] = failure.message.split('\n');
  return { state: end.kind === 'stopped' ? 'error' : 'failure', description: first };
}
