/** aws/setup.yml as it is rendered (scripts/template.mjs): what it has to say as the action does, and what it does not take. */
import { describe, expect, it } from 'vitest';
import { renderStack, type Statement } from '../../scripts/template.mjs';
import { parseSecrets } from '../../src/code/secrets.ts';
import { jobNamesOf, roleName } from '../../src/core/names.ts';
import { rolePolicies } from '../../src/job/role-policy.ts';

const GIVEN = { Repository: 'org/project', Project: 'project' };
const PLACES = [
  { partition: 'aws', region: 'us-east-1' },
  { partition: 'aws-cn', region: 'cn-north-1' },
  { partition: 'aws-us-gov', region: 'us-gov-west-1' },
];

const listed = (text: string | readonly string[]): readonly string[] => (typeof text === 'string' ? [text] : text);

/** What the statements allow, each action on each resource under each condition by itself, sorted. */
function allowed(statements: readonly Pick<Statement, 'Action' | 'Resource' | 'Condition'>[]): string[] {
  const each = statements.flatMap(({ Action, Resource, Condition = {} }) => {
    const { StringLike = {}, ...exact } = Condition;
    const alike = Object.entries(StringLike).flatMap(([key, values]) =>
      listed(values).map((value) => `${key}~${value}`),
    );
    return listed(Action).flatMap((action) =>
      listed(Resource).flatMap((resource) =>
        (alike.length > 0 ? alike : ['']).map((like) => `${action} ${resource} ${JSON.stringify(exact)} ${like}`),
      ),
    );
  });
  return [...new Set(each)].sort();
}

