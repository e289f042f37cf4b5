/**
 * The task that the inputs describe, read and checked without touching anything. All mistakes are collected, cross-field
 * rules included; a wrong value is replaced by its default so that the checks after it can go on.
 */
import type { Start } from './arguments.ts';
import { type Channel, parseChannels } from './channels.ts';
import type { Mistake } from './errors.ts';
import { type ImageChoice, imageMistakes } from './image.ts';
import { checkEnvironment, checkHyperparameters, checkTags } from './limits.ts';
import {
  type Json,
  parseBoolean,
  parseCommandLine,
  parseInteger,
  parseList,
  parseMap,
  parseStringMap,
  parseWords,
  Unparsable,
} from './parse.ts';
import {
  fitName,
  parseBucket,
  parseInstanceType,
  parseName,
  parsePrefix,
  parseRegion,
  parseRole,
  parseRoleArn,
  parseSessionName,
} from './values.ts';

/** The inputs that `action.yml` has. A test holds the two lists against each other. */
export const INPUTS = [
  'task',
  'project',
  'prefix',
  'bucket',
  'entrypoint',
  'run',
  'source-dir',
  'dependencies',
  'arguments',
  'hyperparameters',
  'environment',
  'instance-type',
  'instance-count',
  'volume-size',
  'spot',
  'max-run-minutes',
  'max-wait-minutes',
  'execution-role',
  'framework',
  'framework-version',
  'python-version',
  'image',
  'inputs',
  'output-path',
  'download',
  'upload-artifacts',
  'summary',
  'tags',
  'aws-region',
  'role-to-assume',
  'role-session-name',
] as const;

export type InputName = (typeof INPUTS)[number];
export type RawInputs = Readonly<Record<InputName, string>>;

/** What the workflow run tells: the source of defaults and of the job's tags. */
export interface RunContext {
  /** `owner/name`. */
  readonly repository: string;
  readonly ref: string;
  readonly sha: string;
  readonly runId: string;
  readonly pullRequest: number | undefined;
  /** AWS_REGION or AWS_DEFAULT_REGION. */
  readonly region: string;
}

export const RESULTS = ['logs', 'model', 'output', 'state', 'source'] as const;
export type Result = (typeof RESULTS)[number];

export interface TaskSpec {
  readonly task: string;
  readonly project: string;
  /** Empty, or ending in a slash. */
  readonly prefix: string;
  /** Undefined: the account's default one. */
  readonly bucket: string | undefined;
  readonly start: Start;
  readonly sourceDir: string | undefined;
  readonly dependencies: readonly string[];
  readonly arguments: readonly string[];
  readonly hyperparameters: ReadonlyMap<string, Json>;
  readonly environment: ReadonlyMap<string, string>;
  readonly channels: readonly Channel[];
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly volumeSizeGb: number;
  readonly spot: boolean;
  readonly maxRunSeconds: number;
  /** Running plus waiting for capacity; undefined on demand. */
  readonly maxWaitSeconds: number | undefined;
  readonly image: ImageChoice;
  /** Name or ARN; undefined: one of the project's own. */
  readonly executionRole: string | undefined;
  readonly outputPath: string;
  readonly download: ReadonlySet<Result>;
  readonly artifacts: ReadonlySet<Result>;
  readonly summary: boolean;
  readonly tags: ReadonlyMap<string, string>;
  readonly region: string;
  /** Undefined: the environment's credentials. */
  readonly roleToAssume: RoleToAssume | undefined;
}

export interface RoleToAssume {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly region: string;
}

