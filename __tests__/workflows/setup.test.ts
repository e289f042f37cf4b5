/**
 * The commands of docs/aws.md by AWS's command line, against moto's CloudFormation in the stand-in: the stack that they make
 * is the one that the other tests run under (scripts/template.mjs). moto makes no identity provider and, of a change set, no
 * outputs: the provider is made before, and outputs are read of the same stack made at once. It
 * cannot change a stack, and attaches no managed policies.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { GetRoleCommand, GetRolePolicyCommand, ListRolePoliciesCommand, ListRolesCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderStack, type Stack } from '../../scripts/template.mjs';
import { iamOf, MAIN, makeRoles, PULL_REQUEST, runOf } from '../action/setup.ts';
import { readText, StandIn } from '../action/stand-in.ts';
import { root, runWorkflow } from './act.ts';
import { ArtifactServer } from './artifact-server.ts';

const venv = join(process.env['EXAMPLES_VENV'] || join(root, '.cache', 'examples'), 'bin');
const PAGE = readText(root, 'docs', 'aws.md');
const PROVIDER = 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com';

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start(['--enforce-iam']);
  sh(shown('aws iam create-open-id-connect-provider'));
});
afterAll(() => aws.stop());

/** The page's command that begins so and holds the text. */
function shown(begin: string, text = ''): string {
  const blocks = [...PAGE.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = '']) => text.replaceAll('\\\n', ' '));
  const lines = blocks
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.startsWith(begin) && line.includes(text));
  expect(lines, begin).toHaveLength(1);
  return lines[0] ?? '';
}

/** Runs a shell line in the repository, for the account's administrator. */
function sh(line: string): string {
  const env = { ...aws.environment('/'), PATH: `${venv}:${process.env['PATH']}`, AWS_DEFAULT_REGION: 'us-east-1' };
  return execFileSync('bash', ['-c', line], { cwd: root, env, encoding: 'utf8' });
}

const deploy = (): string =>
  shown('aws cloudformation deploy', 'ORG/REPO').replace('ORG/REPO', 'org/project').replace('=PROJECT', '=project');

