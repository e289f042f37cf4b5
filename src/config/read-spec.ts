/**
 * Reads the inputs into a task and checks them without side effects. Collects all mistakes, also those between inputs.
 * A wrong value is replaced by its default, so that the later checks can go on.
 */

import { NO_DISTRIBUTION, parseDistribution } from '../code/distribution.ts';
import { NO_HYPERPARAMETERS, parseHyperparameters } from '../code/hyperparameters.ts';
import { NO_SECRETS, parseSecrets } from '../code/secrets.ts';
import { InputProblem, type Mistake } from '../core/errors.ts';
import { repositoryName } from '../core/image-reference.ts';
import {
  parseArguments,
  parseBoolean,
  parseChoice,
  parseInteger,
  parseList,
  parseNumber,
  parseStringMap,
  parseWords,
} from '../core/input-syntax.ts';
import { type Platform, slashed } from '../core/platform.ts';
import type { RunContext } from '../core/run-context.ts';
import { parseChannels } from '../data/channels.ts';
import { ON_CANCEL } from '../follow/spec.ts';
import { SKIP_IF, WHEN_BUSY } from '../history/spec.ts';
import { checkEnvironment, checkHyperparameters, checkTags } from '../job/limits.ts';
import { packageRepository } from '../job/package-repository.ts';
import type { Resources } from '../job/spec.ts';
import { parseCondition } from '../metrics/condition.ts';
import { parseMetrics } from '../metrics/definitions.ts';
import { type GitHubSpec, parseCommitStatus, parseToken } from '../report/spec.ts';
import { COMPRESSIONS, RESULTS, type Result, type ResultsSpec } from '../results/spec.ts';
import {
  fitName,
  parseArtifactName,
  parseBucket,
  parseBuildArgs,
  parseIds,
  parseImageTag,
  parseInstanceTypes,
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
  parseSpot,
} from './aws-names.ts';
import { crossCheck } from './cross-checks.ts';
import { givenInputs } from './given-inputs.ts';
import { type Fine, type InputName, isGiven, type RawInputs, type Report, RUN_INPUTS } from './inputs.ts';
import { readStart } from './read-start.ts';
import type { Mode, RoleToAssume, TaskSpec } from './spec.ts';
import { unmergedPrefix } from './unmerged.ts';

/** A training job runs at most 28 days: https://docs.aws.amazon.com/general/latest/gr/sagemaker.html */
const MOST_MINUTES = 28 * 24 * 60;
/**
 * In private repositories; in public ones 90. GitHub shortens a longer time.
 * https://docs.github.com/organizations/managing-organization-settings/configuring-the-retention-period-for-github-actions-artifacts-and-logs-in-your-organization
 */
const MOST_RETENTION_DAYS = 400;
const MOST_USD = 1_000_000_000;
/** KeepAlivePeriodInSeconds is at most 21,600. */
const MOST_KEPT_MINUTES = 360;

const ENVIRONMENT = {
  ...{ example: 'MODE=fast', wrappers: ['environment', 'env'], oneWord: true, expressions: false, bareNames: false },
};
const TAGS = { example: 'team=ml', wrappers: ['tags'], oneWord: false, expressions: false, bareNames: false };

/**
 * Returns the task and the mistakes in the inputs. Use the task only if there are no mistakes. `platform`: the runner's
 * system, whose paths the inputs have.
 */
