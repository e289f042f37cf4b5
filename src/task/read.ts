/**
 * The inputs, read into a task and checked without touching anything. All mistakes are collected, cross-field
 * rules included; a wrong value is replaced by its default so that the checks after it can go on.
 */
import type { Start } from './arguments.ts';
import { parseChannels } from './channels.ts';
import { NO_DISTRIBUTION, parseDistribution } from './distribution.ts';
import type { Mistake } from './errors.ts';
import { type InputName, isGiven, type RawInputs, RUN_INPUTS, type RunContext } from './inputs.ts';
import { checkEnvironment, checkHyperparameters, checkTags } from './limits.ts';
import { parseMetrics } from './metrics.ts';
import {
  type Json,
  parseBoolean,
  parseChoice,
  parseCommandLine,
  parseInteger,
  parseList,
  parseMap,
  parseStringMap,
  parseWords,
  Unparsable,
} from './parse.ts';
import { repositoryName } from './reference.ts';
import { checkTogether, type Report } from './rules.ts';
import { type Mode, RESULTS, type Result, type RoleToAssume, SKIP_IF, type TaskSpec, WHEN_BUSY } from './spec.ts';
import {
  fitName,
  parseArtifactName,
  parseBucket,
  parseBuildArgs,
  parseIds,
  parseImageTag,
  parseInstanceType,
  parseJobName,
  parseKmsKey,
  parseName,
  parsePolicyArn,
  parsePrefix,
  parseRegion,
  parseRepository,
  parseRole,
  parseRoleArn,
  parseRolePath,
  parseSessionName,
} from './values.ts';

/** A training job runs 28 days at the most: https://docs.aws.amazon.com/general/latest/gr/sagemaker.html */
const MOST_MINUTES = 28 * 24 * 60;
/** KeepAlivePeriodInSeconds is 21,600 at the most. */
const MOST_KEPT_MINUTES = 360;

/** The task, and everything wrong with the inputs; the task is to be used only when nothing is. */
export function readSpec(raw: RawInputs, context: RunContext): { spec: TaskSpec; mistakes: Mistake[] } {
  const mistakes: Mistake[] = [];
  const wrong = (input: InputName, problem: string, remedy: string): void => {
    mistakes.push({ input, problem, remedy });
  };
  const read = <T>(input: InputName, fallback: T, parse: (text: string) => T, otherwise = ''): T => {
    const text = raw[input].trim() === '' ? otherwise : raw[input];
    if (text === '') return fallback;
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof Unparsable)) throw error;
      wrong(input, error.message, error.remedy);
      return fallback;
    }
  };
  const minutes = (text: string): number => 60 * parseInteger(text, 1, MOST_MINUTES);
  const words = (text: string): Result[] => parseWords(text, RESULTS);

  if (raw.task.trim() === '') wrong('task', 'it is missing.', 'Name the task, for example "train".');
  const spot = read('spot', true, parseBoolean);
  const maxRunSeconds = read('max-run-minutes', 1440 * 60, minutes);
  const { channels, mistakes: channelMistakes } = parseChannels(raw.inputs);
  mistakes.push(...channelMistakes);
  const artifacts = new Set(read('upload-artifacts', ['model', 'output'] as Result[], words));
  const download = new Set([...read('download', ['logs', 'model', 'output'] as Result[], words), ...artifacts]);
  const task = read('task', 'task', parseName);
  const project = read('project', fitName(context.repository.split('/').at(-1) ?? ''), parseName);
  const region = read('aws-region', '', parseRegion, context.region);
  const mode = readMode(raw, read, wrong);
  const launcher = read('launcher', 'action', (text) => parseChoice(text, ['action', 'image']));
  const spec: TaskSpec = {
    task,
    project,
    prefix: read('prefix', context.pullRequest === undefined ? '' : `pr-${context.pullRequest}/`, parsePrefix),
    basePrefix: read('base-prefix', undefined, parsePrefix),
    mode,
    bucket: read('bucket', undefined, parseBucket),
    start: readStart(raw, mode, wrong),
    sourceDir: raw['source-dir'] || undefined,
    dependencies: read('dependencies', [], parseList),
    arguments: read('arguments', [], parseCommandLine),
    hyperparameters: read('hyperparameters', new Map<string, Json>(), (text) => checkHyperparameters(parseMap(text))),
    environment: read('environment', new Map<string, string>(), (text) => checkEnvironment(parseStringMap(text))),
    launcher,
    distribution: read('distribution', NO_DISTRIBUTION, (text) => parseDistribution(text, launcher)),
    metrics: read('metrics', [], parseMetrics),
    channels,
    instanceType: read('instance-type', 'ml.m5.large', parseInstanceType),
    instanceCount: read('instance-count', 1, (text) => parseInteger(text, 1, 1000)),
    volumeSizeGb: read('volume-size', 30, (text) => parseInteger(text, 1, 16384)),
    spot,
    maxRunSeconds,
    maxWaitSeconds: spot ? read('max-wait-minutes', maxRunSeconds, minutes) : undefined,
    keepAliveSeconds: read('keep-alive-minutes', undefined, (text) => 60 * parseInteger(text, 1, MOST_KEPT_MINUTES)),
    network: {
      subnets: read('subnets', [], (text) => parseIds(text, 'subnet', 16)),
      securityGroupIds: read('security-group-ids', [], (text) => parseIds(text, 'sg', 5)),
      isolation: read('network-isolation', false, parseBoolean),
      encryptTraffic: read('encrypt-inter-container-traffic', false, parseBoolean),
    },
    kmsKey: read('kms-key', undefined, parseKmsKey),
    image: {
      image: raw.image || undefined,
      framework: raw.framework || 'pytorch',
      frameworkVersion: raw['framework-version'] || undefined,
      pythonVersion: raw['python-version'] || undefined,
    },
    build:
      raw.dockerfile.trim() === ''
        ? undefined
        : { dockerfile: raw.dockerfile, context: raw['docker-context'] || undefined },
    buildArgs: read('build-args', new Map<string, string>(), parseBuildArgs),
    repository: read('ecr-repository', repositoryName(project), parseRepository),
    imageTag: read('image-tag', undefined, parseImageTag),
    executionRole: read('execution-role', undefined, parseRole),
    ownRole: {
      boundary: read('role-permissions-boundary', undefined, parsePolicyArn),
      path: read('role-path', undefined, parseRolePath),
    },
    outputPath: raw['output-path'] || `sagemaker-output/${task}`,
    download,
    artifacts,
    artifactName: read('artifact-name', `${project}-${task}`, parseArtifactName),
    summary: read('summary', true, parseBoolean),
    tags: read('tags', new Map<string, string>(), (text) => checkTags(parseStringMap(text))),
    skipIf: read('skip-if', 'unchanged', (text) => parseChoice(text, SKIP_IF)),
    cleanState: read('clean-state', false, parseBoolean),
    whenBusy: read('when-busy', 'wait', (text) => parseChoice(text, WHEN_BUSY)),
    region,
    roleToAssume: roleToAssume(read, region),
  };
  const fine = (...inputs: InputName[]): boolean =>
    !mistakes.some(({ input }) => inputs.some((name) => name === input));
  checkTogether(raw, spec, wrong, fine);
  return { spec, mistakes };
}