/** The stack's roles as they are there, by what CloudFormation calls them, with names as the template's. */
async function made(names: readonly string[]): Promise<Record<string, object>> {
  const iam = iamOf(aws);
  const { Roles = [] } = await iam.send(new ListRolesCommand({}));
  const found = Roles.flatMap(({ RoleName = '' }) => {
    const id = names.find((name) => RoleName.startsWith(`simple-sagemaker-${name}-`));
    return id === undefined ? [] : [[id, RoleName] as const];
  });
  // Of a random name in a policy too.
  const plain = (text: string): unknown =>
    JSON.parse(found.reduce((rest, [id, name]) => rest.replaceAll(name, `simple-sagemaker-${id}`), text));
  const roles = found.map(async ([id, RoleName]) => {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
    const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
    const policies = PolicyNames.map(async (PolicyName) => {
      const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
      return [PolicyName, plain(decodeURIComponent(PolicyDocument))] as const;
    });
    const role = {
      seconds: Role?.MaxSessionDuration,
      trust: plain(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')),
      policies: Object.fromEntries(await Promise.all(policies)),
    };
    return [id, role] as const;
  });
  return Object.fromEntries(await Promise.all(roles));
}

function expected({ roles }: Stack): Record<string, object> {
  const shown = Object.entries(roles).map(([id, { seconds, trust, policies }]) => {
    return [id, { seconds, trust, policies }] as const;
  });
  return Object.fromEntries(shown);
}

const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
const PARAMETERS: Record<string, Record<string, string>> = {
  'the page’s own': {},
  'all that there are': {
    ...{ DefaultBranch: 'trunk', Environment: 'production', Bucket: 'my-bucket', Prefix: 'team/' },
    ...{ InputBuckets: 'arn:aws:s3:::one,arn:aws:s3:::two', EcrRepository: 'team/project', MaxSessionDuration: '7200' },
    ...{ JobRole: 'arn:aws:iam::123456789012:role/mine', PullRequestJobPolicies: READ_ONLY },
    PullRequestSecrets: 'arn:aws:ssm:us-east-1:123456789012:parameter/a,arn:aws:ssm:us-east-1:123456789012:parameter/b',
  },
};

describe('the command of the docs', () => {
  it.each(Object.entries(PARAMETERS))('makes the stack with %s parameters', async (_which, more) => {
    const given = { OidcProvider: PROVIDER, ...more };
    const words = Object.entries(given).map(([name, value]) => `${name}=${value}`);
    const said = sh(`${deploy()} ${words.join(' ')}`);
    expect(said).toContain('Successfully created/updated stack - simple-sagemaker');
    const stack = renderStack({ Repository: 'org/project', Project: 'project', ...given });
    const roles = await made(Object.keys(stack.roles));
    expect(roles).toEqual(expected(stack));
    sh(shown('aws cloudformation delete-stack'));
    expect(await made(Object.keys(stack.roles))).toEqual({});
  });

  it('makes a stack whose outputs tell which variable each role is for', async () => {
    const [, words = ''] = deploy().split('--parameter-overrides');
    const parameters = [...words.trim().split(/\s+/), `OidcProvider=${PROVIDER}`].map((word) =>
      word.replace(/^"?(\w+)=(.*?)"?$/, 'ParameterKey=$1,ParameterValue=$2'),
    );
    const template =
      'aws cloudformation create-stack --stack-name simple-sagemaker --template-body file://aws/setup.yml';
    sh(`${template} --capabilities CAPABILITY_IAM --parameters ${parameters.join(' ')}`);
    const told = sh(shown('aws cloudformation describe-stacks'));
    const arn = 'arn:aws:iam::123456789012:role/simple-sagemaker';
    for (const [variable, role] of [
      ['AWS_ROLE_ARN', 'DefaultBranchRole'],
      ['AWS_PULL_REQUEST_ROLE_ARN', 'PullRequestRole'],
      ['AWS_PULL_REQUEST_JOB_ROLE_ARN', 'PullRequestJobRole'],
    ])
      expect(told).toMatch(new RegExp(`variable ${variable}\\b.*${arn}-${role}-`));
    sh(shown('aws cloudformation delete-stack'));
  });
});

describe('the first workflow of the docs', () => {
  it('runs on a push, and on a pull request after it', async () => {
    const artifacts = await ArtifactServer.start();
    const { roles } = await makeRoles(aws);
    const [, text = ''] = /```yaml\n(name: hello[\s\S]*?)```/.exec(PAGE) ?? [];
    const run = async (subject: string, more: { event?: 'pull_request'; payload?: object }): Promise<void> => {
      const ran = await runWorkflow({
        ...{ workflow: '.github/workflows/hello.yml', files: { '.github/workflows/hello.yml': text }, ...more },
        env: { AWS_ENDPOINT_URL: aws.url, ...(await runOf(aws, subject)), ...artifacts.environment },
        vars: {
          AWS_ROLE_ARN: roles.DefaultBranchRole.arn,
          AWS_PULL_REQUEST_ROLE_ARN: roles.PullRequestRole.arn,
          AWS_PULL_REQUEST_JOB_ROLE_ARN: roles.PullRequestJobRole.arn,
        },
      });
      expect(ran.code, ran.log).toBe(0);
      expect(ran.log).toMatch(/^Hello from SageMaker$/m);
    };
    await run(MAIN, {});
    await run(PULL_REQUEST, { event: 'pull_request', payload: { number: 7, pull_request: { number: 7 } } });
    expect((await aws.keys('project/hello/')).length).toBeGreaterThan(2);
    expect((await aws.keys('pr-7/project/hello/')).length).toBeGreaterThan(2);
    await artifacts.stop();
  });
});