export function readSpec(
  raw: RawInputs,
  context: RunContext,
  platform: Platform = process.platform,
): { spec: TaskSpec; mistakes: Mistake[] } {
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
      if (!(error instanceof InputProblem)) throw error;
      wrong(input, error.message, error.remedy);
      return fallback;
    }
  };
  const path = (text: string): string => slashed(text, platform);
  if (raw.task.trim() === '')
    wrong('task', 'this input is required', 'set it to a name for the task, for example "train".');
  const { channels, mistakes: channelMistakes } = parseChannels(raw.inputs);
  mistakes.push(...channelMistakes);
  const task = read('task', 'task', (text) => parseName(text, 'task'));
  const project = read('project', fitName(context.repository.split('/').at(-1) ?? ''), (text) =>
    parseName(text, 'project'),
  );
  const region = read('aws-region', '', parseRegion, context.region);
  const mode = readMode(raw, read, wrong);
  const { values, flags } = read('hyperparameters', NO_HYPERPARAMETERS, (text) => {
    const parsed = parseHyperparameters(text);
    checkHyperparameters(parsed.values);
    return parsed;
  });
  const launcher = read('launcher', 'action', (text) => parseChoice(text, ['action', 'image']));
  const spec: TaskSpec = {
    mode,
    place: {
      prefix: read('prefix', unmergedPrefix(context) ?? '', parsePrefix),
      basePrefix: read('base-prefix', undefined, parsePrefix),
      project,
      task,
    },
    code: {
      start: readStart(raw, mode, wrong, path),
      sourceDir: path(raw['source-dir']) || undefined,
      dependencies: read('dependencies', [], (text) => parseList(text).map(path)),
      arguments: read('arguments', [], parseArguments),
      hyperparameters: values,
      flags,
      environment: read('environment', new Map<string, string>(), readEnvironment),
      secrets: read('secrets', NO_SECRETS, parseSecrets),
      launcher,
      distribution: read('distribution', NO_DISTRIBUTION, (text) => parseDistribution(text, launcher)),
    },
    resources: readResources(read),
    role: {
      existing: read('execution-role', undefined, parseRole),
      boundary: read('role-permissions-boundary', undefined, parsePolicyArn),
      path: read('role-path', undefined, parseRolePath),
    },
    image: {
      choice: {
        image: raw.image || undefined,
        framework: raw.framework || 'pytorch',
        frameworkVersion: raw['framework-version'] || undefined,
        pythonVersion: raw['python-version'] || undefined,
      },
      build: isGiven(raw, 'dockerfile')
        ? { dockerfile: raw.dockerfile, context: path(raw['docker-context']) || undefined }
        : undefined,
      buildArgs: read('build-args', new Map<string, string>(), parseBuildArgs),
      repository: read('ecr-repository', repositoryName(project), parseRepository),
      tag: read('image-tag', undefined, parseImageTag),
    },
    channels,
    results: readResults(path(raw['output-path']), read, project, task),
    metrics: read('metrics', [], parseMetrics),
    failIf: read('fail-if', [], parseList).flatMap((line) => read('fail-if', [], () => [parseCondition(line)])),
    summary: read('summary', true, parseBoolean),
    follow: {
      wait: read('wait', true, parseBoolean),
      waitSeconds: read('wait-minutes', undefined, (text) => 60 * parseInteger(text, 1, MOST_MINUTES)),
      onCancel: read('on-cancel', 'stop', (text) => parseChoice(text, ON_CANCEL)),
    },
    github: readGitHub(read),
    reuse: {
      skipIf: read('skip-if', 'unchanged', (text) => parseChoice(text, SKIP_IF)),
      cleanState: read('clean-state', false, parseBoolean),
      whenBusy: read('when-busy', 'wait', (text) => parseChoice(text, WHEN_BUSY)),
    },
    given: givenInputs(raw),
    request: raw.request.trim() === '' ? undefined : raw.request,
    aws: { region, bucket: read('bucket', undefined, parseBucket), roleToAssume: roleToAssume(read, region) },
  };
  const fine: Fine = (...inputs) => !mistakes.some(({ input }) => inputs.some((name) => name === input));
  crossCheck(raw, spec, wrong, fine);
  return { spec, mistakes };
}

function readEnvironment(text: string): Map<string, string> {
  const environment = checkEnvironment(parseStringMap(text, ENVIRONMENT));
  packageRepository(environment);
  return environment;
}

type Read = <T>(input: InputName, fallback: T, parse: (text: string) => T) => T;

