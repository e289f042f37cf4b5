/** Who gets at the values of `secrets` who should not: a pull request, a reader of the log, a reader of an error. */
import {
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../../scripts/template.mjs';
import { parseSecrets } from '../../src/code/secrets.ts';
import { InputProblem } from '../../src/core/errors.ts';
import { type Credentials, iamOf, MAIN, makeRoles, PULL_REQUEST, runOf, sessionOf } from '../action/setup.ts';
import { StandIn, type StepResult } from '../action/stand-in.ts';
import { Tally } from './tally.ts';

const VALUE = 'hunter2-of-the-default-branch';
const ALLOWED = 'what-pull-requests-may-have';
const tally = new Tally('secrets');

let aws: StandIn;
let stack: Stack;
let pull: Record<string, string>;
let session: Credentials;
/** Of the default branch's jobs, and of pull requests' too. */
let [mains, everybodys] = ['', ''];
beforeAll(async () => {
  aws = await StandIn.start(['--enforce-iam']);
  mains = await aws.keepSecret('team/main', { SecretString: VALUE });
  everybodys = await aws.keepSecret('team/everybody', { SecretString: ALLOWED });
  stack = await makeRoles(aws, { PullRequestSecrets: everybodys });
  const env = await runOf(aws, MAIN);
  const roles = { 'role-to-assume': stack.roles.DefaultBranchRole.arn };
  const main = await aws.run(
    aws.workspace({}),
    { ...QUIET, ...roles, task: 'main', run: READ, secrets: `A=${mains}` },
    env,
  );
  expect(main.code, main.stdout).toBe(0);
  expect(main.stdout).toContain(LENGTH(VALUE));
  pull = { ...(await runOf(aws, PULL_REQUEST)), GITHUB_EVENT_NAME: 'pull_request' };
  session = await sessionOf(aws, stack.roles.PullRequestRole.arn, PULL_REQUEST);
});
afterAll(() => aws.stop());

const QUIET = { download: 'none', 'upload-artifacts': 'none' };
/** Tells that the value is there in a way that nothing hides. */
const READ = 'echo "it has ${#A} characters"';
const LENGTH = (text: string): string => `it has ${text.length} characters`;

/** A step of a pull request's own workflow, with the roles that it can have. */
async function stepOf(inputs: Record<string, string>, role = stack.roles.PullRequestJobRole.arn): Promise<StepResult> {
  const workspace = aws.workspace({ 'event.json': '{"pull_request": {"number": 7}}' });
  const roles = { 'role-to-assume': stack.roles.PullRequestRole.arn, ...(role !== '' && { 'execution-role': role }) };
  return aws.run(
    workspace,
    { ...QUIET, ...roles, run: READ, ...inputs },
    { ...pull, GITHUB_EVENT_PATH: `${workspace}/event.json` },
  );
}

describe('a pull request', () => {
  it('reads what every pull request may', async () => {
    const { code, stdout } = await stepOf({ task: 'may', secrets: `A=${everybodys}` });
    expect(code, stdout).toBe(0);
    expect(stdout).toContain(LENGTH(ALLOWED));
  });

  const NAMES = ['whole', 'partial'];
  tally.attack("names the default branch's secret in its workflow", NAMES, async (way) => {
    const arn = way === 'whole' ? mains : mains.slice(0, -7);
    const { code, stdout, outputs } = await stepOf({ task: `names-${way}`, secrets: `A=${arn}` });
    expect(outputs['failure-reason']).toContain('AccessDeniedException');
    return code === 0 || stdout.includes(LENGTH(VALUE));
  });

  const ROLES = ["the default branch's jobs'", 'one that the action makes', "the default branch's workflows'"];
  tally.attack('… and another role', ROLES, async (which) => {
    const main = 'arn:aws:iam::123456789012:role/SimpleSagemaker-project';
    const role = { [ROLES[0] ?? '']: main, [ROLES[1] ?? '']: '' }[which] ?? stack.roles.DefaultBranchRole.arn;
    const { code, stdout } = await stepOf({ task: 'role', secrets: `A=${mains}` }, role);
    expect(stdout).toMatch(/not authorized to perform|may not create or change/);
    return code === 0 || stdout.includes(LENGTH(VALUE));
  });

  tally.attack('reads it by its own role', [VALUE], async (value) => {
    const { status, body } = await aws.call('secretsmanager', 'GetSecretValue', { SecretId: mains }, session);
    return status === 200 || JSON.stringify(body).includes(value);
  });

  tally.attack(
    "lets its jobs' role, or main's, read it",
    ['PullRequestJobRole', 'SimpleSagemaker-project'],
    async (role) => {
      const RoleName = role === 'PullRequestJobRole' ? stack.roles.PullRequestJobRole.name : role;
      const Statement = { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' };
      const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
      const iam = iamOf(aws, session);
      const all = await Promise.allSettled([
        iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'mine', PolicyDocument })),
        iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument })),
      ]);
      return all.some(({ status }) => status === 'fulfilled');
    },
  );

  const ACTIONS = ['secretsmanager:GetSecretValue', 'secretsmanager:ListSecrets', 'secretsmanager:BatchGetSecretValue'];
  tally.attack(
    'has a role that may read another',
    [...ACTIONS, 'ssm:GetParameter', 'ssm:GetParameters'],
    async (action) => {
      const resources = [mains, `${everybodys}-a1B2c3`, 'arn:aws:ssm:us-east-1:123456789012:parameter/team/everybody'];
      const asked = [stack.roles.PullRequestRole.arn, stack.roles.PullRequestJobRole.arn].flatMap((PolicySourceArn) =>
        resources.map((resource) => ({ PolicySourceArn, ActionNames: [action], ResourceArns: [resource] })),
      );
      const answers = await Promise.all(asked.map((each) => iamOf(aws).send(new SimulatePrincipalPolicyCommand(each))));
      return answers
        .flatMap(({ EvaluationResults = [] }) => EvaluationResults)
        .some(({ EvalDecision }) => EvalDecision === 'allowed');
    },
  );
});

