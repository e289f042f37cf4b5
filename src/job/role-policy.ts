/**
 * The policies of the role of a project's jobs. Each grant is a separate inline policy. Its name contains a hash of its
 * content, so that two workflows can add policies at the same time.
 * Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createtrainingjob-perms
 */
import { grantedArn, type Secret } from '../code/secrets.ts';
import { hashText } from '../core/hash-text.ts';
import { jobNamesOf } from '../core/names.ts';
import { partition } from '../core/partition.ts';
import { isUnmerged } from '../core/s3-layout.ts';
import { formatS3Uri, type S3Uri } from '../core/s3-uri.ts';
import type { PackageRepository } from './package-repository.ts';

export interface Statement {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface Policy {
  readonly name: string;
  readonly document: string;
}

/** What the jobs with this role use. */
export interface Grants {
  readonly region: string;
  readonly account: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly project: string;
  /** S3 inputs. Those in the project's folder need no separate grant. */
  readonly inputs: readonly S3Uri[];
  /** Whether the job is attached to subnets. */
  readonly vpc: boolean;
  /** ID, alias or ARN. */
  readonly kmsKey: string | undefined;
  /** Whether a session can be opened in the job's containers. */
  readonly remoteDebug: boolean;
  /** From where pip on the worker installs. Undefined: not from CodeArtifact. */
  readonly packages: PackageRepository | undefined;
  /** What the launcher reads. */
  readonly secrets: readonly Secret[];
}

/** The role's inline policies. */
export function rolePolicies(grants: Grants): Policy[] {
  const { region, account } = grants;
  const aws = partition(region);
  return [
    policy('project', useProjectFolder(grants, aws)),
    policy('image', [
      { Effect: 'Allow', Action: ['ecr:GetAuthorizationToken'], Resource: '*' },
      {
        Effect: 'Allow',
        Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        Resource: `arn:${aws}:ecr:${region}:*:repository/*`,
      },
    ]),
    policy('logs', writeLogs(grants, aws)),
    policy('metrics', [
      {
        Effect: 'Allow',
        Action: ['cloudwatch:PutMetricData'],
        Resource: '*',
        Condition: { StringLike: { 'cloudwatch:namespace': ['/aws/sagemaker/*', 'aws/sagemaker/*'] } },
      },
    ]),
    ...(grants.vpc ? [policy('network', [{ Effect: 'Allow', Action: NETWORK_ACTIONS, Resource: '*' }])] : []),
    ...(grants.remoteDebug ? [policy('debug', [{ Effect: 'Allow', Action: DEBUG_ACTIONS, Resource: '*' }])] : []),
    ...(grants.kmsKey === undefined ? [] : [policy('key', [useKey(grants.kmsKey, grants, aws)])]),
    ...(grants.packages === undefined ? [] : [policy('packages', readPackages(grants.packages))]),
    ...secretGrants(grants.secrets).map((statement) => policy('secret', [statement])),
    ...outsideInputs(grants).map((uri) =>
      policy('input', readInput(uri, aws, uri.bucket === grants.bucket ? account : undefined)),
    ),
  ];
}

/**
 * Allows to write log lines only to the streams of the project's jobs, JOB/algo-N-TIME. The resource of the other
 * actions is the log group.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
 * https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
 * That each of these actions accepts the group's ARN with and without `:*` is (assumed), so both are listed.
 */
function writeLogs({ region, account, project }: Grants, aws: string): Statement[] {
  const group = `arn:${aws}:logs:${region}:${account}:log-group:/aws/sagemaker/TrainingJobs`;
  const Action = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams'];
  return [
    { Effect: 'Allow', Action, Resource: [group, `${group}:*`] },
    { Effect: 'Allow', Action: ['logs:PutLogEvents'], Resource: `${group}:log-stream:${jobNamesOf(project)}*` },
  ];
}

/** What a job in a VPC needs: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html */
const NETWORK_ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:CreateNetworkInterfacePermission',
  'ec2:DeleteNetworkInterface',
  'ec2:DeleteNetworkInterfacePermission',
  'ec2:DescribeDhcpOptions',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcs',
];

/** What a session in a container needs: https://docs.aws.amazon.com/sagemaker/latest/dg/train-remote-debugging.html */
const DEBUG_ACTIONS = [
  'ssmmessages:CreateControlChannel',
  'ssmmessages:CreateDataChannel',
  'ssmmessages:OpenControlChannel',
  'ssmmessages:OpenDataChannel',
];

/**
 * What SageMaker does with the key in the role's name: it encrypts volumes by a grant, and reads and writes S3 with data keys.
 * For a key that is named by its ID or an alias it demands kms:Encrypt:
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html
 * A policy can name an alias only in a condition, not as a resource:
 * https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
 */
