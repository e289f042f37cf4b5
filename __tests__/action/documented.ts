/** The policies that docs/aws.md shows, and a user who has no other rights. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import type { StandIn } from './stand-in.ts';

const PAGE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'aws.md'), 'utf8');

export interface Documented {
  readonly text: string;
  /** Each once. */
  readonly actions: readonly string[];
}

interface Policy {
  readonly Statement: readonly { readonly Action: string | readonly string[] }[];
}

/** The one that the page calls by the file's name, for a project whose ECR repository has its name. */
export function documentedPolicy(file: string, project: string): Documented {
  const shown =
    PAGE.slice(PAGE.indexOf(`\`${file}\``))
      .split('```json\n')[1]
      ?.split('```')[0] ?? '';
  const words = { ACCOUNT: '123456789012', REGION: 'us-east-1', PROJECT: project, REPOSITORY: project };
  const all = { ...words, BUCKET: 'sagemaker-us-east-1-123456789012' };
  const text = Object.entries(all).reduce((rest, [word, value]) => rest.replaceAll(word, value), shown);
  const { Statement } = JSON.parse(text) as Policy;
  return { text, actions: [...new Set(Statement.flatMap(({ Action }) => Action))] };
}

/** A user of the account with these policies alone: the variables of its credentials. */
export async function userWith(
  aws: StandIn,
  UserName: string,
  policies: readonly Documented[],
): Promise<{ AWS_ACCESS_KEY_ID: string; AWS_SECRET_ACCESS_KEY: string }> {
  const credentials = { accessKeyId: 'AKIAADMINISTRATOR000', secretAccessKey: 'x' };
  const iam = new IAMClient({ region: 'us-east-1', endpoint: aws.url, credentials });
  await iam.send(new CreateUserCommand({ UserName }));
  for (const [number, { text }] of policies.entries()) {
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: `docs-${number}`, PolicyDocument: text }));
  }
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return {
    AWS_ACCESS_KEY_ID: AccessKey?.AccessKeyId ?? '',
    AWS_SECRET_ACCESS_KEY: AccessKey?.SecretAccessKey ?? '',
  };
}

/** What a user was seen to need, each action once, and whether anything was refused. */
export async function usedBy(aws: StandIn, user: string): Promise<{ actions: string[]; refused: string[] }> {
  const own = (await aws.requests()).filter(({ principal }) => principal.endsWith(`:user/${user}`));
  const actions = new Set(own.flatMap(({ action, also }) => [action, ...also.map((each) => each.action)]));
  return { actions: [...actions], refused: own.filter(({ status }) => status === 403).map(({ action }) => action) };
}