/** `job-name` is a mode of its own: the step takes exactly that job. */
function readMode(raw: RawInputs, read: Read, wrong: Report): Mode {
  // A wrong job name still means this mode.
  const job = isGiven(raw, 'job-name') ? read('job-name', 'job', parseJobName) : undefined;
  const kind = read('mode', 'run', (text) => parseChoice(text, ['run', 'plan', 'collect']));
  const mode: Mode = job === undefined ? { kind } : { kind: 'job', job };
  if (mode.kind === 'run' || mode.kind === 'plan') return mode;
  const cause = mode.kind === 'job' ? '"job-name"' : '"mode: collect"';
  for (const input of RUN_INPUTS)
    if (isGiven(raw, input)) wrong(input, `it has no effect with ${cause}, which starts no job`, 'remove it.');
  return mode;
}

function readResources(read: Read): Resources {
  const minutes = (text: string): number => 60 * parseInteger(text, 1, MOST_MINUTES);
  const spot = read('spot', true, parseSpot);
  const maxRunSeconds = read('max-run-minutes', 1440 * 60, minutes);
  return {
    instanceTypes: read('instance-type', ['ml.m5.large'], parseInstanceTypes),
    instanceCount: read('instance-count', 1, (text) => parseInteger(text, 1, 1000)),
    volumeSizeGb: read('volume-size', 30, (text) => parseInteger(text, 1, 16384)),
    spot,
    capacityWaitSeconds: read('capacity-wait-minutes', 15 * 60, (text) => 60 * parseNumber(text, MOST_MINUTES)),
    maxRunSeconds,
    maxWaitSeconds: spot === false ? undefined : read('max-wait-minutes', maxRunSeconds, minutes),
    maxCostUsd: read('max-cost', undefined, (text) => parseNumber(text, MOST_USD)),
    keepAliveSeconds: read('keep-alive-minutes', undefined, (text) => 60 * parseInteger(text, 1, MOST_KEPT_MINUTES)),
    network: {
      subnets: read('subnets', [], (text) => parseIds(text, 'subnet', 16)),
      securityGroupIds: read('security-group-ids', [], (text) => parseIds(text, 'sg', 5)),
      isolation: read('network-isolation', false, parseBoolean),
      encryptTraffic: read('encrypt-inter-container-traffic', false, parseBoolean),
    },
    remoteDebug: read('remote-debug', false, parseBoolean),
    kmsKey: read('kms-key', undefined, parseKmsKey),
    tags: read('tags', new Map<string, string>(), (text) => checkTags(parseStringMap(text, TAGS))),
  };
}

function readResults(outputPath: string, read: Read, project: string, task: string): ResultsSpec {
  const results = (text: string): Result[] => parseWords(text, RESULTS);
  const artifacts = new Set(read<Result[]>('upload-artifacts', ['model', 'output'], results));
  return {
    outputPath: outputPath || `sagemaker-output/${task}`,
    download: new Set([...read<Result[]>('download', ['logs', 'model', 'output'], results), ...artifacts]),
    compression: read('model-compression', 'gzip', (text) => parseChoice(text, COMPRESSIONS)),
    artifacts,
    artifactName: read('artifact-name', `${project}-${task}`, parseArtifactName),
    // 0 is GitHub's own default, as in actions/upload-artifact.
    retentionDays: read('retention-days', undefined, (text) => parseInteger(text, 0, MOST_RETENTION_DAYS) || undefined),
    compressionLevel: read('compression-level', undefined, (text) => parseInteger(text, 0, 9)),
  };
}

function readGitHub(read: Read): GitHubSpec {
  return {
    comment: read('comment', false, parseBoolean),
    commitStatus: read('commit-status', 'auto', parseCommitStatus),
    token: read('github-token', '', parseToken),
  };
}

function roleToAssume(read: Read, region: string): RoleToAssume | undefined {
  const roleArn = read('role-to-assume', undefined, parseRoleArn);
  const sessionName = read('role-session-name', 'GitHubActions', parseSessionName);
  return roleArn === undefined ? undefined : { roleArn, sessionName, region };
}
