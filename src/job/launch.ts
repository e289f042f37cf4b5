/** Launches a job: prepares role, image, code, data and state at the same time, then calls CreateTrainingJob. */
import { randomBytes } from 'node:crypto';
import type { ManagedRole, Role } from '../aws/iam-role.ts';
import { removeFolder } from '../aws/s3-objects.ts';
import { createJob } from '../aws/sagemaker.ts';
import { uploadCode } from '../code/upload.ts';
import { together } from '../core/concurrency.ts';
import { counted } from '../core/format.ts';
import type { HashedFile } from '../core/local-file.ts';
import { jobName, roleName } from '../core/names.ts';
import type { RunContext } from '../core/run-context.ts';
import { type Place, stateFolder } from '../core/s3-layout.ts';
import { VERSION } from '../core/version.ts';
import type { LocatedChannel } from '../data/channels.ts';
import { syncChannel } from '../data/sync.ts';
import type { FollowSpec } from '../follow/spec.ts';
import { info, inGroup } from '../github/log.ts';
import { commitOf, originOf } from '../github/pull-request.ts';
import { saveSettled } from '../github/state.ts';
import { type Facts, fingerprintOf } from '../history/fingerprint.ts';
import type { JobRecord } from '../history/record.ts';
import { writeRecord } from '../history/records.ts';
import { ensureImage, findImageSource, type ImageSource } from '../image/ensure.ts';
import type { ImagePlan } from '../image/plan.ts';
import type { ResultPlaces } from '../results/locations.ts';
import type { Step } from '../step.ts';
import { type RequestOverride, withOverride } from './override.ts';
import { packageRepository } from './package-repository.ts';
import { type Staged, type TrainingJobRequest, trainingJobRequest } from './request.ts';
import { rolePolicies } from './role-policy.ts';
import type { JobSpec } from './spec.ts';

/** What the job will use. It is resolved before anything is created. */
export interface Resolved {
  readonly image: ImagePlan;
  /** The role of `execution-role`. Undefined: the action manages a role for the project. */
  readonly existingRole: Role | undefined;
  readonly code: readonly HashedFile[];
  readonly channels: readonly LocatedChannel[];
  /** The input `request`. */
  readonly override: RequestOverride | undefined;
}

/** A job that is about to be requested. */
export interface NewJob extends ResultPlaces {
  readonly imageUri: string;
}

export interface Started {
  readonly name: string;
  readonly arn: string;
  /** Whether the action manages the job's role. Then a missing permission may have been granted a moment ago. */
  readonly managedRole: boolean;
}

/**
 * `source`: how the image gets into ECR, if the caller knows it. `onStart` is called before CreateTrainingJob, so that
 * a killed run leaves no job whose name nobody knows.
 */
export async function launchJob(
  step: Step,
  spec: JobSpec,
  resolved: Resolved,
  facts: Facts,
  source: ImageSource | undefined,
  onStart: (job: NewJob) => void,
): Promise<Started> {
  const { project, task } = spec.place;
  const name = jobName(project, task, new Date(), randomBytes(2).toString('hex'));
  return inGroup(`Preparing ${name}`, async () => {
    const { role, imageUri } = await prepare(step, spec, resolved, facts, source, name);
    const request = jobRequest(step, spec, resolved, facts, name, role.arn, imageUri);
    step.signal.throwIfAborted();
    onStart(newJob(request, imageUri));
    const onWait = (): void => info('Waiting until SageMaker sees the new role and its policies (up to two minutes) …');
    const answer = await createJob(step.aws, request, role.managed, onWait, step.signal);
    if (answer.kind === 'created') return { name, arn: answer.arn, managedRole: role.managed };
    if (answer.kind === 'refused') saveSettled();
    throw answer.error;
  });
}

