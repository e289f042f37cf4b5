/** What the job needs beside its files: account, bucket, role, image. What is absent is made. */
import { type Bucket, createBucket, hasBucket } from './aws/bucket.ts';
import type { Clients } from './aws/clients.ts';
import { accountId } from './aws/identity.ts';
import { emptyInputs } from './aws/inputs.ts';
import { ensureRole, givenRole, type Role } from './aws/role.ts';
import { info } from './github/log.ts';
import { InputError } from './task/errors.ts';
import { imageUri } from './task/image.ts';
import { defaultBucket, roleName } from './task/names.ts';
import { rolePolicies } from './task/policy.ts';
import type { TaskSpec } from './task/spec.ts';

export interface Resolved {
  readonly bucket: Bucket;
  readonly role: Role;
  readonly imageUri: string;
}

export async function resolveNeeds(clients: Clients, spec: TaskSpec, signal: AbortSignal): Promise<Resolved> {
  const account = await accountId(clients.sts, signal);
  const bucket = { name: spec.bucket ?? defaultBucket(spec.region, account), region: spec.region, owner: account };
  const image = imageUri(spec.image, spec.region, spec.instanceType);
  const uris = spec.channels.flatMap(({ source }) => (source.kind === 's3' ? [source.uri] : []));
  const [found, mistakes] = await Promise.all([
    hasBucket(clients.s3, bucket, signal),
    emptyInputs(clients.s3, uris, signal),
  ]);
  if (mistakes.length > 0) throw new InputError(mistakes);
  const [role] = await Promise.all([
    jobRole(clients, spec, bucket, signal),
    found ? undefined : createBucket(clients.s3, bucket, signal),
  ]);
  info(`Bucket: ${bucket.name}${found ? '' : ' (created)'}`);
  info(`Role: ${role.arn}${role.fresh ? ' (created or updated)' : ''}`);
  info(`Image: ${image}`);
  return { bucket, role, imageUri: image };
}

async function jobRole(clients: Clients, spec: TaskSpec, bucket: Bucket, signal: AbortSignal): Promise<Role> {
  if (spec.executionRole !== undefined) return givenRole(clients.iam, spec.executionRole, signal);
  const policies = rolePolicies({
    region: spec.region,
    account: bucket.owner,
    bucket: bucket.name,
    prefix: spec.prefix,
    project: spec.project,
    inputs: spec.channels.flatMap(({ source }) => (source.kind === 's3' ? [source.uri] : [])),
  });
  return ensureRole(clients.iam, roleName(spec.project), policies, spec.region, signal);
}
