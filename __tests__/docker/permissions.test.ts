/** What docs/aws.md lists for images is enough to build and push one on a fresh runner, and has nothing that is not used. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { documentedPolicy, usedBy, userWith } from '../action/documented.ts';
import type { StandIn } from '../action/stand-in.ts';
import { BASE, forget, MAY_EMPTY, Runner, startStandIn } from './engine.ts';

const IMAGES = documentedPolicy('images.json', 'project');

let aws: StandIn;
beforeAll(async () => {
  aws = await startStandIn(['--enforce-iam']);
});
afterAll(async () => {
  forget(`${new URL(aws.url).host}/*`);
  await aws.stop();
});

it.skipIf(!MAY_EMPTY)('the policy of the docs for images is enough, and all of it is used', async () => {
  const user = await userWith(aws, 'workflow', [documentedPolicy('policy.json', 'project'), IMAGES]);
  const env = { ...new Runner(aws).env, ...user };
  const workspace = aws.workspace({ '.dockerignore': '*' });
  const inputs = { task: 't', run: 'cat /two', image: BASE, dockerfile: '.', 'upload-artifacts': 'none' };
  for (const word of ['one', 'two']) {
    // Another runner, which has nothing of the build before.
    forget(`${new URL(aws.url).host}/project`);
    writeFileSync(join(workspace, 'Dockerfile'), `RUN echo one > /one\nRUN echo ${word} > /two\n`);
    const ran = await aws.run(workspace, inputs, env);
    expect(ran.stdout).not.toMatch(/::(warning|error)/);
    expect(ran.stdout).toMatch(new RegExp(`^${word}$`, 'm'));
  }
  const { actions, refused } = await usedBy(aws, 'workflow');
  expect(refused).toEqual([]);
  expect(IMAGES.actions.filter((action) => !actions.includes(action))).toEqual([]);
});