describe("the pull requests' jobs' role", () => {
  const places = PLACES.flatMap((place) => [false, true].map((key) => ({ ...place, key })));
  it.each(places)('may do what the action grants the role that it makes: %o', ({ partition, region, key }) => {
    const KmsKey = `arn:${partition}:kms:${region}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
    const bucket = `sagemaker-${region}-123456789012`;
    const granted = rolePolicies({
      ...{ region, account: '123456789012', bucket, prefix: 'pr-7/', project: 'project', vpc: false },
      // What main has left.
      ...{ kmsKey: key ? KmsKey : undefined, remoteDebug: false, packages: undefined, secrets: [] },
      inputs: [{ bucket, key: 'project/' }],
    }).flatMap(({ document }) => (JSON.parse(document) as { Statement: Statement[] }).Statement);
    const { policies } = renderStack({ ...GIVEN, ...(key && { KmsKey }) }, { partition, region }).roles
      .PullRequestJobRole;
    expect(allowed(Object.values(policies).flatMap(({ Statement }) => Statement))).toEqual(allowed(granted));
  });
});

describe('the template', () => {
  it.each(PLACES)('names nothing of another partition or region: %o', ({ partition, region }) => {
    const stack = renderStack({ ...GIVEN, EcrRepository: 'project' }, { partition, region });
    const arns = JSON.stringify(stack).match(/arn:[^"]*/g) ?? [];
    expect(arns.length).toBeGreaterThan(40);
    for (const arn of arns) expect(arn).toMatch(new RegExp(`^arn:${partition}:\\w+:(${region}|\\*|):`));
  });

  it.each(['project', 'My.first_project', 'a'.repeat(41)])(
    'names jobs and role of %s as the action does',
    (Project) => {
      const { DefaultBranchRole } = renderStack({ ...GIVEN, Project }).roles;
      const statements = Object.values(DefaultBranchRole.policies).flatMap(({ Statement }) => Statement);
      const resources = statements.flatMap(({ Resource }) => Resource);
      expect(resources).toContain(`arn:aws:iam::123456789012:role/${roleName({ prefix: '', project: Project })}`);
      const group = 'arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/TrainingJobs';
      expect(resources).toContain(`${group}:log-stream:${jobNamesOf(Project)}*`);
    },
  );

  it('makes the provider, unless there is one', () => {
    const { provider } = renderStack(GIVEN);
    expect(provider).toEqual({
      Url: 'https://token.actions.githubusercontent.com',
      ClientIdList: ['sts.amazonaws.com'],
    });
    const OidcProvider = 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com';
    expect(renderStack({ ...GIVEN, OidcProvider }).provider).toBeUndefined();
  });

  it('gives the jobs of pull requests managed policies of yours', () => {
    const [one, two] = ['arn:aws:iam::123456789012:policy/key', 'arn:aws:iam::123456789012:policy/vpc'];
    const { roles } = renderStack({ ...GIVEN, PullRequestJobPolicies: `${one},${two}` });
    expect(Object.values(roles).map(({ managed }) => managed)).toEqual([[], [], [one, two]]);
  });

  const SECRETS = ['secretsmanager:us-east-1:123456789012:secret:a-a1B2c3', 'ssm:us-east-1:123456789012:parameter/b'];
  const ARNS = SECRETS.map((name) => `arn:aws:${name}`);
  it('gives the jobs of pull requests the secrets of the parameter, and nobody any other', () => {
    const { roles } = renderStack({ ...GIVEN, PullRequestSecrets: ARNS.join() });
    const { secrets, ...others } = roles.PullRequestJobRole.policies;
    expect(ARNS.every((arn) => [...parseSecrets(`A=${arn}`).values()].length === 1)).toBe(true);
    const Action = ['secretsmanager:GetSecretValue', 'ssm:GetParameter'];
    expect(secrets?.Statement).toEqual([{ Sid: 'Secrets', Effect: 'Allow', Action, Resource: ARNS }]);
    const all = { ...roles, PullRequestJobRole: { policies: others } };
    for (const stack of [all, renderStack(GIVEN).roles])
      for (const { policies } of Object.values(stack))
        expect(JSON.stringify(policies)).not.toMatch(/secretsmanager|"ssm:/);
  });

  it('gives no right on roles where the jobs have a role of yours', () => {
    const JobRole = 'arn:aws:iam::123456789012:role/mine';
    const { policies } = renderStack({ ...GIVEN, JobRole }).roles.DefaultBranchRole;
    const statements = Object.values(policies).flatMap(({ Statement }) => Statement);
    const rights = statements.filter(({ Action }) => listed(Action).some((action) => action.startsWith('iam:')));
    expect(rights.map(({ Action, Resource }) => [Action, Resource])).toEqual([['iam:PassRole', JobRole]]);
  });

  it.each([
    [{ Repository: 'project' }, 'Repository'],
    [{ Repository: 'repo:org/project' }, 'Repository'],
    [{ Repository: 'org@1/project' }, 'Repository'],
    [{ Repository: 'org/*' }, 'Repository'],
    [{ Project: 'a*' }, 'Project'],
    [{ Project: 'pr-tools' }, 'Project'],
    [{ Project: 'two..dots' }, 'Project'],
    [{ Project: 'a'.repeat(42) }, 'Project'],
    [{ DefaultBranch: '*' }, 'DefaultBranch'],
    [{ Environment: '*' }, 'Environment'],
    [{ Bucket: '*' }, 'Bucket'],
    [{ Prefix: 'no-slash' }, 'Prefix'],
    [{ Prefix: 'pr-team/' }, 'Prefix'],
    [{ EcrRepository: '*' }, 'EcrRepository'],
    [{ JobRole: 'mine' }, 'JobRole'],
    [{ KmsKey: 'alias/mine' }, 'KmsKey'],
    [{ KmsKey: 'arn:aws:kms:us-east-1:123456789012:alias/mine' }, 'KmsKey'],
    [{ MaxSessionDuration: '60' }, 'MaxSessionDuration'],
    [{ Bukket: 'x' }, 'Bukket'],
  ])('does not take %o', (wrong, name) => {
    expect(() => renderStack({ ...GIVEN, ...wrong })).toThrow(name);
  });
});
