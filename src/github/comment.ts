/** Writes a task's comment on a pull request: one comment a task, which later runs change. */

import { shortened } from '../core/markdown.ts';
import { type Comment, listOf, readComment, readViewer } from './answers.ts';
import { type Access, GitHubApi, type Octokit } from './api.ts';
import { GitHubError, type Purpose } from './api-failure.ts';
import { type Content, type ContentRun, markerOf, type OwnComment, readMarker, settle } from './comment-marker.ts';
import { redact } from './log.ts';

/** "Body is too long (maximum is 65536 characters)": GitHub's answer to a longer one. It stores 262,144 bytes, which are more. */
const LONGEST = 65_536;
const PER_PAGE = 100;
/** How often somebody else may delete the comment meanwhile. */
const ROUNDS = 3;

export interface TaskComment extends Access {
  /** The pull request's. */
  readonly number: number;
  /** Which task it is: PREFIX/PROJECT/TASK. */
  readonly key: string;
  /** The run whose results the body shows. */
  readonly run: ContentRun;
  /** Markdown, of at most COMMENT_CHARACTERS characters. Text from elsewhere is escaped in it. Secrets are replaced here. */
  readonly body: string;
}

export type Upserted =
  | { readonly kind: 'written'; readonly url: string }
  /** A newer run has written the task's comment, so it stays. */
  | { readonly kind: 'newer'; readonly url: string };

/**
 * Writes the task's comment, or changes the one that an earlier run wrote. If several steps do so at once, one comment
 * remains, with the content of the newest run. Only comments of the token's own user or app count. Throws a GitHubError.
 */
export async function upsertComment(comment: TaskComment): Promise<Upserted> {
  const api = new GitHubApi(comment);
  const purpose: Purpose = {
    words: `comment on pull request #${comment.number}`,
    permission: 'pull-requests: write',
    input: 'comment',
  };
  const mine = { run: comment.run, body: markedBody(comment) };
  const comments = new Comments(api, comment);
  for (let round = 1; ; round += 1) {
    const own = await api.ask(purpose, (octokit) => comments.findOrCreate(octokit, mine));
    const { keep, body, isNewer, remove } = settle(own, mine);
    try {
      if (keep.body !== body) await api.ask(purpose, (octokit) => comments.change(octokit, keep, body));
    } catch (error) {
      if (!isAbsent(error) || round === ROUNDS) throw error;
      continue;
    }
    for (const other of remove) await withoutAbsent(api.ask(purpose, (octokit) => comments.remove(octokit, other)));
    return { kind: isNewer ? 'newer' : 'written', url: keep.url };
  }
}

function markedBody({ key, run, body }: TaskComment): string {
  const marker = `${markerOf(key, run)}\n`;
  return marker + shortened(redact(body).toWellFormed(), LONGEST - marker.length);
}

/** A pull request's comments. Its methods send requests without retries. */
class Comments {
  readonly #api: GitHubApi;
  readonly #number: number;
  readonly #key: string;
  #login: string | undefined;

  constructor(api: GitHubApi, { number, key }: TaskComment) {
    this.#api = api;
    this.#number = number;
    this.#key = key;
  }

  /** The task's comments. At least one: it looks again before and after it creates one, in case that another step did. */
  async findOrCreate(octokit: Octokit, mine: Content): Promise<readonly [OwnComment, ...OwnComment[]]> {
    const [first, ...others] = await this.#own(octokit, undefined);
    if (first !== undefined) return [first, ...others];
    const { data } = await octokit.rest.issues.createComment({
      ...this.#api.name,
      issue_number: this.#number,
      body: mine.body,
    });
    const { id, url } = readComment(data);
    return [{ id, url, ...mine }, ...(await this.#own(octokit, id))];
  }

  async change(octokit: Octokit, { id }: OwnComment, body: string): Promise<void> {
    await octokit.rest.issues.updateComment({ ...this.#api.name, comment_id: id, body });
  }

  async remove(octokit: Octokit, { id }: OwnComment): Promise<void> {
    await octokit.rest.issues.deleteComment({ ...this.#api.name, comment_id: id });
  }

  /** All with the task's marker by this token's author, except one. */
  async #own(octokit: Octokit, except: number | undefined): Promise<OwnComment[]> {
    const found: OwnComment[] = [];
    for (let page = 1; ; page += 1) {
      const parameters = { ...this.#api.name, issue_number: this.#number, per_page: PER_PAGE, page };
      const listed = listOf((await octokit.rest.issues.listComments(parameters)).data);
      for (const comment of listed.map(readComment)) {
        const run = readMarker(comment.body, this.#key);
        if (run === undefined || comment.id === except || !(await this.#isOwn(octokit, comment))) continue;
        found.push({ id: comment.id, url: comment.url, body: comment.body, run });
      }
      if (listed.length < PER_PAGE) return found;
    }
  }

  /**
   * Anyone can copy the marker into a comment of theirs. GraphQL's `viewer` is the only way to learn whose token this is
   * that serves users' tokens as well as those of apps, as GITHUB_TOKEN is one: `GET /user` refuses apps.
   * https://github.com/marocchino/sticky-pull-request-comment/pull/332, https://github.com/fullsend-ai/fullsend/pull/1953
   */
  async #isOwn(octokit: Octokit, { author }: Comment): Promise<boolean> {
    this.#login ??= readViewer(await octokit.graphql('{viewer{login}}'));
    return author.toLowerCase() === this.#login.toLowerCase();
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof GitHubError && error.kind === 'absent';
}

async function withoutAbsent(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}
