/**
 * Which pull request a workflow run belongs to, and which commit it is about. Rules only: no request is made here. Events:
 * https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows
 */

import { type Origin, type RunContext, runAttempt } from '../core/run-context.ts';
import { at, idOf, isCommit } from '../core/unchecked.ts';

/** The run's pull request, as far as its event says. */
export type RunPullRequest =
  | { readonly kind: 'number'; readonly number: number }
  /** The event names no pull request. GitHub knows whether an open one has this commit at its head. */
  | { readonly kind: 'commit'; readonly sha: string }
  | { readonly kind: 'none' };

type EventContext = Pick<RunContext, 'event' | 'payload' | 'sha' | 'ref'>;

/** What an event says: a pull request's number and the commit that the run is about. Nothing about their shape is checked yet. */
interface Said {
  readonly number?: unknown;
  readonly commit?: unknown;
}

const ofPullRequest = (event: unknown): Said => ({
  number: at(event, 'pull_request', 'number'),
  // Not GITHUB_SHA: that is the merge of the pull request and its base, or the base.
  commit: at(event, 'pull_request', 'head', 'sha'),
});
const ofDeployment = (event: unknown): Said => ({ commit: at(event, 'deployment', 'sha') });

/** Events whose run is about another commit than GITHUB_SHA, or about a pull request. */
const EVENTS: Readonly<Record<string, (event: unknown, sha: string) => Said>> = {
  pull_request: ofPullRequest,
  pull_request_target: ofPullRequest,
  pull_request_review: ofPullRequest,
  pull_request_review_comment: ofPullRequest,
  // Of issues and of pull requests, of which it does not name the head. GITHUB_SHA is the default branch's.
  issue_comment: (event, sha) =>
    at(event, 'issue', 'pull_request') === undefined ? { commit: sha } : { number: at(event, 'issue', 'number') },
  workflow_run: (event) => ofHead(event, at(event, 'workflow_run')),
  check_run: (event) => ofHead(event, at(event, 'check_run')),
  check_suite: (event) => ofHead(event, at(event, 'check_suite')),
  deployment: ofDeployment,
  deployment_status: ofDeployment,
  status: (event) => ({ commit: at(event, 'sha') }),
  merge_group: (event) => ({ commit: at(event, 'merge_group', 'head_sha') }),
};

/** Events whose commit can be the head of a pull request that they do not name. */
const HEADS = ['workflow_run', 'check_run', 'check_suite', 'deployment', 'deployment_status', 'status'];
/** The same, if the run is one of a branch. */
const HEADS_OF_BRANCHES = ['push', 'workflow_dispatch'];

/** The pull request of a run. */
export function pullRequestOf(context: EventContext): RunPullRequest {
  const said = saidOf(context);
  const number = idOf(said.number);
  if (number !== undefined) return { kind: 'number', number };
  const { event, ref } = context;
  const mayBeHead =
    HEADS.includes(event) || (HEADS_OF_BRANCHES.includes(event) && /^refs\/heads\//.test(ref) && !isDeletion(context));
  return mayBeHead && isCommit(said.commit) ? { kind: 'commit', sha: said.commit } : { kind: 'none' };
}

/**
 * The commit that a status belongs to: a pull request's head rather than GITHUB_SHA, where they differ. Undefined where the
 * event does not name it: a status on another commit would be wrong.
 */
export function commitOf(context: EventContext): string | undefined {
  const { commit } = saidOf(context);
  return isCommit(commit) ? commit : undefined;
}

export function originOf(context: RunContext): Origin {
  const pullRequest = pullRequestOf(context);
  return {
    ...runAttempt(context),
    sha: commitOf(context),
    pullRequest: pullRequest.kind === 'number' ? pullRequest.number : undefined,
  };
}

function saidOf({ event, payload, sha }: EventContext): Said {
  if (Object.hasOwn(EVENTS, event)) return EVENTS[event]?.(payload, sha) ?? {};
  // An event that the table does not know is a pull request's if it has one.
  return at(payload, 'pull_request') === undefined ? { commit: sha } : ofPullRequest(payload);
}

/**
 * Of a run or check, which lists the open pull requests with its head. After a run of a fork the list is empty, or has those
 * of other repositories.
 */
function ofHead(event: unknown, part: unknown): Said {
  const listed = at(part, 'pull_requests');
  const own = at(event, 'repository', 'id');
  const isOwn = (each: unknown): boolean => [own, undefined].includes(at(each, 'base', 'repo', 'id'));
  const first = Array.isArray(listed) ? listed.find(isOwn) : undefined;
  return { number: at(first, 'number'), commit: at(part, 'head_sha') };
}

function isDeletion({ payload }: EventContext): boolean {
  return at(payload, 'deleted') === true;
}
