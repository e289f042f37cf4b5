/**
 * Reads the input `secrets`: variables whose values the worker itself reads from Secrets Manager or the Parameter Store. No
 * message quotes a value or a wrong name: somebody may have written the secret itself.
 */

import { InputProblem } from '../core/errors.ts';
import { type Entry, mapOf, parseEntries } from '../core/input-syntax.ts';
import { dnsSuffix, partition } from '../core/partition.ts';

export interface Secret {
  /** As the input has it. */
  readonly text: string;
  readonly service: 'secretsmanager' | 'ssm';
  readonly partition: string;
  readonly region: string;
  /** Of the secret or the parameter. A secret's may lack the dash and the six characters at its end. */
  readonly arn: string;
  /** A key of the secret's JSON object. Undefined: the whole secret. */
  readonly key: string | undefined;
  /** The version of the secret. Undefined: the current one. */
  readonly stage: string | undefined;
  readonly version: string | undefined;
}

export type Secrets = ReadonlyMap<string, Secret>;

export const NO_SECRETS: Secrets = new Map();

/** The role of the jobs gets a policy for each, and IAM limits a role's policies to 10,240 characters together. */
const MOST_SECRETS = 25;

const FORM = {
  ...{ example: 'DB_PASSWORD=arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/db', wrappers: ['secrets'] },
  ...{ oneWord: true, expressions: false, bareNames: false, hidden: true },
};

const PLACE = '([a-z]{2,}(?:-[a-z]+)+-\\d+):\\d{12}';
/**
 * As ECS writes it, `ARN:json-key:version-stage:version-id`:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
 */
const SECRET = new RegExp(
  `^(arn:(aws[a-z-]*):secretsmanager:${PLACE}:secret:[\\w/+=.@-]{1,519})(?::([^:]*)(?::([^:]*)(?::([^:]*))?)?)?$`,
);
/** https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html */
const PARAMETER = new RegExp(`^(arn:(aws[a-z-]*):ssm:${PLACE}:parameter(?:/[\\w.-]+)+)$`);

const SHAPES =
  'arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME, with :KEY behind it for a key of its JSON, or arn:aws:ssm:REGION:ACCOUNT:parameter/NAME';

export function parseSecrets(text: string): Secrets {
  const entries = parseEntries(text, FORM).map((read) => read());
  entries.forEach(checkName);
  const map = mapOf(entries);
  if (map.size > MOST_SECRETS) {
    const problem = `there are ${map.size} secrets, and a job can have at most ${MOST_SECRETS}`;
    throw new InputProblem(problem, 'keep several as the keys of one JSON object, and give the script that.');
  }
  return new Map(entries.map((entry, at) => [entry.key, parseSecret(entry, at + 1)]));
}

function checkName({ key }: Entry, at: number): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,511}$/.test(key)) {
    const remedy = 'use up to 512 letters, digits and "_", and do not begin with a digit.';
    throw new InputProblem(`what is before the "=" of secret ${at + 1} is not a valid variable name`, remedy);
  }
  if (RESERVED.test(key))
    throw new InputProblem(`the variable "${key}" is set by SageMaker or the launcher`, 'use another name.');
}

/** Variables of SageMaker, of the launcher, and those by which programs and libraries are found. */
const RESERVED = new RegExp(
  `^(?:${[
    '(?:SM|SSM|SAGEMAKER)_.*|TRAINING_JOB_(?:NAME|ARN)|CURRENT_HOST',
    'AWS_(?:REGION|DEFAULT_REGION|CONTAINER_.*|EXECUTION_ENV|ENDPOINT_URL.*|CA_BUNDLE)',
    'MASTER_(?:ADDR|PORT)|NCCL_SOCKET_IFNAME|TF_CONFIG|OMP_NUM_THREADS',
    '(?:GROUP_|LOCAL_|NODE_|ROLE_)?RANK|(?:GROUP_|LOCAL_|ROLE_)?WORLD_SIZE|ROLE_NAME|TORCHELASTIC_.*',
    'PATH|HOME|HOSTNAME|PYTHONPATH|PYTHONUNBUFFERED|PYTHONHOME|LD_(?:LIBRARY_PATH|PRELOAD)',
  ].join('|')})$`,
);

function parseSecret({ key: name, value }: Entry, at: number): Secret {
  const text = typeof value === 'string' ? value : '';
  const match = SECRET.exec(text) ?? PARAMETER.exec(text);
  // Base64 that ends in "=" looks like a name without a value, and a password may have a "=" in it.
  const isName = /^[A-Z_][A-Z0-9_]*$/.test(name) && !/^=?$/.test(text);
  const what = isName ? `the value of "${name}"` : `what is behind the "=" of secret ${at}`;
  if (match === null)
    throw new InputProblem(`${what} is not the ARN of a secret or of a parameter`, `write ${SHAPES}.`);
  const [, arn = '', prefix = '', region = '', key = '', stage = '', version = ''] = match;
  if (partition(region) !== prefix) {
    const problem = `the ARN of "${name}" begins with arn:${prefix}, but its region ${region} is in the partition ${partition(region)}`;
    throw new InputProblem(problem, 'correct one of the two.');
  }
  if (stage !== '' && version !== '')
    throw new InputProblem(`the ARN of "${name}" names both a stage and an ID of a version`, 'remove one of the two.');
  const service = arn.includes(':ssm:') ? 'ssm' : 'secretsmanager';
  return { text, service, partition: prefix, region, arn, key: key || undefined, ...versionOf(stage, version) };
}

function versionOf(stage: string, version: string): Pick<Secret, 'stage' | 'version'> {
  return { stage: stage || undefined, version: version || undefined };
}

/**
 * The ARN in a policy. A partial ARN of a secret stands for those that have the dash and the six characters at their end:
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
 */
export function grantedArn({ service, arn }: Secret): string {
  return service === 'ssm' || /-[A-Za-z0-9]{6}$/.test(arn) ? arn : `${arn}-??????`;
}

/** What the launcher is told of a secret: where it is, and nothing of its value. */
export function launcherSecret({
  service,
  region,
  arn,
  key,
  stage,
  version,
}: Secret): Readonly<Record<string, string>> {
  const host = `${service}.${region}.${dnsSuffix(region)}`;
  return { arn, region, host, ...(key && { key }), ...(stage && { stage }), ...(version && { version }) };
}
