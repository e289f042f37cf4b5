/**
 * The jobs' execution role: a given one is looked up and never changed; else one a project, made where absent, its inline
 * policies added where missing.
 */
import {
  CreateRoleCommand,
  GetRoleCommand,
  type IAMClient,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { ActionError } from '../task/errors.ts';
import { partition } from '../task/names.ts';
import { type Policy, TRUST_POLICY } from '../task/policy.ts';
import { isServiceError } from './clients.ts';

export interface Role {
  readonly arn: string;
  /** Made or added to by this run: AWS may take a while to see it. */
  readonly fresh: boolean;
}

/** A role by ARN as it is; by name looked up, for its path is part of the ARN. */
export async function givenRole(iam: IAMClient, role: string, signal: AbortSignal): Promise<Role> {
  if (role.startsWith('arn:')) return { arn: role, fresh: false };
  try {
    const { Role: found } = await iam.send(new GetRoleCommand({ RoleName: role }), { abortSignal: signal });
    return { arn: arnOf(found), fresh: false };
  } catch (error) {
    if (!isServiceError(error, 'NoSuchEntityException', 'AccessDenied')) throw error;
    const problem = isServiceError(error, 'AccessDenied') ? 'cannot be looked up (iam:GetRole)' : 'does not exist';
    throw new ActionError(`The role ${role} ${problem}.`, 'Give its ARN as "execution-role", or leave the input out.', {
      cause: error,
    });
  }
}

/** The project's role with these policies; none is removed, for another run may need it. */
export async function ensureRole(
  iam: IAMClient,
  name: string,
  policies: readonly Policy[],
  region: string,
  signal: AbortSignal,
): Promise<Role> {
  try {
    const { arn, created } = await findOrCreate(iam, name, signal);
    const there = created ? new Set<string>() : await policyNames(iam, name, signal);
    const missing = policies.filter((policy) => !there.has(policy.name));
    await Promise.all(
      missing.map(({ name: PolicyName, document: PolicyDocument }) =>
        iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName, PolicyDocument }), { abortSignal: signal }),
      ),
    );
    return { arn, fresh: created || missing.length > 0 };
  } catch (error) {
    if (!isServiceError(error, 'AccessDenied')) throw error;
    throw new ActionError(
      `The credentials may not make the jobs' role ${name}: ${error.message}\n${roleJson(name, policies, region)}`,
      'Allow iam:GetRole, iam:CreateRole, iam:ListRolePolicies and iam:PutRolePolicy, or make the role above and give it as "execution-role".',
      { cause: error },
    );
  }
}

async function findOrCreate(
  iam: IAMClient,
  name: string,
  signal: AbortSignal,
): Promise<{ arn: string; created: boolean }> {
  const find = async () =>
    arnOf((await iam.send(new GetRoleCommand({ RoleName: name }), { abortSignal: signal })).Role);
  try {
    return { arn: await find(), created: false };
  } catch (error) {
    if (!isServiceError(error, 'NoSuchEntityException')) throw error;
  }
  const request = {
    RoleName: name,
    AssumeRolePolicyDocument: TRUST_POLICY,
    Description: 'Runs the training jobs of one project of simple-sagemaker-action.',
  };
  try {
    const { Role: made } = await iam.send(new CreateRoleCommand(request), { abortSignal: signal });
    return { arn: arnOf(made), created: true };
  } catch (error) {
    // Another run made it a moment ago.
    if (!isServiceError(error, 'EntityAlreadyExistsException')) throw error;
    return { arn: await find(), created: true };
  }
}

async function policyNames(iam: IAMClient, name: string, signal: AbortSignal): Promise<Set<string>> {
  const names = new Set<string>();
  let marker: string | undefined;
  do {
    const page = await iam.send(new ListRolePoliciesCommand({ RoleName: name, Marker: marker }), {
      abortSignal: signal,
    });
    for (const policy of page.PolicyNames ?? []) names.add(policy);
    marker = page.IsTruncated === true ? page.Marker : undefined;
  } while (marker !== undefined);
  return names;
}

function arnOf(role: { readonly Arn?: string | undefined } | undefined): string {
  if (role?.Arn === undefined) throw new Error('IAM answered without the ARN of the role.');
  return role.Arn;
}

/** The role to make by hand. */
function roleJson(name: string, policies: readonly Policy[], region: string): string {
  const inline = policies.map(({ name: PolicyName, document }) => ({
    PolicyName,
    PolicyDocument: JSON.parse(document) as unknown,
  }));
  const trust = JSON.parse(TRUST_POLICY) as unknown;
  return JSON.stringify(
    { RoleName: name, Partition: partition(region), AssumeRolePolicyDocument: trust, Policies: inline },
    null,
    2,
  );
}
