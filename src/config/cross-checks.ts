/** Rules that involve several inputs. */

import { ecrReference, parseReference } from '../core/image-reference.ts';
import { defaultBucket } from '../core/names.ts';
import { CODE_ARCHIVE, inputFolder, sourceFolder } from '../core/s3-layout.ts';
import { LONGEST_URI } from '../core/s3-uri.ts';
import { imageMistakes } from '../image/catalogue.ts';
import { LONGEST_IMAGE, MOST_HYPERPARAMETERS, MOST_TAGS } from '../job/limits.ts';
import { toolkitHyperparameters } from '../job/request.ts';
import { type Fine, isGiven, type RawInputs, type Report } from './inputs.ts';
import { checkInstances } from './instance-checks.ts';
import { checkSecrets } from './secret-checks.ts';
import type { TaskSpec } from './spec.ts';

/** Reports inputs that contradict each other. Skips a rule if one of its inputs is wrong by itself (not `fine`). */
export function crossCheck(raw: RawInputs, spec: TaskSpec, wrong: Report, fine: Fine): void {
  if (spec.aws.roleToAssume === undefined && isGiven(raw, 'role-session-name')) {
    wrong('role-session-name', 'it has no effect without "role-to-assume"', 'remove it, or set "role-to-assume".');
  }
  if (fine('aws-region') && spec.aws.region === '') {
    wrong(
      'aws-region',
      'there is no AWS region',
      'set this input, or the environment variable AWS_REGION (aws-actions/configure-aws-credentials sets it).',
    );
  }
  if (fine('base-prefix', 'prefix') && spec.place.basePrefix === spec.place.prefix) {
    wrong('base-prefix', 'it is the same as "prefix"', 'remove it, or use another prefix; "/" means no prefix.');
  }
  if (fine('wait') && !spec.follow.wait) checkLeft(raw, spec, wrong, fine);
  if (fine('github-token', 'comment', 'commit-status')) checkToken(spec, wrong);
  if (spec.mode.kind !== 'run' && spec.mode.kind !== 'plan') return;
  checkInstances(raw, spec, wrong, fine);
  checkImage(raw, spec, wrong, fine);
  checkBuild(raw, spec, wrong);
  checkOwnEntryPoint(raw, spec, wrong);
  checkLauncher(raw, spec, wrong, fine);
  checkRole(raw, spec, wrong);
  if (fine('secrets')) checkSecrets(spec, wrong, fine);
  checkNetwork(spec, wrong, fine);
  if (fine('prefix', 'project', 'task', 'bucket', 'inputs')) checkUris(spec, wrong);
}

/** What a step that does not wait for its job cannot have. */
function checkLeft(raw: RawInputs, spec: TaskSpec, wrong: Report, fine: Fine): void {
  for (const input of ['wait-minutes', 'on-cancel'] as const)
    if (isGiven(raw, input)) wrong(input, 'it has no effect with "wait: false"', 'remove one of the two.');
  const most = MOST_TAGS - 1;
  if (fine('tags') && spec.resources.tags.size > most) {
    wrong('tags', `with "wait: false" a job can have at most ${most} tags of your own`, 'remove one.');
  }
}

/** On GitHub the default is a token always; in other runners it may be empty. */
function checkToken({ github: { comment, commitStatus, token } }: TaskSpec, wrong: Report): void {
  if (token !== '') return;
  const remedy = 'set "github-token", or set this input to false.';
  if (comment) wrong('comment', 'there is no token to write a comment with', remedy);
  if (commitStatus === 'true') wrong('commit-status', 'there is no token to set a status with', remedy);
}

/** The request contains URIs in the task's folder. They must not be too long, even with a job name of 63 characters. */
function checkUris(spec: TaskSpec, wrong: Report): void {
  const bucket = spec.aws.bucket ?? defaultBucket(spec.aws.region, '0'.repeat(12));
  const keys = [
    sourceFolder(spec.place, 'x'.repeat(63)) + CODE_ARCHIVE,
    ...spec.channels.map(({ name }) => inputFolder(spec.place, name)),
  ];
  const longest = Math.max(...keys.map((key) => `s3://${bucket}/${key}`.length));
  if (longest <= LONGEST_URI) return;
  wrong(
    'prefix',
    `S3 URIs with this prefix have up to ${longest} characters, and SageMaker allows at most ${LONGEST_URI}`,
    'use a shorter prefix.',
  );
}

function checkImage(raw: RawInputs, spec: TaskSpec, wrong: Report, fine: Fine): void {
  if (spec.image.choice.image !== undefined) {
    for (const input of ['framework', 'framework-version', 'python-version'] as const) {
      if (isGiven(raw, input)) wrong(input, 'it cannot be combined with "image"', 'remove one of the two.');
    }
    if (parseReference(spec.image.choice.image) === undefined)
      wrong('image', `"${spec.image.choice.image}" is not a valid image name`, 'write REGISTRY/REPOSITORY:TAG.');
    else if (spec.image.choice.image.length > LONGEST_IMAGE)
      wrong('image', `the name has more than ${LONGEST_IMAGE} characters`, 'use a shorter name.');
    // With a Dockerfile, base-rules.ts checks this: it knows whether the Dockerfile builds on a pre-built image.
  } else if (fine('aws-region') && spec.aws.region !== '' && spec.image.build === undefined) {
    for (const { input, problem, remedy } of imageMistakes(
      spec.image.choice,
      spec.aws.region,
      spec.resources.instanceTypes,
    ))
      wrong(input, problem, remedy);
  }
}

