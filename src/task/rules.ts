/** Rules that span several inputs, checked before anything is created. */
import { imageMistakes } from './image.ts';
import { type InputName, isGiven, type RawInputs } from './inputs.ts';
import { LONGEST_IMAGE, LONGEST_URI, MOST_HYPERPARAMETERS } from './limits.ts';
import { CODE_ARCHIVE, defaultBucket, inputFolder, sourceFolder } from './names.ts';
import { ecrReference, parseReference } from './reference.ts';
import { toolkitHyperparameters } from './request.ts';
import type { TaskSpec } from './spec.ts';

export type Report = (input: InputName, problem: string, remedy: string) => void;

/** An input that is wrong by itself (not `fine`) says nothing about others. */
export function checkTogether(
  raw: RawInputs,
  spec: TaskSpec,
  wrong: Report,
  fine: (...inputs: InputName[]) => boolean,
): void {
  if (spec.roleToAssume === undefined && isGiven(raw, 'role-session-name')) {
    wrong('role-session-name', 'there is no role-to-assume.', 'Remove it, or name the role.');
  }
  if (fine('aws-region') && spec.region === '') {
    wrong('aws-region', 'there is no region.', 'Set it, or AWS_REGION, as aws-actions/configure-aws-credentials does.');
  }
  if (fine('base-prefix', 'prefix') && spec.basePrefix === spec.prefix) {
    wrong('base-prefix', 'it is the prefix itself.', 'Remove it, or give another prefix; "/" is none.');
  }
  if (spec.mode.kind !== 'run') return;
  checkLimits(raw, spec, wrong, fine);
  checkImage(raw, spec, wrong, fine);
  checkBuild(raw, spec, wrong);
  checkOwnEntryPoint(raw, spec, wrong);
  checkLauncher(raw, spec, wrong, fine);
  checkRole(raw, spec, wrong);
  checkNetwork(spec, wrong, fine);
  if (fine('prefix', 'project', 'task', 'bucket', 'inputs')) checkUris(spec, wrong);
}

/** What the job is told of its own folder; a job's name has 63 characters. */
function checkUris(spec: TaskSpec, wrong: Report): void {
  const bucket = spec.bucket ?? defaultBucket(spec.region, '0'.repeat(12));
  const keys = [
    sourceFolder(spec, 'x'.repeat(63)) + CODE_ARCHIVE,
    ...spec.channels.map(({ name }) => inputFolder(spec, name)),
  ];
  const longest = Math.max(...keys.map((key) => `s3://${bucket}/${key}`.length));
  if (longest <= LONGEST_URI) return;
  wrong('prefix', `S3 URIs below it have ${longest} characters, and a job takes ${LONGEST_URI}.`, 'Shorten it.');
}

function checkLimits(raw: RawInputs, spec: TaskSpec, wrong: Report, fine: (...inputs: InputName[]) => boolean): void {
  if (spec.maxWaitSeconds === undefined && isGiven(raw, 'max-wait-minutes')) {
    wrong('max-wait-minutes', 'it is for spot instances only.', 'Remove it, or set spot to true.');
  }
  const limits = fine('max-run-minutes', 'max-wait-minutes');
  if (limits && spec.maxWaitSeconds !== undefined && spec.maxWaitSeconds < spec.maxRunSeconds) {
    const problem = `${spec.maxWaitSeconds / 60} is less than max-run-minutes (${spec.maxRunSeconds / 60}).`;
    wrong('max-wait-minutes', problem, 'It counts running and waiting together: raise it, or lower max-run-minutes.');
  }
  if (spec.keepAliveSeconds !== undefined && spec.spot && fine('spot')) {
    wrong(
      'keep-alive-minutes',
      'a warm pool is not to be had with spot instances.',
      'Remove it, or set spot to false.',
    );
  }
}

function checkImage(raw: RawInputs, spec: TaskSpec, wrong: Report, fine: (...inputs: InputName[]) => boolean): void {
  if (spec.image.image !== undefined) {
    for (const input of ['framework', 'framework-version', 'python-version'] as const) {
      if (isGiven(raw, input)) wrong(input, 'it is given beside "image".', 'Give one of the two.');
    }
    if (parseReference(spec.image.image) === undefined)
      wrong('image', `"${spec.image.image}" is no image's name.`, 'Write REGISTRY/REPOSITORY:TAG.');
    else if (spec.image.image.length > LONGEST_IMAGE)
      wrong('image', `its name is over ${LONGEST_IMAGE} characters.`, 'Give the image a shorter name.');
    // Whether a Dockerfile builds on a pre-built image is known when it is read.
  } else if (fine('aws-region') && spec.region !== '' && spec.build === undefined) {
    for (const { input, problem, remedy } of imageMistakes(spec.image, spec.region, spec.instanceType))
      wrong(input, problem, remedy);
  }
}

