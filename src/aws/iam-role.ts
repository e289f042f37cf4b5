/**
 * The execution role of jobs. A role that the user names is never changed. Otherwise the action manages one role for
 * each project: creates it if it does not exist and adds missing inline policies.
 */
import {
  CreateRoleCommand,
  GetRoleCommand,
  IAMClient,
  ListRolePoliciesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { together } from '../core/concurrency.ts';
import { ActionError } from '../core/errors.ts';
import type { Connection } from './connection.ts';
import { isServiceError } from './service-errors.ts';
import { repairedTrust, TRUST_POLICY } from './trust-policy.ts';

export interface Role {
  readonly arn: string;
  /** Whether the action manages the role. Then AWS may not see recent changes by this run or another yet. */
  readonly managed: boolean;
  /** Whether this run created or changed the role. */
  readonly changed: boolean;
}

/** Finds a role. A name must be looked up, because the role's path is part of its ARN. */
export async function findRole(aws: Connection, role: string, signal: AbortSignal): Promise<Role> {
  if (role.startsWith('arn:')) return { arn: role, managed: false, changed: false };
  try {
    const { Role } = await aws.client(IAMClient).send(new GetRoleCommand({ RoleName: role }), { abortSignal: signal });
    return { arn: arnOf(Role), managed: false, changed: false };
  } catch (error) {
    if (!isServiceError(error, 'NoSuchEntityException', 'AccessDenied')) throw error;
    const problem = isServiceError(error, 'AccessDenied')
      ? 'cannot be looked up (iam:GetRole is denied)'
      : 'does not exist';
    throw new ActionError(`The role ${role} ${problem}.`, 'Set "execution-role" to its ARN, or remove the input.', {
      cause: error,
    });
  }
}

/** An inline policy. */
interface Policy {
  readonly name: string;
  /** JSON. */
  readonly document: string;
}

export interface ManagedRole {
  readonly name: string;
  readonly policies: readonly Policy[];
  /** ARN of the permissions boundary. Undefined: the role's boundary is not changed. */
  readonly boundary: string | undefined;
  /** Begins and ends with a slash. Undefined: a new role gets `/`. */
  readonly path: string | undefined;
}

/** What `ensureRole` would do. `unanswered`: these credentials may not look at the role. */
export type RoleChange =
  | { readonly kind: 'created' }
  | { readonly kind: 'unanswered'; readonly why: string }
  /** `missing`: how many policies the role lacks. `wrongPath`: its path, if it is not the wanted one. */
  | {
      readonly kind: 'found';
      readonly arn: string;
      readonly missing: number;
      readonly trust: boolean;
      readonly boundary: boolean;
      readonly wrongPath: string | undefined;
    };

/** Finds out what `ensureRole` would do, without doing it. */
export async function roleChange(aws: Connection, role: ManagedRole, signal: AbortSignal): Promise<RoleChange> {
  try {
    const request = new GetRoleCommand({ RoleName: role.name });
    const { Role } = await aws.client(IAMClient).send(request, { abortSignal: signal });
    const found: FoundRole = Role ?? {};
    const existing = await policyNames(aws, role.name, signal);
    const boundary = found.PermissionsBoundary?.PermissionsBoundaryArn;
    return {
      kind: 'found',
      arn: arnOf(found),
      missing: role.policies.filter(({ name }) => !existing.has(name)).length,
      trust: repairedTrust(decodeURIComponent(found.AssumeRolePolicyDocument ?? '{}')) !== undefined,
      boundary: role.boundary !== undefined && role.boundary !== boundary,
      wrongPath: role.path === undefined || found.Path === role.path ? undefined : found.Path,
    };
  } catch (error) {
    signal.throwIfAborted();
    if (isServiceError(error, 'NoSuchEntityException')) return { kind: 'created' };
    return { kind: 'unanswered', why: (error as Error).message };
  }
}

/** Makes sure that the project's role exists and has these policies. Removes none, because another run may need it. */
export async function ensureRole(aws: Connection, role: ManagedRole, signal: AbortSignal): Promise<Role> {
  try {
    const [known, existing] = await together(signal, (signal) => [
      lookUp(aws, role.name, signal),
      policyNames(aws, role.name, signal).catch(noneIfAbsent),
    ]);
    const found = known ?? (await create(aws, role, signal));
    const created = known === undefined;
    const repaired = created ? false : await repairRole(aws, role, found, signal);
    const missing = role.policies.filter((policy) => !existing.has(policy.name));
    await together(signal, (signal) =>
      missing.map(({ name: PolicyName, document: PolicyDocument }) =>
        aws.client(IAMClient).send(new PutRolePolicyCommand({ RoleName: role.name, PolicyName, PolicyDocument }), {
          abortSignal: signal,
        }),
      ),
    );
    return { arn: arnOf(found), managed: true, changed: created || repaired || missing.length > 0 };
  } catch (error) {
    throw roleError(error, role);
  }
}

/** Corrects trust policy and boundary of an existing role. Returns whether it changed anything. */
async function repairRole(aws: Connection, role: ManagedRole, found: FoundRole, signal: AbortSignal): Promise<boolean> {
  if (role.path !== undefined && found.Path !== undefined && found.Path !== role.path) {
    const problem = `The role ${role.name} exists already with the path ${found.Path}, not ${role.path} (role-path).`;
    throw new ActionError(
      problem,
      `Set "role-path" to ${found.Path}, or delete the role. The action then creates it again.`,
    );
  }
  const trust = repairedTrust(decodeURIComponent(found.AssumeRolePolicyDocument ?? '{}'));
  const current = found.PermissionsBoundary?.PermissionsBoundaryArn;
  const boundary = role.boundary === current ? undefined : role.boundary;
  const RoleName = role.name;
  await together(signal, (signal) => [
    trust &&
      aws
        .client(IAMClient)
        .send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: trust }), { abortSignal: signal }),
    boundary &&
      aws.client(IAMClient).send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: boundary }), {
        abortSignal: signal,
      }),
  ]);
  return trust !== undefined || boundary !== undefined;
}

