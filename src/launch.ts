/** A new job of the task: role, code, data and state brought in order at once, then CreateTrainingJob. */
import { randomBytes } from 'node:crypto';
import type { Clients } from './aws/clients.ts';
import { writeRecord } from './aws/jobs.ts';
import { ensureRole, type Role } from './aws/role.ts';
import { createJob } from './aws/training.ts';
import { emptyFolder } from './aws/upload.ts';
import { info, inGroup } from './github/log.ts';
import { type Builder, findWay, provideImage, type Way } from './provide.ts';
import type { Home, Resolved } from './resolve.ts';
import { stageFiles } from './stage.ts';
import { formatS3Uri } from './task/channels.ts';
import { fingerprintOf } from './task/fingerprint.ts';
import type { RunContext } from './task/inputs.ts';
import { jobName, roleName, stateFolder } from './task/names.ts';
import { rolePolicies } from './task/policy.ts';
import { trainingJobRequest } from './task/request.ts';
import type { TaskSpec } from './task/spec.ts';
import { VERSION } from './task/version.ts';
import { together } from './together.ts';

export interface Launch {
  readonly clients: Clients;
  readonly spec: TaskSpec;
  readonly context: RunContext & { readonly workspace: string };
  readonly home: Home;
  readonly resolved: Resolved;
  readonly redact: (text: string) => string;
  /** Has the log show `***` for secrets. */
  readonly mask: (secrets: readonly string[]) => void;
  /** Told before the job is asked for, so that none is ever without somebody who knows its name. */
  readonly onStart: (job: string, imageUri: string) => void;
  readonly signal: AbortSignal;
}

export interface Started {
  readonly name: string;
  readonly arn: string;
  /** Whether the action keeps the job's role up to date: what it lacks was then given a moment ago. */
  readonly managedRole: boolean;
}

/** `way`: how the image comes there, where that is known. */
export async function launchJob(launch: Launch, way: Way | undefined): Promise<Started> {
  const { spec } = launch;
  const name = jobName(spec.project, spec.task, new Date(), randomBytes(2).toString('hex'));
  return inGroup(`Preparing ${name}`, () => prepareAndCreate(launch, name, way));
}

async function prepareAndCreate(launch: Launch, name: string, found: Way | undefined): Promise<Started> {
  const { clients, spec, context, home, resolved, signal } = launch;
  const { bucket } = home;
  const way = found ?? (await findWay(resolved.image, builderOf(launch)));
  const [role, imageUri] = await together(signal, (signal) => [
    jobRole({ ...launch, signal }),
    provideImage(resolved.image, way, builderOf({ ...launch, signal })),
    spec.cleanState ? cleanState({ ...launch, signal }) : undefined,
    stageFiles(clients, spec, resolved, bucket, name, signal),
    writeRecord(clients.s3, bucket, spec, name, { facts: resolved.wish.facts, end: undefined }, signal),
  ]);
  info(`Role: ${role.arn}${role.changed ? ' (created or updated)' : ''}`);
  info(`Image: ${imageUri}`);
  const request = trainingJobRequest(
    spec,
    {
      job: name,
      bucket: bucket.name,
      roleArn: role.arn,
      imageUri,
      version: VERSION,
      fingerprint: fingerprintOf(resolved.wish.facts),
      channels: new Map([...resolved.sources].map(([channel, { uri }]) => [channel, formatS3Uri(uri)])),
    },
    context,
  );
  launch.onStart(name, imageUri);
  const waiting = (): void => info('Waiting until SageMaker sees the role, up to two minutes …');
  const arn = await createJob(clients.sagemaker, request, role.managed, waiting, signal);
  return { name, arn, managedRole: role.managed };
}

/** What an image is built with. */
export function builderOf({ clients, spec, context: { workspace }, redact, mask, signal }: Launch): Builder {
  return { clients, spec, workspace, redact, mask, signal };
}

async function jobRole({ clients, spec, home: { bucket }, resolved, signal }: Launch): Promise<Role> {
  if (resolved.givenRole !== undefined) return resolved.givenRole;
  const policies = rolePolicies({
    region: spec.region,
    account: bucket.owner,
    bucket: bucket.name,
    prefix: spec.prefix,
    project: spec.project,
    inputs: [...resolved.sources.values()].map(({ grant }) => grant),
    vpc: spec.network.subnets.length > 0,
    kmsKey: spec.kmsKey,
  });
  return ensureRole(clients.iam, { name: roleName(spec.project), policies, ...spec.ownRole }, signal);
}

async function cleanState({ clients, spec, home: { bucket }, signal }: Launch): Promise<void> {
  const removed = await emptyFolder(clients.s3, bucket, stateFolder(spec), signal);
  info(`State: emptied, ${removed} objects removed`);
}
