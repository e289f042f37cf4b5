/**
 * The role of a project's jobs: whom it trusts and what it may do. Each grant is an inline policy of its own, named by its
 * content's hash, so that two workflows at once add theirs beside each other's.
 * Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createtrainingjob-perms
 */
import { createHash } from 'node:crypto';
import type { S3Uri } from './channels.ts';
import { partition } from './names.ts';

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
  /** S3 inputs outside the project's folder. */
  readonly inputs: readonly S3Uri[];
}

export const TRUST_POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

/** The role's inline policies. */
export function rolePolicies(grants: Grants): Policy[] {
  const { region, account } = grants;
  const aws = partition(region);
  const logs = `arn:${aws}:logs:${region}:${account}:log-group:/aws/sagemaker/TrainingJobs`;
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
    policy('logs', [
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
        Resource: [logs, `${logs}:*`],
      },
    ]),
    policy('metrics', [
      {
        Effect: 'Allow',
        Action: ['cloudwatch:PutMetricData'],
        Resource: '*',
        Condition: { StringLike: { 'cloudwatch:namespace': ['/aws/sagemaker/*', 'aws/sagemaker/*'] } },
      },
    ]),
    ...grants.inputs.map((uri) => policy('input', readInput(uri, aws))),
  ];
}

/** Read and write in the project's folder; pull requests' folders share one grant, else their number would grow for ever. */
function ownFolder({ bucket, prefix, project, account }: Grants, aws: string): Statement[] {
  const folder = `${prefix.replace(/^pr-\d+\/$/, 'pr-*/')}${project}/`;
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

function readInput({ bucket, key }: S3Uri, aws: string): Statement[] {
  const resource = `arn:${aws}:s3:::${bucket}`;
  // A wildcard in a key is meant as a character: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
  const literal = key.replace(/[*?$]/g, (character) => `\${${character}}`);
  const below = { StringLike: { 's3:prefix': [`${literal}*`] } };
  return [
    { Effect: 'Allow', Action: ['s3:GetObject'], Resource: `${resource}/${literal}*` },
    { Effect: 'Allow', Action: ['s3:ListBucket'], Resource: resource, Condition: below },
    { Effect: 'Allow', Action: ['s3:GetBucketLocation'], Resource: resource },
  ];
}

function policy(kind: string, statements: readonly Statement[]): Policy {
  const document = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  return { name: `${kind}-${createHash('sha256').update(document).digest('hex').slice(0, 16)}`, document };
}
