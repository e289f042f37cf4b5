/** Which runs the roles of aws/setup.yml trust, by the subject of their OIDC tokens. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../../scripts/template.mjs';
import { makeRoles, sessionOf } from './setup.ts';
import { StandIn } from './stand-in.ts';

/** As GitHub names a repository: by names, and by names with ids, https://docs.github.com/actions/reference/security/oidc */
const FORMS = { names: 'org/project', ids: 'org@123456/project@456789' } as const;
type Form = keyof typeof FORMS;

let aws: StandIn;
let stacks: Record<Form, Stack>;
beforeAll(async () => {
  aws = await StandIn.start(['--enforce-iam']);
  stacks = {
    names: await makeRoles(aws, { Repository: FORMS.names, Environment: 'production' }, 'names'),
    ids: await makeRoles(aws, { Repository: FORMS.ids, DefaultBranch: 'trunk' }, 'ids'),
  };
});
afterAll(() => aws.stop());

describe('a role', () => {
  it.each<[Form, string, 'main' | 'pull request' | 'none']>([
    ['names', 'repo:org/project:ref:refs/heads/main', 'main'],
    ['names', 'repo:org/project:environment:production', 'main'],
    ['names', 'repo:org/project:pull_request', 'pull request'],
    ['names', 'repo:org/project:ref:refs/heads/other', 'none'],
    ['names', 'repo:org/project:ref:refs/tags/main', 'none'],
    ['names', 'repo:org/project:environment:other', 'none'],
    ['names', 'repo:org/project2:pull_request', 'none'],
    ['names', 'repo:organ/project:ref:refs/heads/main', 'none'],
    ['names', 'repo:org@123456/project@456789:ref:refs/heads/main', 'none'],
    ['ids', 'repo:org@123456/project@456789:ref:refs/heads/trunk', 'main'],
    ['ids', 'repo:org@123456/project@456789:pull_request', 'pull request'],
    ['ids', 'repo:org@123456/project@456789:ref:refs/heads/main', 'none'],
    ['ids', 'repo:org/project:ref:refs/heads/trunk', 'none'],
    ['ids', 'repo:org/project:pull_request', 'none'],
    ['ids', 'repo:org@123456/project@456780:pull_request', 'none'],
    ['ids', 'repo:org@123456/project@456789:environment:', 'none'],
  ])('by %s is opened for %s: %s', async (form, subject, expected) => {
    const { DefaultBranchRole, PullRequestRole } = stacks[form].roles;
    const opens = async ({ arn }: { readonly arn: string }): Promise<boolean> => {
      try {
        return (await sessionOf(aws, arn, subject)).accessKeyId !== '';
      } catch (error) {
        expect(error).toMatchObject({ name: 'AccessDenied' });
        return false;
      }
    };
    expect(await opens(DefaultBranchRole)).toBe(expected === 'main');
    expect(await opens(PullRequestRole)).toBe(expected === 'pull request');
    await expect(sessionOf(aws, stacks[form].roles.PullRequestJobRole.arn, subject)).rejects.toThrow('Not authorized');
  });
});