describe('the log', () => {
  const PRINTS = [
    'echo "$A"; echo "before${A}after" >&2; env; cat /proc/self/environ | tr "\\0" "\\n"; printf %s "$A"',
    'set -x; curl -s --max-time 1 "http://me:$A@127.0.0.1:1/" || true',
    'python3 -c "import json, os; print(repr(os.environ[\'A\']), dict(os.environ)); print(json.dumps(dict(os.environ)))"',
    'python3 -c "import os; raise ValueError(os.environ[\'A\'])"',
    'echo "{\\"$A\\": 1}"; echo "::notice::$A"; echo "::set-output name=a::$A"',
    'echo "$A" >"$SM_OUTPUT_DIR/failure"',
    'exec "$A"',
    'kill -SEGV $$',
  ];
  let at = 0;
  tally.attack('shows a value to whoever reads the log, the outputs or the summary', PRINTS, async (run) => {
    at += 1;
    const env = await runOf(aws, MAIN);
    const inputs = {
      task: `prints-${at}`,
      run,
      secrets: `A=${mains}`,
      'role-to-assume': stack.roles.DefaultBranchRole.arn,
    };
    const result = await aws.run(aws.workspace({}), { ...inputs, download: 'logs', 'upload-artifacts': 'none' }, env);
    const job = result.outputs['job-name'] ?? '';
    expect(job).not.toBe('');
    return JSON.stringify([result, await aws.describe(job)]).includes('hunter2');
  });
});

describe('a message', () => {
  const TEXTS = [
    ...[
      'hunter2',
      'A=hunter2',
      'A: hunter2',
      '- A=hunter2',
      'A="hunter2"',
      'A=hunter2,',
      'A=hunter2 B=hunter2',
      '"hunter2"',
    ],
    ...[
      '{"A": "hunter2"',
      '{"A": hunter2}',
      '["hunter2"]',
      '[{"Name": "A", "Value": "hunter2"}]',
      '{"A": {"b": "hunter2"}}',
    ],
    ...[
      'hunter2==',
      'A=arn:aws:secretsmanager:hunter2',
      'A = hunter2 # x',
      '--a hunter2',
      'hunter2=hunter2',
      '::add-mask::hunter2',
    ],
  ];
  tally.attack('shows what somebody wrote in place of an ARN', TEXTS, (text) => {
    try {
      parseSecrets(text);
    } catch (error) {
      if (error instanceof InputProblem) return (error.message + error.remedy).includes('hunter2');
      throw error;
    }
    throw new Error('it was no mistake');
  });
});
