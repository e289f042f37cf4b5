/** Sets a status on a commit: https://docs.github.com/rest/commits/statuses#create-a-commit-status */

import { hashText } from '../core/hash-text.ts';
import { shortened } from '../core/markdown.ts';
import { isUnmerged, type Place } from '../core/s3-layout.ts';
import { type Access, GitHubApi } from './api.ts';
import { redact } from './log.ts';

/** "description is too long (maximum is 140 characters)": GitHub's answer to a longer one. */
const LONGEST_DESCRIPTION = 140;
/** (assumed) */
const LONGEST_CONTEXT = 255;

export type StatusState = 'pending' | 'success' | 'failure' | 'error';

export interface CommitStatus extends Access {
  /** The full hash, of `commitOf`. */
  readonly sha: string;
  readonly state: StatusState;
  /** Of `statusContext`: a later status with the same context replaces this one. */
  readonly context: string;
  /** In plain text. It is cut. Secrets are replaced here. */
  readonly description: string;
  /** Where the status leads, such as the workflow run. Left out if it is no web address. */
  readonly targetUrl: string | undefined;
}

/** Throws a GitHubError. */
export async function setCommitStatus(status: CommitStatus): Promise<void> {
  const { sha, state, context, description, targetUrl } = status;
  const api = new GitHubApi(status);
  const words = `set the status of commit ${sha}`;
  await api.ask({ words, permission: 'statuses: write', input: 'commit-status' }, async (octokit) => {
    await octokit.rest.repos.createCommitStatus({
      ...api.name,
      sha,
      state,
      context,
      description: statusDescription(redact(description)),
      ...(targetUrl !== undefined && isWebAddress(targetUrl) ? { target_url: targetUrl } : {}),
    });
  });
}

/**
 * `sagemaker: PROJECT/TASK`, with a prefix that is not a pull request's own. The name of a pull request's status must be the
 * same in each, so that a branch rule can require it.
 */
export function statusContext(place: Place): string {
  const { project, task } = place;
  const context = `sagemaker: ${isUnmerged(place) ? '' : place.prefix}${project}/${task}`;
  if (context.length <= LONGEST_CONTEXT) return context;
  const hash = hashText(context).slice(0, 8);
  return `${context.slice(0, LONGEST_CONTEXT - hash.length - 1)}-${hash}`;
}

function statusDescription(text: string): string {
  const line = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .toWellFormed();
  return shortened(line, LONGEST_DESCRIPTION);
}

function isWebAddress(text: string): boolean {
  return ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? '');
}
