/** What the step writes to GitHub beside the run's own page. */

import { InputProblem } from '../core/errors.ts';

/**
 * - `auto`: without the permission there is a notice.
 * - `true`: without the permission the step fails, after all else is done.
 */
const COMMIT_STATUS = ['auto', 'true', 'false'] as const;
export type CommitStatusSetting = (typeof COMMIT_STATUS)[number];

export interface GitHubSpec {
  /** Whether the step writes a comment on the pull request. */
  readonly comment: boolean;
  readonly commitStatus: CommitStatusSetting;
  /** A secret. Empty if the step was given no token; then `comment` is false, and `commitStatus` is not `true`. */
  readonly token: string;
}

/** `auto`, or a boolean as in YAML 1.2. */
export function parseCommitStatus(text: string): CommitStatusSetting {
  const word = /^(true|false|True|False|TRUE|FALSE)$/.test(text) ? text.toLowerCase() : text;
  const setting = COMMIT_STATUS.find((each) => each === word);
  if (setting === undefined)
    throw new InputProblem(`"${text}" is not valid`, `use one of ${COMMIT_STATUS.join(', ')}.`);
  return setting;
}

/** Throws for a text that no header of a request can have. Does not quote it: it may be a secret. */
export function parseToken(text: string): string {
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new InputProblem('the value is not a token', 'use the token alone, without blanks or quotes around it.');
  return text;
}

/** The status of a commit. `description`: in plain text. */
export interface Status {
  readonly state: 'pending' | 'success' | 'failure' | 'error';
  readonly description: string;
}
