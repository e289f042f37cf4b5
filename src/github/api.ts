/**
 * GitHub's API by its own client, Octokit: https://docs.github.com/rest. The client is large and is loaded when the first
 * request is made. Requests leave by the action's own network layer, and are sent again where that may help.
 */

import type { getOctokit } from '@actions/github';
import { pause } from '../core/concurrency.ts';
import { ActionError } from '../core/errors.ts';
import { at } from '../core/unchecked.ts';
import { VERSION } from '../core/version.ts';
import { NetworkError } from '../network/failure.ts';
import type { Network } from '../network/network.ts';
import {
  type FailedAnswer,
  ForeignAnswer,
  GitHubError,
  judgeAnswer,
  judgeForeign,
  judgeNetwork,
  type Purpose,
  type Verdict,
} from './api-failure.ts';
import { info } from './log.ts';

export type Octokit = ReturnType<typeof getOctokit>;

/** What every request needs. */
export interface Access {
  readonly network: Network;
  readonly token: string;
  /** `owner/name`. */
  readonly repository: string;
  /** Aborts the request, and the wait for its next attempt. */
  readonly signal: AbortSignal;
}

/** A repository as GitHub's API names it. */
export interface RepositoryName {
  readonly owner: string;
  readonly repo: string;
}

const ATTEMPTS = 4;
/** All waits of a request together: a comment is not worth more of a runner's time. */
const MOST_WAIT_MS = 90_000;
const ANSWER_MS = 30_000;
/** A hundred comments of 65,536 characters, the most that are asked for at once, have less. */
const MOST_BYTES = 40 * 1024 * 1024;
/** The last that `Response` takes: https://fetch.spec.whatwg.org/#dom-response */
const LAST_STATUS = 599;

export class GitHubApi {
  readonly name: RepositoryName;
  readonly #access: Access;
  readonly #base: URL;
  #client: Promise<Octokit> | undefined;

  /** Throws an ActionError without a repository or with a wrong address. */
  constructor(access: Access) {
    this.#access = access;
    this.#base = apiUrl();
    this.name = nameOf(access.repository);
  }

  /**
   * Sends requests and returns what `send` made of their answers. Calls `send` again if that may help, also if it found an
   * answer foreign. Throws a GitHubError, or the signal's reason.
   */
  async ask<T>(purpose: Purpose, send: (octokit: Octokit) => Promise<T>): Promise<T> {
    const { signal } = this.#access;
    this.#client ??= this.#open();
    const octokit = await this.#client;
    let waited = 0;
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      try {
        return await send(octokit);
      } catch (error) {
        signal.throwIfAborted();
        const verdict = this.#judge(error, purpose, attempt);
        const { pauseMs } = verdict;
        if (pauseMs === undefined || attempt === ATTEMPTS || waited + pauseMs > MOST_WAIT_MS)
          throw problem(verdict, purpose, noAnswer(error));
        if (verdict.kind === 'limited') info(`GitHub's limit is reached; waiting for ${Math.ceil(pauseMs / 1000)} s.`);
        waited += pauseMs;
        await pause(pauseMs, signal);
      }
    }
  }

  #judge(error: unknown, purpose: Purpose, attempt: number): Verdict {
    const cause = noAnswer(error);
    if (cause !== undefined) return judgeNetwork(cause, attempt);
    if ([error, at(error, 'cause')].some((each) => each instanceof ForeignAnswer)) return judgeForeign(attempt);
    const answer = failedAnswer(error);
    if (answer === undefined) throw error;
    return judgeAnswer(answer, purpose, attempt, Date.now());
  }

  async #open(): Promise<Octokit> {
    const { getOctokit: open } = await import('@actions/github');
    // What the client would print quotes answers, and the runner would read it.
    const silent = (): void => {};
    const log = { debug: silent, info: silent, warn: silent, error: silent };
    return open(this.#access.token, {
      // Of the address without its slash the client makes GraphQL's address.
      baseUrl: this.#base.href.replace(/\/+$/, ''),
      userAgent: `simple-sagemaker-action/${VERSION}`,
      log,
      request: { fetch: (url: string, init: RequestInit) => this.#fetch(new URL(url), init), log },
    });
  }

  async #fetch(url: URL, { method = 'GET', headers, body }: RequestInit): Promise<Response> {
    const { network, signal } = this.#access;
    const answer = await network.fetch(url, {
      method,
      headers: headers as Record<string, string>,
      body: typeof body === 'string' ? body : null,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    const text = await this.#bodyOf(url, answer);
    const { status } = answer;
    if (status > LAST_STATUS) throw new ForeignAnswer();
    return new Response(text.length === 0 ? null : text, { status, headers: [...answer.headers] });
  }

  /** The whole body: the client takes half of one for a text. */
  async #bodyOf(url: URL, { body }: { readonly body: AsyncIterable<Uint8Array> | null }): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    try {
      for await (const chunk of body ?? []) {
        bytes += chunk.byteLength;
        if (bytes > MOST_BYTES) throw new ForeignAnswer();
        chunks.push(chunk);
      }
    } catch (error) {
      throw this.#access.network.errorOf(error, url) ?? error;
    }
    return Buffer.concat(chunks);
  }
}

/** Why there is no answer. The client wraps what the request threw. */
function noAnswer(error: unknown): NetworkError | undefined {
  return [error, at(error, 'cause')].find((each) => each instanceof NetworkError);
}

/** What the client threw, if it is an answer of the API. */
function failedAnswer(error: unknown): FailedAnswer | undefined {
  const headers = at(error, 'response', 'headers') ?? at(error, 'headers') ?? {};
  const found = { headers: headers as Record<string, unknown> };
  const name = error instanceof Error ? error.name : '';
  // GraphQL's errors come with status 200.
  if (name === 'GraphqlResponseError') return { ...found, status: 200, data: at(error, 'response') };
  const status = at(error, 'response', 'status');
  return typeof status === 'number' ? { ...found, status, data: at(error, 'response', 'data') } : undefined;
}

/** An answer is no cause: the verdict quotes it, up to a length. */
function problem({ kind, reason, hint }: Verdict, { words }: Purpose, cause: NetworkError | undefined): GitHubError {
  return new GitHubError(kind, `The step could not ${words}: ${reason}`, hint, cause === undefined ? {} : { cause });
}

/** GitHub Enterprise Server has its own: https://docs.github.com/actions/reference/workflows-and-actions/variables */
function apiUrl(): URL {
  const text = process.env['GITHUB_API_URL'] || 'https://api.github.com';
  const url = URL.parse(text);
  if (url !== null && ['http:', 'https:'].includes(url.protocol)) return url;
  throw new ActionError(
    `GITHUB_API_URL is not an address: ${text}`,
    'The runner sets this variable. Do not change it.',
  );
}

function nameOf(repository: string): RepositoryName {
  const [owner = '', repo = '', ...rest] = repository.split('/');
  if (owner !== '' && repo !== '' && rest.length === 0) return { owner, repo };
  throw new ActionError(
    `GITHUB_REPOSITORY is not the name of a repository: "${repository}".`,
    'The runner sets this variable to OWNER/NAME. Do not change it.',
  );
}