type Read = <T>(input: InputName, fallback: T, parse: (text: string) => T) => T;

/** `job-name` stands for a mode of its own: that job and no other. */
function readMode(raw: RawInputs, read: Read, wrong: Report): Mode {
  // A wrong one is meant as a job's name all the same.
  const job = isGiven(raw, 'job-name') ? read('job-name', 'job', parseJobName) : undefined;
  const kind = read('mode', 'run', (text) => parseChoice(text, ['run', 'collect']));
  const mode: Mode = job === undefined ? { kind } : { kind: 'job', job };
  if (mode.kind === 'run') return mode;
  const why = mode.kind === 'job' ? '"job-name" starts nothing' : '"mode: collect" starts nothing';
  for (const input of RUN_INPUTS)
    if (isGiven(raw, input)) wrong(input, `${why}, so this would say nothing.`, 'Remove it.');
  return mode;
}

function roleToAssume(read: Read, region: string): RoleToAssume | undefined {
  const roleArn = read('role-to-assume', undefined, parseRoleArn);
  const sessionName = read('role-session-name', 'GitHubActions', parseSessionName);
  return roleArn === undefined ? undefined : { roleArn, sessionName, region };
}

/** What runs. One of `entrypoint` and `run`; with neither, an image of one's own runs by itself. */
function readStart(raw: RawInputs, mode: Mode, wrong: Report): Start {
  if (mode.kind !== 'run') return { kind: 'run', text: '' };
  const entrypoint = raw.entrypoint.trim();
  const hasRun = raw.run.trim() !== '';
  if (entrypoint !== '' && hasRun) wrong('run', 'it is given beside "entrypoint".', 'Give one of the two.');
  if (entrypoint === '' && !hasRun) {
    if (isGiven(raw, 'image') || isGiven(raw, 'dockerfile')) return { kind: 'image' };
    wrong(
      'entrypoint',
      'there is neither "entrypoint" nor "run".',
      'Name a .py or .sh file, give shell lines as "run", or an "image" or "dockerfile" that runs by its own entry point.',
    );
  }
  if (entrypoint === '') return { kind: 'run', text: raw.run };
  if (!/\.(py|sh)$/.test(entrypoint)) {
    wrong('entrypoint', `"${entrypoint}" is neither a .py nor a .sh file.`, 'Name such a file, or start it by "run".');
  }
  return { kind: 'entrypoint', path: entrypoint };
}
