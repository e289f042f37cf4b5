/** The names and defaults of the step's inputs. A test compares them with `action.yml`. */

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
  'secrets',
  'distribution',
  'launcher',
  'instance-type',
  'instance-count',
  'volume-size',
  'spot',
  'capacity-wait-minutes',
  'max-run-minutes',
  'max-wait-minutes',
  'max-cost',
  'keep-alive-minutes',
  'execution-role',
  'role-permissions-boundary',
  'role-path',
  'subnets',
  'security-group-ids',
  'kms-key',
  'network-isolation',
  'encrypt-inter-container-traffic',
  'remote-debug',
  'request',
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
  'model-compression',
  'download',
  'upload-artifacts',
  'artifact-name',
  'retention-days',
  'compression-level',
  'metrics',
  'fail-if',
  'comment',
  'commit-status',
  'github-token',
  'summary',
  'tags',
  'skip-if',
  'clean-state',
  'when-busy',
  'wait',
  'wait-minutes',
  'on-cancel',
  'job-name',
  'aws-region',
  'role-to-assume',
  'role-session-name',
] as const;

export type InputName = (typeof INPUTS)[number];
export type RawInputs = Readonly<Record<InputName, string>>;

/** The defaults of `action.yml`, except expressions, which the runner evaluates. */
export const DEFAULTS: Readonly<Partial<Record<InputName, string>>> = {
  mode: 'run',
  launcher: 'action',
  'instance-type': 'ml.m5.large',
  'instance-count': '1',
  'volume-size': '30',
  spot: 'true',
  'capacity-wait-minutes': '15',
  'max-run-minutes': '1440',
  'network-isolation': 'false',
  'encrypt-inter-container-traffic': 'false',
  'remote-debug': 'false',
  'model-compression': 'gzip',
  download: 'logs, model, output',
  'upload-artifacts': 'model, output',
  comment: 'false',
  'commit-status': 'auto',
  summary: 'true',
  'skip-if': 'unchanged',
  'clean-state': 'false',
  'when-busy': 'wait',
  wait: 'true',
  'on-cancel': 'stop',
};

/** Inputs that also have an effect if the step starts no job. */
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
  'retention-days',
  'compression-level',
  'metrics',
  'fail-if',
  'comment',
  'commit-status',
  'github-token',
  'summary',
  'wait',
  'wait-minutes',
  'on-cancel',
  'job-name',
  'aws-region',
  'role-to-assume',
  'role-session-name',
];

/** Inputs that have an effect only if the step can start a job. */
export const RUN_INPUTS: readonly InputName[] = INPUTS.filter((input) => !ALWAYS.includes(input));

/** Reports a mistake in an input, whose remedy ends with a full stop. */
export type Report = (input: InputName, problem: string, remedy: string) => void;
/** Whether the inputs are right, each by itself. */
export type Fine = (...inputs: InputName[]) => boolean;

/** Whether the step sets the input to another value than its default. */
export function isGiven(raw: RawInputs, input: InputName): boolean {
  const text = raw[input].trim();
  return text !== '' && text !== DEFAULTS[input];
}