function useKey(key: string, { region, account }: Grants, aws: string): Statement {
  const Action = ['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'];
  const all = `arn:${aws}:kms:${region}:${account}:`;
  const [, home = all, name = key] = /^(arn:.*?:\d{12}:)?(.*)$/.exec(key) ?? [];
  if (!name.startsWith('alias/')) {
    return { Effect: 'Allow', Action, Resource: `${home}${name.startsWith('key/') ? name : `key/${name}`}` };
  }
  const Condition = { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': name } };
  return { Effect: 'Allow', Action, Resource: `${home}key/*`, Condition };
}

/** https://docs.aws.amazon.com/codeartifact/latest/ug/security_iam_id-based-policy-examples.html */
function readPackages({ arn, domain }: PackageRepository): Statement[] {
  return [
    { Effect: 'Allow', Action: ['codeartifact:GetAuthorizationToken'], Resource: domain },
    {
      Effect: 'Allow',
      Action: ['codeartifact:GetRepositoryEndpoint', 'codeartifact:ReadFromRepository'],
      Resource: arn,
    },
    {
      Effect: 'Allow',
      Action: ['sts:GetServiceBearerToken'],
      Resource: '*',
      Condition: { StringEquals: { 'sts:AWSServiceName': 'codeartifact.amazonaws.com' } },
    },
  ];
}

/**
 * Each secret and parameter once. Those of a customer's key need kms:Decrypt on it too, which `kms-key` gives; AWS's own keys
 * let everybody in the account use them by way of the service:
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html
 */
function secretGrants(secrets: readonly Secret[]): Statement[] {
  const actions = { secretsmanager: 'secretsmanager:GetSecretValue', ssm: 'ssm:GetParameter' };
  const granted = new Map(secrets.map((secret) => [grantedArn(secret), actions[secret.service]]));
  return [...granted].map(([Resource, action]) => ({ Effect: 'Allow', Action: [action], Resource }));
}

/** The inputs outside the project's folder, each once. */
function outsideInputs(grants: Grants): S3Uri[] {
  const outside = grants.inputs.filter(
    ({ bucket, key }) => bucket !== grants.bucket || !isInProjectFolder(grants, key),
  );
  return [...new Map(outside.map((uri) => [formatS3Uri(uri), uri])).values()];
}

/** What a job may write in the task's folder: its state and its results, but not its code, its inputs or its record. */
const WRITTEN = ['*/state/*', '*/output/*'];

/**
 * Allows to read the project's folder, and to write what a job writes. All pull requests share one grant, or the number of
 * policies would grow.
 */
function useProjectFolder(grants: Grants, aws: string): Statement[] {
  const { bucket, account } = grants;
  const folder = projectFolderPattern(grants);
  const owner = { 'aws:ResourceAccount': account };
  const Condition = { StringEquals: owner };
  return [
    { Effect: 'Allow', Action: ['s3:GetObject'], Resource: `arn:${aws}:s3:::${bucket}/${folder}*`, Condition },
    {
      Effect: 'Allow',
      Action: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:PutObject'],
      Resource: WRITTEN.map((written) => `arn:${aws}:s3:::${bucket}/${folder}${written}`),
      Condition,
    },
    {
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: `arn:${aws}:s3:::${bucket}`,
      Condition: { ...Condition, StringLike: { 's3:prefix': [`${folder}*`] } },
    },
    { Effect: 'Allow', Action: ['s3:GetBucketLocation'], Resource: `arn:${aws}:s3:::${bucket}`, Condition },
  ];
}

function projectFolderPattern({ prefix, project }: Grants): string {
  return `${isUnmerged({ prefix }) ? 'pr-*/' : prefix}${project}/`;
}

/**
 * Whether the grant of the project's folder covers the key. The grant of a pull request covers those of all pull
 * requests.
 */
function isInProjectFolder(grants: Grants, key: string): boolean {
  const folder = projectFolderPattern(grants);
  return [key, key.replace(/^pr-[^/]+\//, 'pr-*/')].some((each) => each.startsWith(folder));
}

/** `owner`: the account that the bucket must belong to; undefined: any. */
function readInput({ bucket, key }: S3Uri, aws: string, owner: string | undefined): Statement[] {
  const resource = `arn:${aws}:s3:::${bucket}`;
  // A wildcard in a key is an ordinary character, so it is escaped:
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
  const literal = key.replace(/[*?$]/g, (character) => `\${${character}}`);
  const below = { StringLike: { 's3:prefix': [`${literal}*`] } };
  const owned = owner === undefined ? {} : { StringEquals: { 'aws:ResourceAccount': owner } };
  const condition = owner === undefined ? {} : { Condition: owned };
  return [
    { Effect: 'Allow', Action: ['s3:GetObject'], Resource: `${resource}/${literal}*`, ...condition },
    { Effect: 'Allow', Action: ['s3:ListBucket'], Resource: resource, Condition: { ...owned, ...below } },
    { Effect: 'Allow', Action: ['s3:GetBucketLocation'], Resource: resource, ...condition },
  ];
}

function policy(kind: string, statements: readonly Statement[]): Policy {
  const document = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  return { name: `${kind}-${hashText(document).slice(0, 16)}`, document };
}
