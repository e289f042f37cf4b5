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
import { type Attempt, firstAttempt, type InstanceSearch, turnText } from './attempts.ts';
import { checkQuotas } from './check-quotas.ts';
import { noInstances } from './no-instances.ts';
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
  readonly instanceTypes: readonly string[];
}

export interface Started {
  readonly name: string;
  readonly arn: string;
  /** The instances that it was requested with. */
  readonly attempt: Attempt;
  /** Whether the action manages the job's role. Then a missing permission may have been granted a moment ago. */
  readonly managedRole: boolean;
}

/** Launches the jobs of a step: one, and another one if that had to make way. */
export class Launcher {
  readonly spec: JobSpec;
  /** Says with which instances. */
  readonly search: InstanceSearch;
  readonly #resolved: Resolved;
  readonly #facts: Facts;
  readonly #onStart: (job: NewJob) => void;
  #source: ImageSource | undefined;
  /** Once ECR has the image. */
  #imageUri: string | undefined;

  /** `onStart` is called before CreateTrainingJob, so that a killed run leaves no job whose name nobody knows. */
  constructor(spec: JobSpec, resolved: Resolved, facts: Facts, search: InstanceSearch, onStart: (job: NewJob) => void) {
    this.spec = spec;
    this.#resolved = resolved;
    this.#facts = facts;
    this.search = search;
    this.#onStart = onStart;
  }

  /** The request so far. Name, role and image are not known yet. */
  preview(step: Step): TrainingJobRequest {
    const attempt = this.search.current ?? firstAttempt(this.spec.resources);
    return jobRequest(step, this.spec, this.#resolved, this.#facts, '', '', '', attempt);
  }

  /** Asks for what a job needs. Throws before anything is created: if the account has no quota, or nothing builds the image. */
  async ready(step: Step): Promise<ImageSource> {
    if (this.#source !== undefined) return this.#source;
    const { image, override } = this.#resolved;
    const [source] = await together(step.signal, (signal) => {
      const part = { ...step, signal };
      return [findImageSource(image, part), checkQuotas(part, this.spec.resources, override, this.search)];
    });
    this.#source = source;
    return source;
  }

  /** Throws an ActionError if SageMaker refuses the job with all of the instances that the search has left. */
  async launch(step: Step): Promise<Started> {
    const source = await this.ready(step);
    const name = newJobName(this.spec.place);
    return inGroup(`Preparing ${name}`, async () => {
      const { role, imageUri } = await this.#prepare(step, name, source);
      return this.#request(step, name, role, imageUri);
    });
  }

  async #prepare(step: Step, name: string, source: ImageSource): Promise<{ role: Role; imageUri: string }> {
    const { spec } = this;
    const { place } = spec;
    const { image, code, channels } = this.#resolved;
    const [role, imageUri] = await together(step.signal, (signal) => {
      const part = { ...step, signal };
      return [
        jobRole(part, spec, this.#resolved),
        this.#imageUri ?? ensureImage(part, spec.image, image, source),
        spec.reuse.cleanState ? cleanState(part, place) : undefined,
        uploadCode(part, spec.code, code, place, name),
        syncChannels(part, place, channels),
        writeRecord(part, place, name, { facts: this.#facts, ...newRecord(step.run, spec.follow), end: undefined }),
      ];
    });
    this.#imageUri = imageUri;
    info(`Role: ${role.arn}${role.changed ? ' (created or updated)' : ''}`);
    info(`Image: ${imageUri}`);
    return { role, imageUri };
  }

  /** A name that SageMaker refused is free, so the next attempt uses it again. */
  async #request(step: Step, name: string, { arn, managed }: Role, imageUri: string): Promise<Started> {
    const { search } = this;
    const onWait = (): void => info('Waiting until SageMaker sees the new role and its policies (up to two minutes) …');
    for (;;) {
      const attempt = search.current;
      if (attempt === undefined) throw noInstances(search.tried);
      const request = jobRequest(step, this.spec, this.#resolved, this.#facts, name, arn, imageUri, attempt);
      step.signal.throwIfAborted();
      this.#onStart(newJob(request, imageUri, attempt));
      const answer = await createJob(step.aws, request, managed, onWait, step.signal);
      if (answer.kind === 'created') return { name, arn: answer.arn, attempt, managedRole: managed };
      if (answer.kind === 'unanswered') throw answer.error;
      saveSettled();
      if (answer.instances === undefined) throw answer.error;
      search.refuse(attempt, answer.instances.instanceType, answer.instances.result);
      if (search.current === undefined) throw noInstances(search.tried, answer.error);
      info(turnText(search));
    }
  }
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
  attempt: Attempt,
): TrainingJobRequest {
  const { bucket } = step.home;
  const staged: Staged = {
    ...{ job: name, bucket: bucket.name, region: bucket.region, roleArn, imageUri, version: VERSION, attempt },
    ...{ fingerprint: fingerprintOf(facts), channels: resolved.channels },
  };
  const request = trainingJobRequest(spec, staged, step.run);
  return withOverride(request, resolved.override);
}

/** Where the results will be. DescribeTrainingJob will return the same. */
function newJob(request: TrainingJobRequest, imageUri: string, { instanceTypes }: Attempt): NewJob {
  return {
    name: request.TrainingJobName,
    outputPath: request.OutputDataConfig.S3OutputPath,
    compression: request.OutputDataConfig.CompressionType === 'NONE' ? 'none' : 'gzip',
    stateUri: request.CheckpointConfig.S3Uri,
    codeUri: '',
    imageUri,
    instanceTypes,
  };
}

async function jobRole(step: Step, spec: JobSpec, resolved: Resolved): Promise<Role> {
  if (resolved.existingRole !== undefined) return resolved.existingRole;
  const { ensureRole } = await import('../aws/iam-role.ts');
  return ensureRole(step.aws, managedRole(step, spec, resolved.channels), step.signal);
}

/** Of a job that is about to start, or would be. */
export function newJobName({ project, task }: Place): string {
  return jobName(project, task, new Date(), randomBytes(2).toString('hex').slice(1));
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
