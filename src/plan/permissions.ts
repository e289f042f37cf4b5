/** What a run asks AWS to do with the step's credentials, as questions for IAM. aws/setup.yml allows the same. */

import { jobNamesOf } from '../core/names.ts';
import { dnsSuffix, partition } from '../core/partition.ts';
import type { Question } from '../core/permission-question.ts';
import { type Place, taskFolder } from '../core/s3-layout.ts';

export interface Asked {
  readonly region: string;
  readonly account: string;
  readonly bucket: string;
  readonly bucketExists: boolean;
  readonly place: Place;
  /** ARN of the job's role. */
  readonly roleArn: string;
  /** What would change at the role. */
  readonly role: 'nothing' | 'created' | 'policies';
  /** ID, alias or ARN. */
  readonly kmsKey: string | undefined;
  /** The ECR repository to which an image would be pushed, and whether it exists. */
  readonly push: { readonly repository: string; readonly exists: boolean } | undefined;
}

/** One question for each kind of resource. */
export function questions(asked: Asked): Question[] {
  const { region, account, bucket, place, roleArn } = asked;
  const aws = partition(region);
  const bucketArn = `arn:${aws}:s3:::${bucket}`;
  const folder = taskFolder(place);
  const owned = { 'aws:ResourceAccount': account };
  const job = `arn:${aws}:sagemaker:${region}:${account}:training-job/${jobNamesOf(place.project)}plan`;
  // The job's tag, on which aws/setup.yml makes the permission depend.
  const tag = `${place.prefix}${place.project}`;
  const logs = `arn:${aws}:logs:${region}:${account}:log-group:/aws/sagemaker/TrainingJobs`;
  return [
    ...(asked.bucketExists ? [] : [{ actions: MAKE_BUCKET, resource: bucketArn, context: owned }]),
    {
      actions: ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
      resource: bucketArn,
      context: { ...owned, 's3:prefix': folder },
    },
    { actions: OBJECTS, resource: `${bucketArn}/${folder}plan`, context: owned },
    ...(asked.role === 'nothing'
      ? []
      : [
          {
            actions: asked.role === 'created' ? ['iam:CreateRole', 'iam:PutRolePolicy'] : ['iam:PutRolePolicy'],
            resource: roleArn,
            context: {},
          },
        ]),
    { actions: ['iam:PassRole'], resource: roleArn, context: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } },
    {
      actions: [
        'sagemaker:CreateTrainingJob',
        'sagemaker:AddTags',
        'sagemaker:DescribeTrainingJob',
        'sagemaker:StopTrainingJob',
      ],
      resource: job,
      context: {
        'sagemaker:TaggingAction': 'CreateTrainingJob',
        'aws:RequestTag/SimpleSagemakerProject': tag,
        'aws:ResourceTag/SimpleSagemakerProject': tag,
      },
    },
    { actions: ['logs:DescribeLogStreams'], resource: logs, context: {} },
    {
      actions: ['logs:GetLogEvents'],
      resource: `${logs}:log-stream:${jobNamesOf(place.project)}plan/algo-1`,
      context: {},
    },
    ...keyQuestions(asked, aws),
    ...pushQuestions(asked, aws),
  ];
}

const OBJECTS = [
  's3:GetObject',
  's3:PutObject',
  's3:DeleteObject',
  's3:AbortMultipartUpload',
  's3:ListMultipartUploadParts',
];

const MAKE_BUCKET = [
  's3:CreateBucket',
  's3:PutBucketPublicAccessBlock',
  's3:PutEncryptionConfiguration',
  's3:PutLifecycleConfiguration',
];

/** IAM cannot be asked about an alias: only the key's ARN is a resource. */
function keyQuestions({ kmsKey, region, account }: Asked, aws: string): Question[] {
  if (kmsKey === undefined || kmsKey.includes('alias/')) return [];
  const name = kmsKey.replace(/^key\//, '');
  const resource = name.startsWith('arn:') ? name : `arn:${aws}:kms:${region}:${account}:key/${name}`;
  const context = { 'kms:ViaService': `s3.${region}.${dnsSuffix(region)}` };
  return [{ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resource, context }];
}

function pushQuestions({ push, region, account }: Asked, aws: string): Question[] {
  if (push === undefined) return [];
  const actions = [
    'ecr:BatchCheckLayerAvailability',
    'ecr:InitiateLayerUpload',
    'ecr:UploadLayerPart',
    'ecr:CompleteLayerUpload',
    'ecr:PutImage',
  ];
  const resource = `arn:${aws}:ecr:${region}:${account}:repository/${push.repository}`;
  return [
    { actions: ['ecr:GetAuthorizationToken'], resource: '*', context: {} },
    {
      actions: push.exists ? actions : ['ecr:CreateRepository', 'ecr:PutLifecyclePolicy', ...actions],
      resource,
      context: {},
    },
  ];
}
