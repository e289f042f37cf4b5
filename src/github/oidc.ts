/** Gets OIDC tokens of the workflow run: https://docs.github.com/actions/reference/security/oidc */
import { setTimeout as sleep } from 'node:timers/promises';
import { ActionError } from '../core/errors.ts';
import type { Network } from '../network/network.ts';
import { maskSecrets } from './log.ts';

const AUDIENCE = 'sts.amazonaws.com';
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 250;
const ANSWER_MS = 10_000;

/** A new token for AWS, masked. It lasts 5 minutes. Throws an ActionError if the run gets none. */
export async function oidcToken(network: Network): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = process.env;
  if (!url || !token) {
    throw new ActionError(
      'This workflow job gets no OIDC token, which "role-to-assume" needs.',
      'Give the workflow job `permissions: id-token: write`. A pull request from a fork never gets a token. Its jobs can ' +
        'run without AWS if an earlier step uses this repository\'s action "local".',
    );
  }
  const request = new URL(`${url}&audience=${encodeURIComponent(AUDIENCE)}`);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await requestToken(network, request, token);
    } catch (error) {
      if (attempt === ATTEMPTS || (error instanceof Refusal && error.status < 500)) throw tokenError(error);
      await sleep(FIRST_PAUSE_MS * 2 ** attempt);
    }
  }
}

class Refusal extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`HTTP ${status}.`);
    this.status = status;
  }
}

async function requestToken(network: Network, url: URL, token: string): Promise<string> {
  const answer = await network.fetch(url, {
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  if (!answer.ok) throw new Refusal(answer.status);
  const { value } = (await answer.json()) as { value?: unknown };
  if (typeof value !== 'string' || value === '') throw new Error('the answer has no token.');
  maskSecrets([value]);
  return value;
}

function tokenError(error: unknown): ActionError {
  if (error instanceof ActionError) return error;
  return new ActionError(
    `GitHub did not issue an OIDC token, which "role-to-assume" needs: ${(error as Error).message}`,
    'Run the workflow job again. https://www.githubstatus.com shows whether GitHub has a problem.',
    { cause: error },
  );
}