/** Inputs that have an effect only if an image is built. An image outside ECR is built too: it is copied. */
function checkBuild(
  raw: RawInputs,
  {
    image: {
      build,
      choice: { image },
    },
  }: TaskSpec,
  wrong: Report,
): void {
  if (build !== undefined) return;
  for (const input of ['docker-context', 'build-args'] as const)
    if (isGiven(raw, input)) wrong(input, 'it has no effect without "dockerfile"', 'remove it, or set "dockerfile".');
  if (image !== undefined && ecrReference(image) === undefined) return;
  for (const input of ['ecr-repository', 'image-tag'] as const) {
    if (isGiven(raw, input))
      wrong(input, 'it has no effect, because no image is built or copied', 'remove it, or set "dockerfile".');
  }
}

/** An image that starts with its own entry point gets hyperparameters, variables and arguments, but no code. */
function checkOwnEntryPoint(raw: RawInputs, spec: TaskSpec, wrong: Report): void {
  if (spec.code.start.kind !== 'image') return;
  if (spec.code.launcher === 'image')
    wrong(
      'launcher',
      'it has no effect: without "entrypoint" and "run" the image starts with its own entry point',
      'remove it.',
    );
  for (const input of ['source-dir', 'dependencies', 'distribution'] as const) {
    const problem = 'without "entrypoint" and "run" the image starts with its own entry point, which gets no code';
    if (isGiven(raw, input)) wrong(input, problem, 'remove it, or set "entrypoint".');
  }
  // https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AlgorithmSpecification.html
  if (spec.code.arguments.length > 100 || spec.code.arguments.some((word) => word.length > 256))
    wrong(
      'arguments',
      'an image can get at most 100 arguments of 256 characters',
      'pass the rest as "hyperparameters".',
    );
}

/** AWS's training toolkit can only start a .py or .sh file with hyperparameters. */
function checkLauncher(raw: RawInputs, spec: TaskSpec, wrong: Report, fine: Fine): void {
  if (spec.code.launcher === 'action' || spec.code.start.kind === 'image' || !fine('launcher')) return;
  for (const input of ['run', 'arguments'] as const) {
    const problem = `with "launcher: image" AWS's training toolkit starts the code, and it does not support "${input}"`;
    if (isGiven(raw, input))
      wrong(input, problem, 'use "entrypoint" and "hyperparameters", or set "launcher: action".');
  }
  const [flag] = spec.code.flags;
  if (flag !== undefined) {
    const problem = `with "launcher: image" AWS's training toolkit passes a value with every hyperparameter, and "${flag}" has none`;
    wrong('hyperparameters', problem, `write ${flag}=true if the script reads a value, or set "launcher: action".`);
  }
  const added = toolkitHyperparameters(spec, { bucket: '', job: '', region: '', instanceType: '' }).length;
  if (fine('hyperparameters', 'distribution') && spec.code.hyperparameters.size + added > MOST_HYPERPARAMETERS) {
    const problem = `there are ${spec.code.hyperparameters.size}, "launcher: image" adds ${added}, and a job can have at most ${MOST_HYPERPARAMETERS}`;
    wrong('hyperparameters', problem, 'put the rest into a file of the code, or set "launcher: action".');
  }
  // SageMaker brings channels to an isolated worker, but AWS's toolkit itself downloads the code.
  if (spec.resources.network.isolation && spec.code.start.kind === 'entrypoint') {
    const problem = `with "launcher: image" the worker downloads the code from S3, which it cannot do without a network`;
    wrong('network-isolation', problem, 'remove it, or set "launcher: action".');
  }
}

function checkRole(raw: RawInputs, spec: TaskSpec, wrong: Report): void {
  if (spec.role.existing === undefined) return;
  for (const input of ['role-permissions-boundary', 'role-path'] as const) {
    const problem = 'it has no effect with "execution-role", because the action then creates no role';
    if (isGiven(raw, input)) wrong(input, problem, 'remove one of the two.');
  }
}

function checkNetwork({ resources: { network } }: TaskSpec, wrong: Report, fine: Fine): void {
  if (!fine('subnets', 'security-group-ids')) return;
  if (network.subnets.length > 0 && network.securityGroupIds.length === 0) {
    wrong('security-group-ids', '"subnets" needs at least one security group', 'add a security group of the same VPC.');
  }
  if (network.subnets.length === 0 && network.securityGroupIds.length > 0) {
    wrong('subnets', '"security-group-ids" needs at least one subnet', 'add a subnet of the same VPC.');
  }
}
