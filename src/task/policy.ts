/**
 * The role of a project's jobs: whom it trusts and what it may do. Each grant is an inline policy of its own, named by its
 * content's hash, so that two workflows at once add theirs beside each other's.
 * Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createtrainingjob-perms
 */
import { createHash } from 'node:crypto';
import { formatS3Uri, type S3Uri } from './channels.ts';
import { jobNamesOf } from './names.ts';
import { partition } from './partition.ts';

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

/** What a role's jobs work with. */
export interface Grants {
  readonly region: string;
  readonly account: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly project: string;
  /** S3 inputs; those in the project's own folder need no grant of their own. */
  readonly inputs: readonly S3Uri[];
  /** Whether the job is attached to subnets. */
  readonly vpc: boolean;
  /** Id, alias or ARN. */
  readonly kmsKey: string | undefined;
}

const TRUST = { Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' };

export const TRUST_POLICY = trustPolicy([]);

function trustPolicy(others: readonly unknown[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [...others, TRUST] });
}

/** The trust policy with SageMaker among the trusted; undefined when it is already. */
export function repairedTrust(document: string): string | undefined {
  const { Statement: given = [] } = JSON.parse(document) as { Statement?: unknown };
  const statements: readonly unknown[] = Array.isArray(given) ? given : [given];
  return statements.some(trustsSageMaker) ? undefined : trustPolicy(statements);
}

function trustsSageMaker(statement: unknown): boolean {
  if (typeof statement !== 'object' || statement === null) return false;
  const { Effect, Principal, Action, Condition } = statement as Record<string, unknown>;
  const services = (Principal as { Service?: unknown } | undefined)?.Service;
  const trusted = [services].flat().includes('sagemaker.amazonaws.com');
  return Effect === 'Allow' && trusted && [Action].flat().includes('sts:AssumeRole') && Condition === undefined;
}

/** The role's inline policies. */
export function rolePolicies(grants: Grants): Policy[] {
  const { region, account } = grants;
  const aws = partition(region);
  return [
    policy('project', ownFolder(grants, aws)),
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
    ...(grants.kmsKey === undefined ? [] : [policy('key', [useKey(grants.kmsKey, grants, aws)])]),
    ...foreignInputs(grants).map((uri) =>
      policy('input', readInput(uri, aws, uri.bucket === grants.bucket ? account : undefined)),
    ),
  ];
}

/**
 * Lines go to streams of the project's own jobs, JOB/algo-N-TIME; of the other actions the resource is the group.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
 * https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
 * That a group's ARN is taken with and without `:*` in each of these: (assumed), so both are there.
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

/** An alias is no resource of a policy, but a condition: https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html */
function useKey(key: string, { region, account }: Grants, aws: string): Statement {
  const Action = ['kms:CreateGrant', 'kms:Decrypt', 'kms:GenerateDataKey'];
  const all = `arn:${aws}:kms:${region}:${account}:`;
  const [, home = all, name = key] = /^(arn:.*?:\d{12}:)?(.*)$/.exec(key) ?? [];
  if (!name.startsWith('alias/')) {
    return { Effect: 'Allow', Action, Resource: `${home}${name.startsWith('key/') ? name : `key/${name}`}` };
  }
  const Condition = { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': name } };
  return { Effect: 'Allow', Action, Resource: `${home}key/*`, Condition };
}

/** Each once: what the grant of the own folder does not cover. */
function foreignInputs(grants: Grants): S3Uri[] {
  const foreign = grants.inputs.filter(({ bucket, key }) => bucket !== grants.bucket || !isOwn(grants, key));
  return [...new Map(foreign.map((uri) => [formatS3Uri(uri), uri])).values()];
}

/** Read and write in the project's folder; pull requests' folders share one grant, else their number would grow for ever. */
function ownFolder(grants: Grants, aws: string): Statement[] {
  const { bucket, account } = grants;
  const folder = ownFolderKey(grants);
  const owner = { 'aws:ResourceAccount': account };
  return [
    {
      Effect: 'Allow',
      Action: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'],
      Resource: `arn:${aws}:s3:::${bucket}/${folder}*`,
      Condition: { StringEquals: owner },
    },
    {
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: `arn:${aws}:s3:::${bucket}`,
      Condition: { StringEquals: owner, StringLike: { 's3:prefix': [`${folder}*`] } },
    },
    {
      Effect: 'Allow',
      Action: ['s3:GetBucketLocation'],
      Resource: `arn:${aws}:s3:::${bucket}`,
      Condition: { StringEquals: owner },
    },
  ];
}

function ownFolderKey({ prefix, project }: Grants): string {
  return `${prefix.replace(/^pr-\d+\/$/, 'pr-*/')}${project}/`;
}

/** Whether the grant of the own folder covers it: of a pull request the same folder of any other too. */
function isOwn(grants: Grants, key: string): boolean {
  const folder = ownFolderKey(grants);
  return [key, key.replace(/^pr-\d+\//, 'pr-*/')].some((each) => each.startsWith(folder));
}

/** `owner`: the account that the bucket must belong to; undefined: any. */
function readInput({ bucket, key }: S3Uri, aws: string, owner: string | undefined): Statement[] {
  const resource = `arn:${aws}:s3:::${bucket}`;
  // A wildcard in a key is meant as a character: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
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
  return { name: `${kind}-${createHash('sha256').update(document).digest('hex').slice(0, 16)}`, document };
}
