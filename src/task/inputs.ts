/** The step's inputs by name, and what the workflow run tells. A test holds names and defaults against `action.yml`. */

export const INPUTS = [
  'task',
  'project',
  'prefix',
  'base-prefix',
  'bucket',
  'mode',
  'entrypoint',
  'run',
  'source-dir',
  'dependencies',
  'arguments',
  'hyperparameters',
  'environment',
  'distribution',
  'launcher',
  'instance-type',
  'instance-count',
  'volume-size',
  'spot',
  'max-run-minutes',
  'max-wait-minutes',
  'keep-alive-minutes',
  'execution-role',
  'role-permissions-boundary',
  'role-path',
  'subnets',
  'security-group-ids',
  'kms-key',
  'network-isolation',
  'encrypt-inter-container-traffic',
  'framework',
  'framework-version',
  'python-version',
  'image',
  'dockerfile',
  'docker-context',
  'build-args',
  'ecr-repository',
  'image-tag',
  'inputs',
  'output-path',
  'download',
  'upload-artifacts',
  'artifact-name',
  'metrics',
  'summary',
  'tags',
  'skip-if',
  'clean-state',
  'when-busy',
  'job-name',
  'aws-region',
  'role-to-assume',
  'role-session-name',
] as const;

export type InputName = (typeof INPUTS)[number];
export type RawInputs = Readonly<Record<InputName, string>>;

/** What a step that leaves an input out gets all the same, by `action.yml`. */
export const DEFAULTS: Readonly<Partial<Record<InputName, string>>> = {
  mode: 'run',
  launcher: 'action',
  'instance-type': 'ml.m5.large',
  'instance-count': '1',
  'volume-size': '30',
  spot: 'true',
  'max-run-minutes': '1440',
  'network-isolation': 'false',
  'encrypt-inter-container-traffic': 'false',
  download: 'logs, model, output',
  'upload-artifacts': 'model, output',
  summary: 'true',
  'skip-if': 'unchanged',
  'clean-state': 'false',
  'when-busy': 'wait',
};

/** Inputs that say something where no job is started too. */
const ALWAYS: readonly InputName[] = [
  'task',
  'project',
  'prefix',
  'base-prefix',
  'bucket',
  'mode',
  'output-path',
  'download',
  'upload-artifacts',
  'artifact-name',
  'metrics',
  'summary',
  'job-name',
  'aws-region',
  'role-to-assume',
  'role-session-name',
];

/** Inputs that only a run uses. */
export const RUN_INPUTS: readonly InputName[] = INPUTS.filter((input) => !ALWAYS.includes(input));

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

/** Whether the step says something here that it need not say. */
export function isGiven(raw: RawInputs, input: InputName): boolean {
  const text = raw[input].trim();
  return text !== '' && text !== DEFAULTS[input];
}