/** Undefined if the role does not exist. */
async function lookUp(aws: Connection, RoleName: string, signal: AbortSignal): Promise<FoundRole | undefined> {
  try {
    const { Role } = await aws.client(IAMClient).send(new GetRoleCommand({ RoleName }), { abortSignal: signal });
    return Role ?? {};
  } catch (error) {
    if (isServiceError(error, 'NoSuchEntityException')) return undefined;
    throw error;
  }
}

function noneIfAbsent(error: unknown): ReadonlySet<string> {
  if (isServiceError(error, 'NoSuchEntityException')) return new Set();
  throw error;
}

async function create(aws: Connection, role: ManagedRole, signal: AbortSignal): Promise<FoundRole> {
  const request = {
    RoleName: role.name,
    AssumeRolePolicyDocument: TRUST_POLICY,
    Description: 'Runs the training jobs of one project of simple-sagemaker-action.',
    Path: role.path,
    PermissionsBoundary: role.boundary,
  };
  try {
    const { Role = {} } = await aws.client(IAMClient).send(new CreateRoleCommand(request), { abortSignal: signal });
    return Role;
  } catch (error) {
    // Another run created it a moment ago.
    if (!isServiceError(error, 'EntityAlreadyExistsException')) throw error;
    return (await lookUp(aws, role.name, signal)) ?? {};
  }
}

function roleError(error: unknown, role: ManagedRole): unknown {
  if (isServiceError(error, 'LimitExceededException')) {
    return new ActionError(
      `The inline policies of the role ${role.name} have reached IAM's limit: ${error.message}`,
      'Remove the role\'s inline policies "input-…" and "secret-…". The action adds them again for jobs that need them.',
      { cause: error },
    );
  }
  if (!isServiceError(error, 'AccessDenied')) return error;
  return new ActionError(
    `The credentials may not create or change the jobs' role ${role.name}: ${error.message}\n${roleJson(role)}`,
    'Allow iam:GetRole, iam:CreateRole, iam:UpdateAssumeRolePolicy, iam:PutRolePermissionsBoundary, iam:ListRolePolicies ' +
      'and iam:PutRolePolicy, or create the role above yourself and set "execution-role" to it.',
    { cause: error },
  );
}

async function policyNames(aws: Connection, name: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  let marker: string | undefined;
  do {
    const page = await aws.client(IAMClient).send(new ListRolePoliciesCommand({ RoleName: name, Marker: marker }), {
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
  /** URL-encoded JSON. */
  readonly AssumeRolePolicyDocument?: string | undefined;
  readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string | undefined } | undefined;
}

function arnOf(role: FoundRole | undefined): string {
  if (role?.Arn === undefined) throw new Error('IAM answered without the ARN of the role.');
  return role.Arn;
}

/**
 * The role as JSON, for users who create it themselves. CloudFormation, CreateRole and PutRolePolicy use the same
 * names:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
 */
function roleJson({ name, policies, boundary, path }: ManagedRole): string {
  const Policies = policies.map(({ name: PolicyName, document }) => ({
    PolicyName,
    PolicyDocument: JSON.parse(document) as unknown,
  }));
  const AssumeRolePolicyDocument = JSON.parse(TRUST_POLICY) as unknown;
  const role = { RoleName: name, Path: path, PermissionsBoundary: boundary };
  return JSON.stringify({ ...role, AssumeRolePolicyDocument, Policies }, null, 2);
}