/** A training job runs 28 days at the most: https://docs.aws.amazon.com/general/latest/gr/sagemaker.html */
const MOST_MINUTES = 28 * 24 * 60;

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
  const region = read('aws-region', '', parseRegion, context.region);
  const spec: TaskSpec = {
    task,
    project: read('project', fitName(context.repository.split('/').at(-1) ?? ''), parseName),
    prefix: read('prefix', context.pullRequest === undefined ? '' : `pr-${context.pullRequest}/`, parsePrefix),
    bucket: read('bucket', undefined, parseBucket),
    start: readStart(raw, wrong),
    sourceDir: raw['source-dir'] || undefined,
    dependencies: read('dependencies', [], parseList),
    arguments: read('arguments', [], parseCommandLine),
    hyperparameters: read('hyperparameters', new Map<string, Json>(), (text) => checkHyperparameters(parseMap(text))),
    environment: read('environment', new Map<string, string>(), (text) => checkEnvironment(parseStringMap(text))),
    channels,
    instanceType: read('instance-type', 'ml.m5.large', parseInstanceType),
    instanceCount: read('instance-count', 1, (text) => parseInteger(text, 1, 1000)),
    volumeSizeGb: read('volume-size', 30, (text) => parseInteger(text, 1, 16384)),
    spot,
    maxRunSeconds,
    maxWaitSeconds: spot ? read('max-wait-minutes', maxRunSeconds, minutes) : undefined,
    image: {
      image: raw.image || undefined,
      framework: raw.framework || 'pytorch',
      frameworkVersion: raw['framework-version'] || undefined,
      pythonVersion: raw['python-version'] || undefined,
    },
    executionRole: read('execution-role', undefined, parseRole),
    outputPath: raw['output-path'] || `sagemaker-output/${task}`,
    download,
    artifacts,
    summary: read('summary', true, parseBoolean),
    tags: read('tags', new Map<string, string>(), (text) => checkTags(parseStringMap(text))),
    region,
    roleToAssume: roleToAssume(read, region),
  };
  const fine = (...inputs: InputName[]): boolean =>
    !mistakes.some(({ input }) => inputs.some((name) => name === input));
  checkTogether(raw, spec, wrong, fine);
  return { spec, mistakes };
}

type Read = <T>(input: InputName, fallback: T, parse: (text: string) => T) => T;

function roleToAssume(read: Read, region: string): RoleToAssume | undefined {
  const roleArn = read('role-to-assume', undefined, parseRoleArn);
  const sessionName = read('role-session-name', 'GitHubActions', parseSessionName);
  return roleArn === undefined ? undefined : { roleArn, sessionName, region };
}

type Report = (input: InputName, problem: string, remedy: string) => void;

/** What runs. One of `entrypoint` and `run`. */
function readStart(raw: RawInputs, wrong: Report): Start {
  const entrypoint = raw.entrypoint.trim();
  const hasRun = raw.run.trim() !== '';
  if (entrypoint !== '' && hasRun) wrong('run', 'it is given beside "entrypoint".', 'Give one of the two.');
  if (entrypoint === '' && !hasRun) {
    wrong(
      'entrypoint',
      'there is neither "entrypoint" nor "run".',
      'Name a .py or .sh file, or give shell lines as "run".',
    );
  }
  if (entrypoint === '') return { kind: 'run', text: raw.run };
  if (!/\.(py|sh)$/.test(entrypoint)) {
    wrong('entrypoint', `"${entrypoint}" is neither a .py nor a .sh file.`, 'Name such a file, or start it by "run".');
  }
  return { kind: 'entrypoint', path: entrypoint };
}

/** Rules that span several inputs; an input that is wrong by itself (not `fine`) says nothing about others. */
function checkTogether(raw: RawInputs, spec: TaskSpec, wrong: Report, fine: (...inputs: InputName[]) => boolean): void {
  if (spec.maxWaitSeconds === undefined && raw['max-wait-minutes'].trim() !== '') {
    wrong('max-wait-minutes', 'it is for spot instances only.', 'Remove it, or set spot to true.');
  }
  const limits = fine('max-run-minutes', 'max-wait-minutes');
  if (limits && spec.maxWaitSeconds !== undefined && spec.maxWaitSeconds < spec.maxRunSeconds) {
    const problem = `${spec.maxWaitSeconds / 60} is less than max-run-minutes (${spec.maxRunSeconds / 60}).`;
    wrong('max-wait-minutes', problem, 'It counts running and waiting together: raise it, or lower max-run-minutes.');
  }
  if (spec.image.image !== undefined) {
    for (const input of ['framework', 'framework-version', 'python-version'] as const) {
      if (raw[input] !== '') wrong(input, 'it is given beside "image".', 'Give one of the two.');
    }
  }
  if (spec.roleToAssume === undefined && raw['role-session-name'].trim() !== '') {
    wrong('role-session-name', 'there is no role-to-assume.', 'Remove it, or name the role.');
  }
  if (!fine('aws-region')) return;
  if (spec.region === '') {
    wrong('aws-region', 'there is no region.', 'Set it, or AWS_REGION, as aws-actions/configure-aws-credentials does.');
  } else if (spec.image.image === undefined) {
    for (const { input, problem, remedy } of imageMistakes(spec.image, spec.region, spec.instanceType))
      wrong(input, problem, remedy);
  }
}