/** What says something only where an image is built; one that does not lie in ECR is. */
function checkBuild(raw: RawInputs, { build, image: { image } }: TaskSpec, wrong: Report): void {
  if (build !== undefined) return;
  for (const input of ['docker-context', 'build-args'] as const)
    if (isGiven(raw, input)) wrong(input, 'there is no "dockerfile".', 'Remove it, or give one.');
  if (image !== undefined && ecrReference(image) === undefined) return;
  for (const input of ['ecr-repository', 'image-tag'] as const) {
    if (isGiven(raw, input))
      wrong(input, 'it is for an image that is built, and there is no "dockerfile".', 'Remove it, or give one.');
  }
}

/** An image that runs by its own entry point takes hyperparameters, variables and arguments, but no code. */
function checkOwnEntryPoint(raw: RawInputs, spec: TaskSpec, wrong: Report): void {
  if (spec.start.kind !== 'image') return;
  if (spec.launcher === 'image')
    wrong('launcher', 'with neither "entrypoint" nor "run" the image starts by itself anyway.', 'Remove it.');
  for (const input of ['source-dir', 'dependencies', 'distribution'] as const) {
    const problem = 'with neither "entrypoint" nor "run" the image runs by its own entry point, which takes no code.';
    if (isGiven(raw, input)) wrong(input, problem, 'Remove it, or name the entrypoint.');
  }
  // https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AlgorithmSpecification.html
  if (spec.arguments.length > 100 || spec.arguments.some((word) => word.length > 256))
    wrong('arguments', 'an image takes 100 arguments of 256 characters at the most.', 'Use hyperparameters for more.');
}

/** AWS's toolkit starts a .py or .sh file with hyperparameters, and nothing else. */
function checkLauncher(raw: RawInputs, spec: TaskSpec, wrong: Report, fine: (...inputs: InputName[]) => boolean): void {
  if (spec.launcher === 'action' || spec.start.kind === 'image' || !fine('launcher')) return;
  for (const input of ['run', 'arguments'] as const) {
    const problem = `AWS's training toolkit, which "launcher: image" leaves the start to, takes none.`;
    if (isGiven(raw, input)) wrong(input, problem, 'Use an entrypoint and hyperparameters, or "launcher: action".');
  }
  const own = toolkitHyperparameters(spec, { bucket: '', job: '' }).length;
  if (fine('hyperparameters', 'distribution') && spec.hyperparameters.size + own > MOST_HYPERPARAMETERS) {
    const problem = `${spec.hyperparameters.size} beside the ${own} that AWS's toolkit is told the start by are more than the ${MOST_HYPERPARAMETERS} that a job can have.`;
    wrong('hyperparameters', problem, 'Pass the rest in a file of the code, or use "launcher: action".');
  }
  // SageMaker brings channels to such a worker, but the toolkit itself fetches the code that a hyperparameter names.
  if (spec.network.isolation && spec.start.kind === 'entrypoint') {
    const problem = `AWS's training toolkit fetches the code from S3, which a worker without network does not reach.`;
    wrong('network-isolation', problem, 'Use "launcher: action", or remove it.');
  }
}

function checkRole(raw: RawInputs, spec: TaskSpec, wrong: Report): void {
  if (spec.executionRole === undefined) return;
  for (const input of ['role-permissions-boundary', 'role-path'] as const) {
    if (isGiven(raw, input)) wrong(input, 'it is for the role that the action makes.', 'Remove it, or execution-role.');
  }
}

function checkNetwork({ network }: TaskSpec, wrong: Report, fine: (...inputs: InputName[]) => boolean): void {
  if (!fine('subnets', 'security-group-ids')) return;
  if (network.subnets.length > 0 && network.securityGroupIds.length === 0) {
    wrong('security-group-ids', 'subnets come with at least one.', 'Name a security group of the same VPC.');
  }
  if (network.subnets.length === 0 && network.securityGroupIds.length > 0) {
    wrong('subnets', 'security groups come with at least one.', 'Name a subnet of the same VPC.');
  }
}
