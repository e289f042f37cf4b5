/**
 * The examples on AWS, under the template's role of the default branch. The stand-in's IAM judges every call of the steps and
 * of their jobs. Those with an image of their own: __tests__/docker/examples.test.ts.
 */
import { join } from 'node:path';
import { type ContextEntry, PutRolePolicyCommand, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PolicyDocument, Role, Statement } from '../../scripts/template.mjs';
import { iamOf, MAIN, sessionVariables, usedBy } from '../action/setup.ts';
import { StandIn } from '../action/stand-in.ts';
import { root } from './act.ts';
import { ArtifactServer } from './artifact-server.ts';
import { expectEnough, makeInputs, roleFor } from './on-aws.ts';

const PROJECT = 'simple-sagemaker-example';
const MULTI = `${PROJECT}-multi`;
/** For a cancelled step's job: __tests__/action/permissions.test.ts. */
const NOT_IN_EXAMPLES = ['StopJobs'];
/** In place of a statement: a policy has at least one. */
const NOTHING: Statement = { Effect: 'Allow', Action: 'iam:ListUsers', Resource: '*' };
/** Of the calls that a statement's condition asks for. */
const CONTEXT: ContextEntry[] = Object.entries({
  'iam:PassedToService': 'sagemaker.amazonaws.com',
  'aws:RequestTag/SimpleSagemakerProject': PROJECT,
  'aws:ResourceTag/SimpleSagemakerProject': PROJECT,
  'sagemaker:TaggingAction': 'CreateTrainingJob',
}).map(([ContextKeyName, value]) => ({ ContextKeyName, ContextKeyValues: [value], ContextKeyType: 'string' }));

let aws: StandIn;
let artifacts: ArtifactServer;
const roles = new Map<string, Role>();
beforeAll(async () => {
  const venv = join(process.env['EXAMPLES_VENV'] || join(root, '.cache', 'examples'), 'bin');
  aws = await StandIn.start(['--enforce-iam'], { PATH: `${venv}:${process.env['PATH']}` });
  artifacts = await ArtifactServer.start();
  await makeInputs(aws);
  for (const project of [PROJECT, MULTI]) roles.set(project, await roleFor(aws, project));
});
afterAll(async () => {
  await artifacts.stop();
  await aws.stop();
});

function roleOf(project: string): Role {
  const role = roles.get(project);
  if (role === undefined) throw new Error(`There is no role for the project ${project}.`);
  return role;
}

describe("the template's role", () => {
  it.each([
    ['example1', PROJECT],
    ['example2', PROJECT],
    ['example3', PROJECT],
    ['example4', PROJECT],
    ['example5', PROJECT],
    ['single_task', PROJECT],
    ['multiple_tasks', MULTI],
  ])('is enough for %s', async (name, project) => {
    await expectEnough(aws, roleOf(project), project, name, artifacts.environment);
  });

  // The jobs of the examples may end before their log is searched.
  it('is enough to follow several instances for some seconds', async () => {
    const { name, arn } = roleOf(PROJECT);
    const inputs = { project: PROJECT, task: 'lasts', run: 'echo begun; sleep 3', 'instance-count': '2' };
    const env = await sessionVariables(aws, arn, MAIN);
    const ran = await aws.run(aws.workspace({}), { ...inputs, 'upload-artifacts': 'none' }, env);
    expect(ran.code, ran.stdout).toBe(0);
    const { actions, refused } = await usedBy(aws, `assumed-role/${name}`);
    expect(actions).toContain('logs:FilterLogEvents');
    expect(refused).toEqual([]);
  });

  it('has no statement that could be taken away', async () => {
    const { name, policies } = roleOf(PROJECT);
    const unneeded: string[] = [];
    for (const [policy, document] of Object.entries(policies)) {
      for (const statement of document.Statement) {
        const rest = document.Statement.map((each) => (each === statement ? NOTHING : each));
        await put(name, policy, { ...document, Statement: rest });
        if ((await deniedTo(name)).length === 0) unneeded.push(statement.Sid ?? '');
      }
      await put(name, policy, document);
    }
    expect(await deniedTo(name)).toEqual([]);
    expect(unneeded).toEqual(NOT_IN_EXAMPLES);
  });
});

async function put(RoleName: string, PolicyName: string, document: PolicyDocument): Promise<void> {
  await iamOf(aws).send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: JSON.stringify(document) }));
}

/** What the role has asked for in the examples, and would not get now: `action resource`. */
async function deniedTo(role: string): Promise<string[]> {
  const own = (await aws.requests()).filter(({ principal }) => principal.includes(`:assumed-role/${role}/`));
  const asked = new Map<string, Set<string>>();
  for (const { action, resource, also } of own)
    for (const each of [{ action, resource }, ...also])
      asked.set(each.action, (asked.get(each.action) ?? new Set()).add(each.resource));
  const PolicySourceArn = `arn:aws:iam::123456789012:role/${role}`;
  const denied = [...asked].map(async ([action, resources]) => {
    const request = { PolicySourceArn, ActionNames: [action], ResourceArns: [...resources], ContextEntries: CONTEXT };
    const { EvaluationResults = [] } = await iamOf(aws).send(new SimulatePrincipalPolicyCommand(request));
    const refused = EvaluationResults.filter(({ EvalDecision }) => EvalDecision !== 'allowed');
    return refused.map(({ EvalResourceName }) => `${action} ${EvalResourceName}`);
  });
  return (await Promise.all(denied)).flat();
}
