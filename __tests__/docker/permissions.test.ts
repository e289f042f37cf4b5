/** What docs/aws.md lists for images is enough to build and push one on a fresh runner, and has nothing that is not used. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StandIn } from '../action/stand-in.ts';
import { BASE, forget, Runner, startStandIn } from './engine.ts';

const PAGE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'aws.md'), 'utf8');
const WORDS = { ACCOUNT: '123456789012', REGION: 'us-east-1', PROJECT: 'project', REPOSITORY: 'project' };

interface Policy {
  readonly Statement: readonly { readonly Action: string | readonly string[] }[];
}

let aws: StandIn;
beforeAll(async () => {
  aws = await startStandIn(['--enforce-iam']);
});
afterAll(async () => {
  forget(`${new URL(aws.url).host}/*`);
  await aws.stop();
});

/** The first JSON after the name of its file. */
function policyText(file: string): string {
  const text = new RegExp(`\`${file}\`[\\s\\S]*?\`\`\`json\\n([\\s\\S]*?)\`\`\``).exec(PAGE)?.[1] ?? '';
  const words = Object.entries({ ...WORDS, BUCKET: aws.bucket });
  return words.reduce((page, [word, value]) => page.replaceAll(word, value), text);
}

async function workflowUser(): Promise<Record<string, string>> {
  const credentials = { accessKeyId: 'AKIAADMINISTRATOR000', secretAccessKey: 'x' };
  const iam = new IAMClient({ region: 'us-east-1', endpoint: aws.url, credentials });
  await iam.send(new CreateUserCommand({ UserName: 'workflow' }));
  for (const file of ['policy.json', 'images.json']) {
    const policy = { UserName: 'workflow', PolicyName: file, PolicyDocument: policyText(file.replace('.', '\\.')) };
    await iam.send(new PutUserPolicyCommand(policy));
  }
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'workflow' }));
  return {
    AWS_ACCESS_KEY_ID: AccessKey?.AccessKeyId ?? '',
    AWS_SECRET_ACCESS_KEY: AccessKey?.SecretAccessKey ?? '',
  };
}

it('the policy of the docs for images is enough, and all of it is used', async () => {
  const env = { ...new Runner(aws).env, ...(await workflowUser()) };
  const workspace = aws.workspace({ Dockerfile: 'RUN echo one > /one\nRUN echo one > /two\n', '.dockerignore': '*' });
  const inputs = { task: 't', run: 'cat /two', image: BASE, dockerfile: '.', 'upload-artifacts': 'none' };
  for (const word of ['one', 'two']) {
    // Another runner, which has nothing of the build before.
    forget(`${new URL(aws.url).host}/project`);
    writeFileSync(join(workspace, 'Dockerfile'), `RUN echo one > /one\nRUN echo ${word} > /two\n`);
    const ran = await aws.run(workspace, inputs, env);
    expect(ran.stdout).not.toMatch(/::(warning|error)/);
    expect(ran.stdout).toMatch(new RegExp(`^${word}$`, 'm'));
  }
  const own = (await aws.requests()).filter(({ principal }) => principal.endsWith(':user/workflow'));
  expect(own.filter(({ status }) => status === 403)).toEqual([]);
  const used = new Set(own.flatMap(({ action, also }) => [action, ...also.map((each) => each.action)]));
  const { Statement } = JSON.parse(policyText('images\\.json')) as Policy;
  const allowed = Statement.flatMap(({ Action }) => Action);
  expect(allowed.filter((action) => !used.has(action))).toEqual([]);
});
