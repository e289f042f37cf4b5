/** What aws/setup.yml allows for images is enough to build and push one on a fresh runner, and has nothing that is not used. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Stack } from '../../scripts/template.mjs';
import { actionsOf, MAIN, makeRoles, PULL_REQUEST, runOf, usedBy } from '../action/setup.ts';
import type { StandIn } from '../action/stand-in.ts';
import { BASE, forget, MAY_EMPTY, Runner, startStandIn } from './engine.ts';

let aws: StandIn;
let stack: Stack;
beforeAll(async () => {
  aws = await startStandIn(['--enforce-iam']);
  stack = await makeRoles(aws, { EcrRepository: 'project' });
});
afterAll(async () => {
  forget(`${new URL(aws.url).host}/*`);
  await aws.stop();
});

// The pull request's runs come second: only main's role makes the bucket.
it.skipIf(!MAY_EMPTY).each([
  ['the default branch', 'DefaultBranchRole', MAIN, { 'ecr-repository': 'project' }],
  [
    'pull requests',
    'PullRequestRole',
    PULL_REQUEST,
    { 'ecr-repository': 'project-pull-requests', prefix: 'pr-7', 'base-prefix': '/' },
  ],
] as const)('the role of %s is enough for images, and all of it is used', async (_whose, id, subject, places) => {
  const role = stack.roles[id];
  const jobRole = id === 'PullRequestRole' ? { 'execution-role': stack.roles.PullRequestJobRole.arn } : {};
  const env = { ...new Runner(aws).env, ...(await runOf(aws, subject)) };
  const workspace = aws.workspace({ '.dockerignore': '*' });
  const inputs = {
    ...{ task: `t-${places['ecr-repository']}`, run: 'cat /two', image: BASE, dockerfile: '.' },
    ...{ 'upload-artifacts': 'none', 'role-to-assume': role.arn, ...places, ...jobRole },
  };
  for (const word of ['one', 'two']) {
    // Another runner, which has nothing of the build before.
    forget(`${new URL(aws.url).host}/project`);
    writeFileSync(join(workspace, 'Dockerfile'), `RUN echo one > /one\nRUN echo ${word} > /two\n`);
    const ran = await aws.run(workspace, inputs, env);
    expect(ran.stdout).not.toMatch(/::(warning|error)/);
    expect(ran.stdout).toMatch(new RegExp(`^${word}$`, 'm'));
  }
  const { actions, refused } = await usedBy(aws, `assumed-role/${role.name}`);
  expect(refused).toEqual([]);
  const { 'pull-images': pull, 'push-images': push } = role.policies;
  if (pull === undefined || push === undefined) throw new Error('The role has no policies for images.');
  expect(actionsOf({ pull, push }).filter((action) => !actions.includes(action))).toEqual([]);
});

it('a pull request cannot put an image where main’s are', async () => {
  const env = { ...new Runner(aws).env, ...(await runOf(aws, PULL_REQUEST)) };
  const { PullRequestRole, PullRequestJobRole } = stack.roles;
  const roles = { 'role-to-assume': PullRequestRole.arn, 'execution-role': PullRequestJobRole.arn };
  const inputs = { task: 'mains', run: 'true', image: BASE, dockerfile: 'RUN true', prefix: 'pr-7', ...roles };
  const ran = await aws.run(aws.workspace({}), { ...inputs, 'ecr-repository': 'project' }, env);
  expect(ran.code).toBe(1);
  expect(ran.stdout).toMatch(/^::error::.*not authorized to perform: ecr:\w+ on resource: .*repository\/project/m);
});
