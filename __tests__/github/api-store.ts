/**
 * What GitHub keeps and answers, as far as the tests' API goes: comments, pull requests, statuses and the tokens that may read
 * or write them. Permissions, limits of length and pages are GitHub's, with its texts as users have quoted them.
 */
import { example, type Matched } from './api-description.ts';

export interface Token {
  readonly login: string;
  readonly pullRequests: 'none' | 'read' | 'write';
  readonly statuses: 'none' | 'read' | 'write';
}
export interface PullRequest {
  readonly number: number;
  readonly head: string;
  readonly state: 'open' | 'closed';
  /** Default: the server's own repository. */
  readonly base?: string;
  readonly locked?: boolean;
}
export interface ServerComment {
  readonly id: number;
  readonly number: number;
  /** Undefined: the account is gone. */
  readonly author: string | undefined;
  body: string;
}
export interface Status {
  readonly sha: string;
  readonly state: string;
  readonly context: string;
  readonly description: string | undefined;
  readonly target_url: string | undefined;
}
/** GitHub's own: https://docs.github.com/actions/concepts/security/github_token */
export const BOT = 'github-actions[bot]';
const NOT_ACCESSIBLE = 'Resource not accessible by integration';
const DOCUMENTATION = 'https://docs.github.com/rest';

export interface Answer {
  readonly status: number;
  readonly data?: unknown;
  readonly headers?: Record<string, string>;
}

export class Store {
  /** `owner/name`: the step's GITHUB_REPOSITORY. */
  repository = 'org/repo';
  readonly tokens = new Map<string, Token>([
    ['ghs_writer', { login: BOT, pullRequests: 'write', statuses: 'write' }],
    ['ghs_reader', { login: BOT, pullRequests: 'read', statuses: 'none' }],
    ['ghp_person', { login: 'Person', pullRequests: 'write', statuses: 'write' }],
  ]);
  readonly pulls: PullRequest[] = [{ number: 12, head: 'f'.repeat(40), state: 'open' }];
  comments: ServerComment[] = [];
  readonly statuses: Status[] = [];
  readonly commits = new Set(['f'.repeat(40)]);
  /** Whether every commit counts as there. */
  anyCommit = false;
  #lastId = 1_000_000_000;

  /** A comment that somebody wrote. */
  add(author: string | undefined, body: string, number = 12): ServerComment {
    this.#lastId += 1;
    const comment = { id: this.#lastId, number, author, body };
    this.comments.push(comment);
    return comment;
  }

  answer({ id, path }: Matched, query: URLSearchParams, body: Record<string, string>, token: Token): Answer {
    if (`${path['owner']}/${path['repo']}` !== this.repository) return error(404, 'Not Found');
    const right = id === 'repos/create-commit-status' ? token.statuses : token.pullRequests;
    const isRead = id === 'issues/list-comments' || id === 'repos/list-pull-requests-associated-with-commit';
    if (right === 'none' || (right === 'read' && !isRead)) return error(403, NOT_ACCESSIBLE);
    switch (id) {
      case 'issues/list-comments':
        return this.#list(Number(path['issue_number']), query);
      case 'issues/create-comment':
        return this.#create(Number(path['issue_number']), body['body'] ?? '', token);
      case 'issues/update-comment':
        return this.#update(Number(path['comment_id']), body['body'] ?? '');
      case 'issues/delete-comment':
        return this.#delete(Number(path['comment_id']));
      case 'repos/list-pull-requests-associated-with-commit':
        return this.#pullsOf(path['commit_sha'] ?? '');
      default:
        return this.#status(path['sha'] ?? '', body, token);
    }
  }

  #list(number: number, query: URLSearchParams): Answer {
    if (!this.pulls.some((each) => each.number === number)) return error(404, 'Not Found');
    const size = Math.min(Number(query.get('per_page') ?? 30), 100);
    const begin = (Number(query.get('page') ?? 1) - 1) * size;
    const all = this.comments.filter((each) => each.number === number).sort((a, b) => a.id - b.id);
    return { status: 200, data: all.slice(begin, begin + size).map((each) => this.#comment(each)) };
  }

  #create(number: number, body: string, { login }: Token): Answer {
    const pull = this.pulls.find((each) => each.number === number);
    if (pull === undefined) return error(404, 'Not Found');
    if (pull.locked === true) return error(403, 'Unable to create comment because issue is locked.');
    return bodyProblem(body) ?? { status: 201, data: this.#comment(this.add(login, body, number)) };
  }

  #update(id: number, body: string): Answer {
    const comment = this.comments.find((each) => each.id === id);
    if (comment === undefined) return error(404, 'Not Found');
    const problem = bodyProblem(body);
    if (problem !== undefined) return problem;
    comment.body = body;
    return { status: 200, data: this.#comment(comment) };
  }

  #delete(id: number): Answer {
    const isThere = this.comments.some((each) => each.id === id);
    this.comments = this.comments.filter((each) => each.id !== id);
    return isThere ? { status: 204 } : error(404, 'Not Found');
  }

  #comment({ id, number, author, body }: ServerComment): unknown {
    const shown = example('issue-comment');
    const user = author === undefined ? null : { ...(shown['user'] as object), login: author };
    const html_url = `https://github.com/${this.repository}/pull/${number}#issuecomment-${id}`;
    return { ...shown, id, body, user, html_url };
  }

  #pullsOf(sha: string): Answer {
    const found = this.pulls.filter(({ head }) => head === sha);
    // The description's own example has a team that is not as described.
    const data = found.map(({ number, head, state, base = this.repository }) => {
      const shown = example('pull-request-simple-items') as Record<'head' | 'base', Record<string, object>>;
      const repo = { ...shown.base['repo'], full_name: base };
      return {
        ...shown,
        number,
        state,
        requested_teams: [],
        head: { ...shown.head, sha: head },
        base: { ...shown.base, repo },
      };
    });
    return { status: 200, data };
  }

  #status(sha: string, body: Record<string, string>, { login }: Token): Answer {
    if (!this.anyCommit && !this.commits.has(sha)) return error(422, `No commit found for SHA: ${sha}`);
    const { state = '', context = 'default', description, target_url } = body;
    if ((description ?? '').length > 140)
      return invalid('Status', 'description', 'description is too long (maximum is 140 characters)');
    if (target_url !== undefined && !/^https?:/.test(target_url))
      return invalid('Status', 'target_url', 'target_url must use http(s) scheme');
    this.statuses.push({ sha, state, context, description, target_url });
    const shown = example('status');
    const creator = { ...(shown['creator'] as object), login };
    return {
      status: 201,
      data: { ...shown, state, context, creator, description: description ?? null, target_url: target_url ?? null },
    };
  }
}

function bodyProblem(body: string): Answer | undefined {
  if (body.trim() === '') return invalid('IssueComment', 'body', 'body cannot be blank');
  // GitHub counts characters: a pair of surrogates is one.
  if ([...body].length > 65_536)
    return invalid('IssueComment', 'body', 'Body is too long (maximum is 65536 characters)');
  return undefined;
}

function invalid(resource: string, field: string, message: string): Answer {
  const errors = [{ resource, code: 'custom', field, message }];
  return { status: 422, data: { message: 'Validation Failed', errors, documentation_url: DOCUMENTATION } };
}

export function error(status: number, message: string): Answer {
  return { status, data: { message, documentation_url: DOCUMENTATION, status: String(status) } };
}