async function prepare(
  step: Step,
  spec: JobSpec,
  resolved: Resolved,
  facts: Facts,
  knownSource: ImageSource | undefined,
  name: string,
): Promise<{ role: Role; imageUri: string }> {
  const { place } = spec;
  const source = knownSource ?? (await findImageSource(resolved.image, step));
  const [role, imageUri] = await together(step.signal, (signal) => {
    const part = { ...step, signal };
    return [
      jobRole(part, spec, resolved),
      ensureImage(part, spec.image, resolved.image, source),
      spec.reuse.cleanState ? cleanState(part, place) : undefined,
      uploadCode(part, spec.code, resolved.code, place, name),
      syncChannels(part, place, resolved.channels),
      writeRecord(part, place, name, { facts, ...newRecord(step.run, spec.follow), end: undefined }),
    ];
  });
  info(`Role: ${role.arn}${role.changed ? ' (created or updated)' : ''}`);
  info(`Image: ${imageUri}`);
  return { role, imageUri };
}

/** The part of a new job's record that says where the job comes from. */
export function newRecord(run: RunContext, { wait }: Pick<FollowSpec, 'wait'>): Pick<JobRecord, 'by' | 'pending'> {
  const commit = wait ? undefined : commitOf(run);
  return { by: originOf(run), pending: commit === undefined ? [] : [commit] };
}

/** The request, with the input `request` merged into it. */
export function jobRequest(
  step: Step,
  spec: JobSpec,
  resolved: Resolved,
  facts: Facts,
  name: string,
  roleArn: string,
  imageUri: string,
): TrainingJobRequest {
  const request = trainingJobRequest(spec, staged(step, resolved, facts, name, roleArn, imageUri), step.run);
  return withOverride(request, resolved.override);
}

function staged(
  { home: { bucket } }: Step,
  { channels }: Resolved,
  facts: Facts,
  job: string,
  roleArn: string,
  imageUri: string,
): Staged {
  const { name, region } = bucket;
  const fingerprint = fingerprintOf(facts);
  return { job, bucket: name, region, roleArn, imageUri, version: VERSION, fingerprint, channels };
}

/** Where the results will be. DescribeTrainingJob will return the same. */
function newJob(request: TrainingJobRequest, imageUri: string): NewJob {
  return {
    name: request.TrainingJobName,
    outputPath: request.OutputDataConfig.S3OutputPath,
    compression: request.OutputDataConfig.CompressionType === 'NONE' ? 'none' : 'gzip',
    stateUri: request.CheckpointConfig.S3Uri,
    codeUri: '',
    imageUri,
  };
}

async function jobRole(step: Step, spec: JobSpec, resolved: Resolved): Promise<Role> {
  if (resolved.existingRole !== undefined) return resolved.existingRole;
  const { ensureRole } = await import('../aws/iam-role.ts');
  return ensureRole(step.aws, managedRole(step, spec, resolved.channels), step.signal);
}

/** The role that the action manages for the project's jobs, with what this job needs. */
export function managedRole({ home }: Step, spec: JobSpec, channels: readonly LocatedChannel[]): ManagedRole {
  const { place, code, resources, role } = spec;
  const { bucket } = home;
  const policies = rolePolicies({
    region: bucket.region,
    account: bucket.owner,
    bucket: bucket.name,
    prefix: place.prefix,
    project: place.project,
    inputs: channels.map(({ grant }) => grant),
    vpc: resources.network.subnets.length > 0,
    kmsKey: resources.kmsKey,
    remoteDebug: resources.remoteDebug,
    packages: packageRepository(code.environment),
    secrets: [...code.secrets.values()],
  });
  return { name: roleName(place), policies, boundary: role.boundary, path: role.path };
}

async function cleanState({ aws, home, signal }: Step, place: Place): Promise<void> {
  const removed = await removeFolder(aws, home.bucket, stateFolder(place), signal);
  info(`State: emptied, ${counted(removed, 'object')} removed`);
}

/** Uploads the channels whose files are on the runner. */
async function syncChannels(step: Step, place: Place, channels: readonly LocatedChannel[]): Promise<void> {
  const local = channels.filter(({ files }) => files !== undefined);
  await together(step.signal, (signal) => local.map((channel) => syncChannel({ ...step, signal }, place, channel)));
}
