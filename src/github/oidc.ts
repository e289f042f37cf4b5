/** The run's OIDC token: https://docs.github.com/actions/reference/security/oidc */
import { getIDToken } from '@actions/core';
import { ActionError } from '../task/errors.ts';

const AUDIENCE = 'sts.amazonaws.com';

/** A fresh token for AWS, which the runner masks; it lives 5 minutes. Throws an ActionError where the run has none. */
export async function oidcToken(): Promise<string> {
  if (!process.env['ACTIONS_ID_TOKEN_REQUEST_URL']) {
    throw new ActionError(
      'role-to-assume: this run has no OIDC token.',
      'Give the workflow job `permissions: id-token: write`. A pull request from a fork never gets one: its jobs can run ' +
        'without AWS, by this action\'s "local" as an earlier step.',
    );
  }
  try {
    return await getIDToken(AUDIENCE);
  } catch (error) {
    throw new ActionError(
      `role-to-assume: GitHub gave no OIDC token: ${(error as Error).message}`,
      'Run the workflow job again; https://www.githubstatus.com tells whether GitHub is well.',
      { cause: error },
    );
  }
}
