/**
 * Which events can run code that nobody has merged. What such a run writes has a prefix of its own, which the role of the
 * default branch's jobs does not reach. Events: https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows
 */

import type { RunContext } from '../core/run-context.ts';
import { isUnmerged } from '../core/s3-layout.ts';
import { at, idOf, isCommit } from '../core/unchecked.ts';

/** A part of an event, as GitHub sends it: nothing about its shape is believed. */
type Part = unknown;

/** What tells the code apart: a pull request's number, or, where the event names none, a commit. */
type Source = { readonly number: Part } | { readonly commit: Part };

/** Event → the unmerged code that it may run; undefined: none. */
const EVENTS: Readonly<Record<string, (event: Part) => Source | undefined>> = {
  pull_request: (event) => ({ number: at(event, 'pull_request', 'number') }),
  pull_request_target: (event) => ({ number: at(event, 'pull_request', 'number') }),
  pull_request_review: (event) => ({ number: at(event, 'pull_request', 'number') }),
  pull_request_review_comment: (event) => ({ number: at(event, 'pull_request', 'number') }),
  // Of issues and of pull requests.
  issue_comment: (event) =>
    at(event, 'issue', 'pull_request') === undefined ? undefined : { number: at(event, 'issue', 'number') },
  workflow_run: (event) => {
    const run = at(event, 'workflow_run');
    const isMerged =
      ['push', 'schedule', 'workflow_dispatch', 'release'].includes(String(at(run, 'event'))) &&
      at(run, 'head_branch') === defaultBranch(event) &&
      at(run, 'head_repository', 'id') === at(event, 'repository', 'id');
    return isMerged ? undefined : pullRequestOr(run, at(run, 'head_sha'));
  },
  merge_group: (event) => ({ commit: at(event, 'merge_group', 'head_sha') }),
  check_run: (event) => ofCheck(event, at(event, 'check_run'), at(event, 'check_run', 'check_suite', 'head_branch')),
  check_suite: (event) => ofCheck(event, at(event, 'check_suite'), at(event, 'check_suite', 'head_branch')),
  deployment: (event) => ofDeployment(event),
  deployment_status: (event) => ofDeployment(event),
};

/** The events above, for the documentation and its test. */
export const UNMERGED_EVENTS: readonly string[] = Object.keys(EVENTS);

/** `pr-N/`, or `pr-COMMIT/` where the event names no pull request; undefined where the code is merged. */
export function unmergedPrefix({
  event,
  payload,
  sha,
}: Pick<RunContext, 'event' | 'payload' | 'sha'>): string | undefined {
  const source = (Object.hasOwn(EVENTS, event) ? EVENTS[event] : ofAny)?.(payload);
  if (source === undefined) return undefined;
  const number = 'number' in source ? idOf(source.number) : undefined;
  if (number !== undefined) return `pr-${number}/`;
  const commit = 'commit' in source && isCommit(source.commit) ? source.commit : sha;
  return `pr-${isCommit(commit) ? commit.slice(0, 12) : 'unknown'}/`;
}

/** What to warn of where the step writes unmerged code's results beside merged code's; undefined: nothing. */
export function placeWarning(
  prefix: string,
  context: Pick<RunContext, 'event' | 'payload' | 'sha'>,
): string | undefined {
  const own = unmergedPrefix(context);
  if (own === undefined || isUnmerged({ prefix })) return undefined;
  const where = prefix === '' ? 'without a prefix' : `under the prefix "${prefix}"`;
  return (
    `prefix: this run can run code that is not merged (event ${context.event}), and its job writes ${where}, where merged ` +
    `code keeps its results. Remove the input: then the job writes under "${own}", and reads the others by "base-prefix".`
  );
}

/** Of an event that the table does not know: it is a pull request's where it says so. */
function ofAny(event: Part): Source | undefined {
  return at(event, 'pull_request') === undefined ? undefined : { number: at(event, 'pull_request', 'number') };
}

/** Of a fork's run the list of pull requests is empty. */
function pullRequestOr(part: Part, commit: Part): Source {
  const requests = at(part, 'pull_requests');
  const number = Array.isArray(requests) ? at(requests[0], 'number') : undefined;
  return number === undefined ? { commit } : { number };
}

function ofCheck(event: Part, check: Part, branch: Part): Source | undefined {
  const source = pullRequestOr(check, at(check, 'head_sha'));
  return 'commit' in source && branch === defaultBranch(event) ? undefined : source;
}

/** Of the default branch or of a tag, which only those who may push make. */
function ofDeployment(event: Part): Source | undefined {
  const ref = at(event, 'deployment', 'ref');
  const merged = [defaultBranch(event), `refs/heads/${String(defaultBranch(event))}`];
  const isMerged = typeof ref === 'string' && (merged.includes(ref) || ref.startsWith('refs/tags/'));
  return isMerged ? undefined : { commit: at(event, 'deployment', 'sha') };
}

/** Undefined where the event does not name it: then nothing is taken for merged. */
function defaultBranch(event: Part): Part {
  return at(event, 'repository', 'default_branch') ?? Symbol('no branch');
}
