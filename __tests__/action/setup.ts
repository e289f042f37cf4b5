/** The roles of aws/setup.yml in a stand-in, and runs of a workflow that have their rights and no others. */
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type PolicyDocument, renderStack, type Stack } from '../../scripts/template.mjs';
import type { StandIn } from './stand-in.ts';

/** What GitHub says of a run, https://docs.github.com/actions/reference/security/oidc */
export const MAIN = 'repo:org/project:ref:refs/heads/main';
export const PULL_REQUEST = 'repo:org/project:pull_request';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const ADMINISTRATOR: Credentials = { accessKeyId: 'AKIAADMINISTRATOR000', secretAccessKey: 'x' };

export function iamOf(aws: StandIn, credentials = ADMINISTRATOR): IAMClient {
  return new IAMClient({ region: 'us-east-1', endpoint: aws.url, credentials });
}

/** Makes the template's roles as CloudFormation would: for the project "project" of org/project, unless told otherwise. */
export async function makeRoles(
  aws: StandIn,
  parameters: Record<string, string> = {},
  stack = 'setup',
): Promise<Stack> {
  const made = renderStack({ Repository: 'org/project', Project: 'project', ...parameters }, { stack });
  const iam = iamOf(aws);
  for (const { name, seconds, trust, policies } of Object.values(made.roles)) {
    const role = { RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust), MaxSessionDuration: seconds };
    await iam.send(new CreateRoleCommand(role));
    for (const [PolicyName, document] of Object.entries(policies)) {
      const policy = { RoleName: name, PolicyName, PolicyDocument: JSON.stringify(document) };
      await iam.send(new PutRolePolicyCommand(policy));
    }
  }
  return made;
}

/** A user of the account with these policies alone: the variables of its credentials. */
export async function userWith(
  aws: StandIn,
  UserName: string,
  policies: readonly PolicyDocument[],
): Promise<{ AWS_ACCESS_KEY_ID: string; AWS_SECRET_ACCESS_KEY: string }> {
  const iam = iamOf(aws);
  await iam.send(new CreateUserCommand({ UserName }));
  for (const [number, document] of policies.entries()) {
    const policy = { UserName, PolicyName: `policy-${number}`, PolicyDocument: JSON.stringify(document) };
    await iam.send(new PutUserPolicyCommand(policy));
  }
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return {
    AWS_ACCESS_KEY_ID: AccessKey?.AccessKeyId ?? '',
    AWS_SECRET_ACCESS_KEY: AccessKey?.SecretAccessKey ?? '',
  };
}

/** The variables of a run that gets OIDC tokens of this subject. */
export async function runOf(
  aws: StandIn,
  subject: string,
): Promise<{ ACTIONS_ID_TOKEN_REQUEST_URL: string; ACTIONS_ID_TOKEN_REQUEST_TOKEN: string }> {
  const told = (await (await fetch(`${aws.url}/_local/oidc`)).json()) as Record<string, string>;
  return {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${told['request_url']}&sub=${encodeURIComponent(subject)}`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: told['request_token'] ?? '',
  };
}

/** A session of the role for a run of this subject. Throws where the role does not trust it. */
export async function sessionOf(aws: StandIn, RoleArn: string, subject: string): Promise<Credentials> {
  const run = await runOf(aws, subject);
  const answer = await fetch(`${run.ACTIONS_ID_TOKEN_REQUEST_URL}&audience=sts.amazonaws.com`, {
    headers: { authorization: `Bearer ${run.ACTIONS_ID_TOKEN_REQUEST_TOKEN}` },
  });
  const { value: WebIdentityToken } = (await answer.json()) as { value: string };
  const sts = new STSClient({ region: 'us-east-1', endpoint: aws.url, credentials: ADMINISTRATOR });
  const request = { RoleArn, RoleSessionName: 'test', WebIdentityToken };
  const { Credentials: given } = await sts.send(new AssumeRoleWithWebIdentityCommand(request));
  return {
    accessKeyId: given?.AccessKeyId ?? '',
    secretAccessKey: given?.SecretAccessKey ?? '',
    sessionToken: given?.SessionToken ?? '',
  };
}

/** The same session, as a step's variables. */
export async function sessionVariables(aws: StandIn, role: string, subject: string): Promise<Record<string, string>> {
  const { accessKeyId, secretAccessKey, sessionToken = '' } = await sessionOf(aws, role, subject);
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken };
}

/** The actions that the policies allow, each once. */
export function actionsOf(policies: Readonly<Record<string, PolicyDocument>>): string[] {
  const statements = Object.values(policies).flatMap(({ Statement }) => Statement);
  return [...new Set(statements.flatMap(({ Action }) => Action))];
}

/** What a principal, `user/NAME` or `assumed-role/NAME`, was seen to need, each action once, and what it was refused. */
export async function usedBy(aws: StandIn, principal: string): Promise<{ actions: string[]; refused: string[] }> {
  const own = (await aws.requests()).filter((request) => `${request.principal}/`.includes(`:${principal}/`));
  const actions = new Set(own.flatMap(({ action, also }) => [action, ...also.map((each) => each.action)]));
  return { actions: [...actions], refused: own.filter(({ status }) => status === 403).map(({ action }) => action) };
}
