/** Leaves a job that goes on: says how to come back, and keeps the post step from stopping it. */

import { isExpired, NoCredentials } from '../aws/service-errors.ts';
import { logsUrl } from '../core/names.ts';
import type { Place } from '../core/s3-layout.ts';
import type { FollowSpec } from '../follow/spec.ts';
import { info, notice } from '../github/log.ts';
import { commitOf } from '../github/pull-request.ts';
import { saveSettled } from '../github/state.ts';
import type { JobRecord } from '../history/record.ts';
import { writeRecord } from '../history/records.ts';
import type { Step } from '../step.ts';
import { collectingStep } from './come-back.ts';
import { setOutputs } from './outputs.ts';
import type { GitHubSpec } from './spec.ts';
import { setStatus } from './statuses.ts';

/** The part of the task's spec that is needed to come back. */
export interface LeftSpec {
  readonly place: Place;
  readonly github: GitHubSpec;
  readonly aws: { readonly roleToAssume: { readonly roleArn: string } | undefined };
}

/** A job that a step leaves. `record`: undefined for a job that another client started. */
export interface LeftJob {
  readonly job: string;
  readonly place: Place;
  readonly record: Omit<JobRecord, 'end'> | undefined;
}

/** Sets the commit's status to pending too, and has whoever collects the job set it. `why`: see `sayLeft`. */
export async function leaveJob(
  step: Step,
  spec: LeftSpec,
  { job, place, record }: LeftJob,
  why: string,
): Promise<void> {
  sayLeft(step, spec, job, why);
  const commit = commitOf(step.run);
  if (commit === undefined || record === undefined || spec.github.commitStatus === 'false') return;
  if (!record.pending.includes(commit)) {
    const left = { ...record, pending: [...record.pending, commit], end: undefined };
    await writeRecord(step, place, job, left, step.aws.kmsKey);
  }
  await setStatus(step, spec.github, place, [commit], { state: 'pending', description: `${job} is in progress` });
}

/** Does what must be done at once. `why`: a part of a sentence, such as `"wait" is false`. */
export function sayLeft({ aws, run }: Step, { place, aws: access }: LeftSpec, job: string, why: string): void {
  saveSettled();
  setOutputs({ status: 'InProgress', detached: 'true' });
  const { task, project } = place;
  const step = {
    ...{ job, task, project },
    region: aws.region,
    role: access.roleToAssume?.roleArn,
    action: run.action,
  };
  notice(
    `${job} goes on without this step, because ${why}. To collect its results, run the same workflow again, or the step ` +
      'that the log shows, in any workflow.',
  );
  info(`${logsUrl(aws.region, job)}\n${collectingStep(step)}`);
}

export const WITHOUT_WAIT = '"wait" is false';

export function timeOver({ waitSeconds }: FollowSpec): string {
  return waitSeconds === undefined
    ? 'GitHub ends this workflow job after six hours'
    : `"wait-minutes" (${waitSeconds / 60}) are over`;
}

/** Why the job goes on although the step fails. Undefined if it does not. */
export function whyLeft({ onCancel }: FollowSpec, signal: AbortSignal, error: unknown): string | undefined {
  if (signal.aborted) return onCancel === 'detach' ? 'the step was cancelled, and "on-cancel" is detach' : undefined;
  if (isExpired(error)) return "the step's AWS credentials have expired";
  return error instanceof NoCredentials ? 'the step has no AWS credentials any more' : undefined;
}
