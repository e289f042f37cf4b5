/**
 * The jobs' execution role: a given one is looked up and never changed; else one a project, made where absent, its inline
 * policies added where missing.
 */
import {
  CreateRoleCommand,
  GetRoleCommand,
  type IAMClient,
  ListRolePoliciesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { ActionError } from '../task/errors.ts';
import { type Policy, repairedTrust, TRUST_POLICY } from '../task/policy.ts';
import { isServiceError } from './clients.ts';

export interface Role {
  readonly arn: string;
  /** Kept up to date by the action. AWS may take a while to see what this run, or another a moment ago, did to it. */
  readonly managed: boolean;
  /** Made or added to by this run. */
  readonly changed: boolean;
}

/** A role by ARN as it is; by name looked up, for its path is part of the ARN. */
export async function givenRole(iam: IAMClient, role: string, signal: AbortSignal): Promise<Role> {
  if (role.startsWith('arn:')) return { arn: role, managed: false, changed: false };
  try {
    const { Role: found } = await iam.send(new GetRoleCommand({ RoleName: role }), { abortSignal: signal });
    return { arn: arnOf(found), managed: false, changed: false };
  } catch (error) {
    if (!isServiceError(error, 'NoSuchEntityException', 'AccessDenied')) throw error;
    const problem = isServiceError(error, 'AccessDenied') ? 'cannot be looked up (iam:GetRole)' : 'does not exist';
    throw new ActionError(`The role ${role} ${problem}.`, 'Give its ARN as "execution-role", or leave the input out.', {
      cause: error,
    });
  }
}

export interface OwnRole {
  readonly name: string;
  readonly policies: readonly Policy[];
  /** ARN of a managed policy; undefined: as it is. */
  readonly boundary: string | undefined;
  /** Begins and ends with a slash; undefined: `/` for a new role. */
  readonly path: string | undefined;
}

/** The project's role, with these policies among its own; none is removed, for another run may need it. */
export async function ensureRole(iam: IAMClient, role: OwnRole, signal: AbortSignal): Promise<Role> {
  try {
    const { found, created } = await findOrCreate(iam, role, signal);
    const [there, mended] = await Promise.all([
      created ? new Set<string>() : policyNames(iam, role.name, signal),
      created ? false : mend(iam, role, found, signal),
    ]);
    const missing = role.policies.filter((policy) => !there.has(policy.name));
    await Promise.all(
      missing.map(({ name: PolicyName, document: PolicyDocument }) =>
        iam.send(new PutRolePolicyCommand({ RoleName: role.name, PolicyName, PolicyDocument }), {
          abortSignal: signal,
        }),
      ),
    );
    return { arn: arnOf(found), managed: true, changed: created || mended || missing.length > 0 };
  } catch (error) {
    throw roleError(error, role);
  }
}

/** Trust and boundary of a role that was there. Answers whether anything was changed. */
async function mend(iam: IAMClient, role: OwnRole, found: FoundRole, signal: AbortSignal): Promise<boolean> {
  if (role.path !== undefined && found.Path !== undefined && found.Path !== role.path) {
    const problem = `role-path: the role ${role.name} is there already, under ${found.Path}.`;
    throw new ActionError(problem, `Give role-path ${found.Path}, or delete the role: it is made anew.`);
  }
  const trust = repairedTrust(decodeURIComponent(found.AssumeRolePolicyDocument ?? '{}'));
  const bounded = found.PermissionsBoundary?.PermissionsBoundaryArn;
  const boundary = role.boundary === bounded ? undefined : role.boundary;
  const RoleName = role.name;
  await Promise.all([
    trust && iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: trust }), { abortSignal: signal }),
    boundary &&
      iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: boundary }), {
        abortSignal: signal,
      }),
  ]);
  return trust !== undefined || boundary !== undefined;
}

async function findOrCreate(
  iam: IAMClient,
  role: OwnRole,
  signal: AbortSignal,
): Promise<{ found: FoundRole; created: boolean }> {
  const find = async (): Promise<FoundRole> =>
    (await iam.send(new GetRoleCommand({ RoleName: role.name }), { abortSignal: signal })).Role ?? {};
  try {
    return { found: await find(), created: false };
  } catch (error) {
    if (!isServiceError(error, 'NoSuchEntityException')) throw error;
  }
  const request = {
    RoleName: role.name,
    AssumeRolePolicyDocument: TRUST_POLICY,
    Description: 'Runs the training jobs of one project of simple-sagemaker-action.',
    Path: role.path,
    PermissionsBoundary: role.boundary,
  };
  try {
    const { Role: made = {} } = await iam.send(new CreateRoleCommand(request), { abortSignal: signal });
    return { found: made, created: true };
  } catch (error) {
    // Another run made it a moment ago.
    if (!isServiceError(error, 'EntityAlreadyExistsException')) throw error;
    return { found: await find(), created: true };
  }
}

function roleError(error: unknown, role: OwnRole): unknown {
  if (isServiceError(error, 'LimitExceededException')) {
    return new ActionError(
      `The role ${role.name} has no room for another policy: ${error.message}`,
      'Remove those of its inline policies "input-…" that no workflow needs any more; each is made again when a job needs it.',
      { cause: error },
    );
  }
  if (!isServiceError(error, 'AccessDenied')) return error;
  return new ActionError(
    `The credentials may not make or change the jobs' role ${role.name}: ${error.message}\n${roleJson(role)}`,
    'Allow iam:GetRole, iam:CreateRole, iam:UpdateAssumeRolePolicy, iam:PutRolePermissionsBoundary, iam:ListRolePolicies and iam:PutRolePolicy, or make the role above and give it as "execution-role".',
    { cause: error },
  );
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

interface FoundRole {
  readonly Arn?: string | undefined;
  readonly Path?: string | undefined;
  /** Encoded as in a URL. */
  readonly AssumeRolePolicyDocument?: string | undefined;
  readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string | undefined } | undefined;
}

function arnOf(role: FoundRole | undefined): string {
  if (role?.Arn === undefined) throw new Error('IAM answered without the ARN of the role.');
  return role.Arn;
}

/**
 * The role to make by hand, with CloudFormation's names, which are those of CreateRole and PutRolePolicy too:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
 */
function roleJson({ name, policies, boundary, path }: OwnRole): string {
  const Policies = policies.map(({ name: PolicyName, document }) => ({
    PolicyName,
    PolicyDocument: JSON.parse(document) as unknown,
  }));
  const AssumeRolePolicyDocument = JSON.parse(TRUST_POLICY) as unknown;
  const role = { RoleName: name, Path: path, PermissionsBoundary: boundary };
  return JSON.stringify({ ...role, AssumeRolePolicyDocument, Policies }, null, 2);
}
