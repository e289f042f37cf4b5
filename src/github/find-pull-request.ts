/** Asks GitHub which open pull request has a commit at its head. */

import { at, idOf } from '../core/unchecked.ts';
import { listOf } from './answers.ts';
import { type Access, GitHubApi } from './api.ts';

/**
 * The number of the repository's open pull request with this head, the first one if there are several. Undefined without
 * one. Throws a GitHubError. https://docs.github.com/rest/commits/commits#list-pull-requests-associated-with-a-commit
 */
export async function openPullRequest(access: Access, sha: string): Promise<number | undefined> {
  const api = new GitHubApi(access);
  const words = `find the pull request of commit ${sha}`;
  return api.ask({ words, permission: 'pull-requests: write', input: 'comment' }, async (octokit) => {
    const parameters = { ...api.name, commit_sha: sha, per_page: 100 };
    const { data } = await octokit.rest.repos.listPullRequestsAssociatedWithCommit(parameters);
    const numbers = listOf(data)
      .filter((each) => at(each, 'state') === 'open' && at(each, 'head', 'sha') === sha)
      .filter((each) => isSame(at(each, 'base', 'repo', 'full_name'), access.repository))
      .flatMap((each) => idOf(at(each, 'number')) ?? []);
    return numbers.length === 0 ? undefined : Math.min(...numbers);
  });
}

function isSame(name: unknown, repository: string): boolean {
  return typeof name === 'string' && name.toLowerCase() === repository.toLowerCase();
}
