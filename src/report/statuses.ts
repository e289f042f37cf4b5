/** Sets the statuses of commits whose job went on without their steps. */

import { describeError } from '../core/errors.ts';
import type { Place } from '../core/s3-layout.ts';
import { GitHubError } from '../github/api-failure.ts';
import { setCommitStatus, statusContext } from '../github/commit-status.ts';
import { notice } from '../github/log.ts';
import type { Step } from '../step.ts';
import type { GitHubSpec, Status } from './spec.ts';

/**
 * Sets the task's status on the commits, which leads to this workflow run. With `commit-status: auto` what GitHub refuses is
 * a notice. Throws a GitHubError otherwise.
 */
export async function setStatus(
  { network, run, signal }: Step,
  { token, commitStatus }: GitHubSpec,
  place: Place,
  commits: readonly string[],
  status: Status,
): Promise<void> {
  if (commitStatus === 'false' || token === '') return;
  const access = { network, token, repository: run.repository, signal };
  try {
    for (const sha of commits)
      await setCommitStatus({ ...access, ...status, sha, context: statusContext(place), targetUrl: run.url });
  } catch (error) {
    if (commitStatus === 'true' || !(error instanceof GitHubError)) throw error;
    notice(describeError(error));
  }
}
