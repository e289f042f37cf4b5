/** Tells GitHub about an ended job: the statuses of the commits that wait for it, and the comment on the pull request. */

import { describeError } from '../core/errors.ts';
import type { Origin } from '../core/run-context.ts';
import type { Place } from '../core/s3-layout.ts';
import { GitHubError } from '../github/api-failure.ts';
import { upsertComment } from '../github/comment.ts';
import { openPullRequest } from '../github/find-pull-request.ts';
import { notice, warning } from '../github/log.ts';
import { commitOf, originOf, pullRequestOf } from '../github/pull-request.ts';
import type { JobRecord } from '../history/record.ts';
import { writeRecord } from '../history/records.ts';
import type { Step } from '../step.ts';
import type { GitHubSpec, Status } from './spec.ts';
import { setStatus } from './statuses.ts';

/** What to tell about which job. */
export interface Told {
  readonly job: string;
  readonly place: Place;
  /** Undefined for a job that another client started. */
  readonly record: JobRecord | undefined;
  /** Whether the step takes the job's results for its own run, or only collects them for the run that started the job. */
  readonly isOwn: boolean;
  readonly status: Status;
  /** The comment's Markdown. `commit`: what the job was started for. */
  readonly comment: (commit: string | undefined) => string;
}

/** Returns what fails the step. */
export async function tellGitHub(step: Step, github: GitHubSpec, told: Told): Promise<readonly Error[]> {
  const failures: Error[] = [];
  for (const tell of [tellStatuses, tellPullRequest]) {
    try {
      await tell(step, github, told);
    } catch (error) {
      step.signal.throwIfAborted();
      failures.push(error as Error);
    }
  }
  return failures;
}

async function tellStatuses(step: Step, github: GitHubSpec, { job, place, record, status }: Told): Promise<void> {
  // Another step, with a token, sets the statuses of a job that this one only looks at.
  if (github.token === '' || github.commitStatus === 'false') return;
  const waiting = record?.pending ?? [];
  const own = github.commitStatus === 'true' ? commitOf(step.run) : undefined;
  const commits = new Set([...waiting, ...(own === undefined ? [] : [own])]);
  await setStatus(step, github, place, [...commits], status);
  if (record !== undefined && waiting.length > 0)
    await writeRecord(step, place, job, { ...record, pending: [] }, step.aws.kmsKey);
}

/** A comment that cannot be written is a warning: the same results are on the run's page. */
async function tellPullRequest(step: Step, github: GitHubSpec, { place, record, isOwn, comment }: Told): Promise<void> {
  if (!github.comment) return;
  const { network, run, signal } = step;
  const access = { network, token: github.token, repository: run.repository, signal };
  const origin = isOwn ? originOf(run) : (record?.by ?? originOf(run));
  try {
    const number = await numberOf(step, github, origin, isOwn);
    if (number === undefined) return notice('There is no comment, because this run belongs to no open pull request.');
    const key = `${place.prefix}${place.project}/${place.task}`;
    const written = {
      ...access,
      number,
      key,
      run: { id: runIdOf(origin), attempt: origin.attempt },
      body: comment(origin.sha),
    };
    const { kind, url } = await upsertComment(written);
    if (kind === 'newer') notice(`The comment stays as it is, because a newer run has written it: ${url}`);
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    warning(describeError(error));
  }
}

/** Of the pull request that the run belongs to, or that the job was started for. */
async function numberOf(
  { network, run, signal }: Step,
  { token }: GitHubSpec,
  origin: Origin,
  isOwn: boolean,
): Promise<number | undefined> {
  const ofRun = pullRequestOf(run);
  if (ofRun.kind === 'number') return ofRun.number;
  // A record of another repository says nothing about this one's pull requests.
  const isHere = origin.run.startsWith(`${run.repository}/`);
  if (!isOwn && isHere && origin.pullRequest !== undefined) return origin.pullRequest;
  const sha = !isOwn && isHere ? origin.sha : ofRun.kind === 'commit' ? ofRun.sha : undefined;
  return sha === undefined ? undefined : openPullRequest({ network, token, repository: run.repository, signal }, sha);
}

function runIdOf({ run }: Origin): string {
  return run.split('/').at(-1) ?? '';
}
