/** The role: what its jobs may do, asked as AWS would be asked. */
import { describe, expect, it } from 'vitest';
import { repairedTrust, TRUST_POLICY } from '../../src/aws/trust-policy.ts';
import { parseSecrets } from '../../src/code/secrets.ts';
import type { S3Uri } from '../../src/core/s3-uri.ts';
import { type Grants, rolePolicies, type Statement } from '../../src/job/role-policy.ts';

const ACCOUNT = '123456789012';
const ID = '01234567-89ab-cdef-0123-456789abcdef';
const KEY_ARN = `arn:aws:kms:us-east-1:${ACCOUNT}:key/${ID}`;
const GRANTS: Grants = {
  region: 'us-east-1',
  account: ACCOUNT,
  bucket: 'mine',
  prefix: '',
  project: 'p',
  inputs: [],
  vpc: false,
  kmsKey: undefined,
  remoteDebug: false,
  packages: undefined,
  secrets: [],
};

const statements = (given: Partial<Grants> = {}): Statement[] =>
  rolePolicies({ ...GRANTS, ...given }).flatMap(
    ({ document }) => (JSON.parse(document) as { Statement: Statement[] }).Statement,
  );

const REPOSITORY = 'arn:aws:codeartifact:eu-west-1:999999999999:repository/domain/mine';
const packages = { arn: REPOSITORY, domain: 'arn:aws:codeartifact:eu-west-1:999999999999:domain/domain' };
const BEARER = { 'sts:AWSServiceName': 'codeartifact.amazonaws.com' };

const list = (text: string | readonly string[]): readonly string[] => (typeof text === 'string' ? [text] : text);
const matches = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^$()[\]{}|\\]/g, '\\$&')
      .replaceAll('*', '[\\s\\S]*')
      .replaceAll('?', '.')}$`,
  ).test(text);

/** Whether the policies allow it: action, resource, and the conditions' keys as the request has them. */
function allowed(action: string, resource: string, keys: Record<string, string>, given: Partial<Grants> = {}): boolean {
  return statements(given).some(
    ({ Action, Resource, Condition = {} }) =>
      Action.some((pattern) => matches(pattern, action)) &&
      list(Resource).some((pattern) => matches(pattern, resource)) &&
      Object.entries(Condition).every(([operator, wanted]) =>
        Object.entries(wanted).every(([key, values]) =>
          list(values).some((value) =>
            operator === 'StringLike' ? matches(value, keys[key] ?? '') : value === keys[key],
          ),
        ),
      ),
  );
}
const own = { 'aws:ResourceAccount': ACCOUNT };

describe('the role', () => {
  it.each<[boolean, string, string, Record<string, string>]>([
    [true, 's3:GetObject', 'arn:aws:s3:::mine/p/t/state/x', own],
    [true, 's3:PutObject', 'arn:aws:s3:::mine/p/t/j/output/model.tar.gz', own],
    [true, 's3:DeleteObject', 'arn:aws:s3:::mine/p/t/state/x', own],
    [true, 's3:ListBucket', 'arn:aws:s3:::mine', { ...own, 's3:prefix': 'p/t/state/' }],
    [true, 's3:GetBucketLocation', 'arn:aws:s3:::mine', own],
    [false, 's3:GetObject', 'arn:aws:s3:::mine/p2/t/x', own],
    [false, 's3:GetObject', 'arn:aws:s3:::mine/p', own],
    [false, 's3:GetObject', 'arn:aws:s3:::mine2/p/x', own],
    [false, 's3:PutObject', 'arn:aws:s3:::mine/p/x', { 'aws:ResourceAccount': '999999999999' }],
    [false, 's3:GetObject', 'arn:aws:s3:::mine/p/x', {}],
    [false, 's3:ListBucket', 'arn:aws:s3:::mine', { ...own, 's3:prefix': '' }],
    [false, 's3:ListBucket', 'arn:aws:s3:::mine', { ...own, 's3:prefix': 'p2/' }],
    [false, 's3:ListBucket', 'arn:aws:s3:::mine', { 'aws:ResourceAccount': '9', 's3:prefix': 'p/' }],
    [false, 's3:DeleteBucket', 'arn:aws:s3:::mine', own],
    [false, 's3:PutBucketPolicy', 'arn:aws:s3:::mine', own],
    [false, 's3:ListAllMyBuckets', '*', own],
    [false, 'iam:PassRole', 'arn:aws:iam::123456789012:role/x', own],
    [false, 'sagemaker:CreateTrainingJob', '*', own],
    [false, 'secretsmanager:GetSecretValue', '*', own],
    [false, 'ecr:PutImage', 'arn:aws:ecr:us-east-1:1:repository/x', own],
    [true, 'ecr:BatchGetImage', 'arn:aws:ecr:us-east-1:763104351884:repository/pytorch-training', {}],
    [true, 'ecr:GetAuthorizationToken', '*', {}],
    [
      true,
      'logs:PutLogEvents',
      `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/sagemaker/TrainingJobs:log-stream:p-t-20260102-030405-0a1b/algo-1-1`,
      {},
    ],
    [
      false,
      'logs:PutLogEvents',
      `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/sagemaker/TrainingJobs:log-stream:p2-t-20260102-030405-0a1b/algo-1-1`,
      {},
    ],
    [true, 'logs:CreateLogStream', `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/sagemaker/TrainingJobs`, {}],
    [false, 'logs:PutLogEvents', `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/other:log-stream:x`, {}],
    [false, 'logs:DeleteLogGroup', `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/sagemaker/TrainingJobs`, {}],
    [true, 'cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': '/aws/sagemaker/TrainingJobs' }],
    [false, 'cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': 'Billing' }],
  ])('allows, %s: %s on %s, %j', (expected, action, resource, keys) => {
    expect(allowed(action, resource, keys)).toBe(expected);
  });

  const JOB = 'p-t-20260102-030405-0a1b';
  it.each<[string, boolean]>([
    ['p/t/state/algo-1/weights', true],
    [`p/t/${JOB}/output/model.tar.gz`, true],
    [`p/t/${JOB}/source/sourcedir.tar.gz`, false],
    [`p/t/${JOB}/record.json`, false],
    ['p/t/.lease.json', false],
    ['p/t/.sync/data.json', false],
    ['p/t/input/data/a.csv', false],
    ['p/output/x/record.json', false],
    ['p/state/.lease.json', false],
    ['pr-1/p/t/state/x', false],
    ['q/t/state/x', false],
  ])('lets a job write to %s: %s', (key, expected) => {
    for (const action of ['s3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'])
      expect(allowed(action, `arn:aws:s3:::mine/${key}`, own)).toBe(expected);
    if (!key.startsWith('p/')) return;
    const pull = { prefix: 'pr-7/' };
    expect(allowed('s3:PutObject', `arn:aws:s3:::mine/pr-7/${key}`, own, pull)).toBe(expected);
    expect(allowed('s3:PutObject', `arn:aws:s3:::mine/${key}`, own, pull)).toBe(false);
  });

  it.each<[boolean, string, string, Record<string, string>?]>([
    [true, 's3:GetObject', 'arn:aws:s3:::other/a/b/c'],
    [true, 's3:ListBucket', 'arn:aws:s3:::other', { 's3:prefix': 'a/b/c' }],
    [false, 's3:ListBucket', 'arn:aws:s3:::other', { 's3:prefix': 'c' }],
    [false, 's3:GetObject', 'arn:aws:s3:::other/a/c'],
    [false, 's3:PutObject', 'arn:aws:s3:::other/a/b/c'],
    [false, 's3:DeleteObject', 'arn:aws:s3:::other/a/b/c'],
    [false, 's3:GetObject', 'arn:aws:s3:::another/a/b/c'],
  ])('with an input in S3 allows, %s: %s on %s', (expected, action, resource, keys = {}) => {
    expect(allowed(action, resource, keys, { inputs: [{ bucket: 'other', key: 'a/b/' }] })).toBe(expected);
    expect(allowed(action, resource, keys)).toBe(false);
  });

  it.each<[boolean, string, string, Partial<Grants>]>([
    [true, 'ec2:CreateNetworkInterface', 'arn:aws:ec2:us-east-1:1:network-interface/x', { vpc: true }],
    [true, 'ec2:DescribeSubnets', '*', { vpc: true }],
    [false, 'ec2:RunInstances', '*', { vpc: true }],
    [false, 'ec2:CreateNetworkInterface', '*', {}],
    [true, 'kms:Decrypt', KEY_ARN, { kmsKey: ID }],
    [true, 'kms:GenerateDataKey', KEY_ARN, { kmsKey: `key/${ID}` }],
    [true, 'kms:CreateGrant', KEY_ARN, { kmsKey: KEY_ARN }],
    [true, 'kms:Encrypt', KEY_ARN, { kmsKey: ID }],
    [false, 'kms:ReEncryptTo', KEY_ARN, { kmsKey: ID }],
    [false, 'kms:PutKeyPolicy', KEY_ARN, { kmsKey: ID }],
    [false, 'kms:Decrypt', KEY_ARN.replace(/.$/, '0'), { kmsKey: ID }],
    [false, 'kms:Decrypt', KEY_ARN.replace(ACCOUNT, '999999999999'), { kmsKey: ID }],
    [false, 'kms:Decrypt', KEY_ARN, {}],
    [false, 'kms:Decrypt', KEY_ARN, { kmsKey: 'alias/mine' }],
  ])('allows, %s: %s on %s with %j', (expected, action, resource, given) => {
    expect(allowed(action, resource, {}, given)).toBe(expected);
  });

  const STORE = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:`;
  const PARAMETER = `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/team/key`;
  it.each<[boolean, string, string]>([
    [true, 'secretsmanager:GetSecretValue', `${STORE}whole-a1B2c3`],
    [true, 'secretsmanager:GetSecretValue', `${STORE}partial-Zz9Yy8`],
    [true, 'ssm:GetParameter', PARAMETER],
    [false, 'secretsmanager:GetSecretValue', `${STORE}whole-a1B2c4`],
    [false, 'secretsmanager:GetSecretValue', `${STORE}whole-a1B2c3-a1B2c3`],
    [false, 'secretsmanager:GetSecretValue', `${STORE}partial`],
    [false, 'secretsmanager:GetSecretValue', `${STORE}partial-2-Zz9Yy8`],
    [false, 'secretsmanager:GetSecretValue', PARAMETER],
    [false, 'secretsmanager:PutSecretValue', `${STORE}whole-a1B2c3`],
    [false, 'secretsmanager:DescribeSecret', `${STORE}whole-a1B2c3`],
    [false, 'ssm:GetParameter', `${PARAMETER}2`],
    [false, 'ssm:GetParameters', PARAMETER],
    [false, 'ssm:GetParameterHistory', PARAMETER],
    [false, 'kms:Decrypt', KEY_ARN],
  ])('with secrets allows, %s: %s on %s', (expected, action, resource) => {
    const text = `A=${STORE}whole-a1B2c3:user\nB=${STORE}whole-a1B2c3:password\nC=${STORE}partial\nD=${PARAMETER}`;
    const secrets = [...parseSecrets(text).values()];
    expect(allowed(action, resource, {}, { secrets })).toBe(expected);
    expect(allowed(action, resource, {})).toBe(false);
    const names = rolePolicies({ ...GRANTS, secrets }).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('secret-'))).toHaveLength(3);
  });

  it('has room for all secrets of a task', () => {
    const arn = `arn:aws:secretsmanager:ap-southeast-1:${ACCOUNT}:secret:${'n'.repeat(60)}`;
    const text = Array.from({ length: 25 }, (_, at) => `A${at}=${arn}${at}-a1B2c3`).join('\n');
    const given = { ...GRANTS, vpc: true, kmsKey: 'alias/mine', remoteDebug: true, packages };
    const policies = rolePolicies({ ...given, secrets: [...parseSecrets(text).values()] });
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    expect(policies.map(({ document }) => document).join('').length).toBeLessThan(10_240);
  });

  it.each<[boolean, string, string, Record<string, string>?]>([
    [true, 'codeartifact:GetAuthorizationToken', packages.domain],
    [true, 'codeartifact:GetRepositoryEndpoint', REPOSITORY],
    [true, 'codeartifact:ReadFromRepository', REPOSITORY],
    [true, 'sts:GetServiceBearerToken', '*', BEARER],
    [false, 'sts:GetServiceBearerToken', '*', { 'sts:AWSServiceName': 'other.amazonaws.com' }],
    [false, 'codeartifact:ReadFromRepository', `${REPOSITORY}2`],
    [false, 'codeartifact:GetAuthorizationToken', `${packages.domain}2`],
    [false, 'codeartifact:PublishPackageVersion', REPOSITORY],
  ])('with a repository of packages allows, %s: %s on %s', (expected, action, resource, keys = {}) => {
    expect(allowed(action, resource, keys, { packages })).toBe(expected);
    expect(allowed(action, resource, keys)).toBe(false);
  });

  it.each([
    ['alias/mine', 'us-east-1', ACCOUNT],
    ['arn:aws:kms:eu-west-1:999999999999:alias/mine', 'eu-west-1', '999999999999'],
  ])('names the key of %s by a condition', (kmsKey, region, account) => {
    const [use] = statements({ kmsKey }).filter(({ Action }) => Action.includes('kms:Decrypt'));
    expect(use?.Resource).toBe(`arn:aws:kms:${region}:${account}:key/*`);
    expect(use?.Condition).toEqual({ 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/mine' } });
  });

  it.each<[S3Uri[], number]>([
    [[{ bucket: 'mine', key: 'p/t/j/output/model.tar.gz' }], 0],
    [[{ bucket: 'mine', key: 'p2/x' }], 1],
    [[{ bucket: 'mine', key: 'p' }], 1],
    [[{ bucket: 'other', key: 'p/x' }], 1],
    [
      [
        { bucket: 'other', key: 'a' },
        { bucket: 'other', key: 'a' },
      ],
      1,
    ],
  ])('has a grant for each input that is not in its own folder: %j', (inputs, number) => {
    const names = rolePolicies({ ...GRANTS, inputs }).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('input-'))).toHaveLength(number);
  });

  it.each<[string, S3Uri['key'], boolean]>([
    ['pr-1/', 'pr-1/p/t/j/output/model.tar.gz', false],
    ['pr-1/', 'pr-2/p/t/j/output/model.tar.gz', false],
    ['pr-1/', 'p/t/j/output/model.tar.gz', true],
    ['pr-1/', 'pr-1/q/t/j/output/model.tar.gz', true],
    ['pr-1/', 'pr-data/x', true],
    ['pr-1/', 'pr-x/p/t', false],
    ['pr-1/', 'pr-', true],
    ['', 'pr-1/p/t', true],
    ['x/pr-1/', 'x/pr-2/p/t', true],
  ])('under %j has a grant for %s of the own bucket: %s', (prefix, key, granted) => {
    const given = { prefix, inputs: [{ bucket: 'mine', key }] };
    const names = rolePolicies({ ...GRANTS, ...given }).map(({ name }) => name);
    expect(names.some((name) => name.startsWith('input-'))).toBe(granted);
    expect(allowed('s3:GetObject', `arn:aws:s3:::mine/${key}`, own, given)).toBe(true);
    expect(allowed('s3:ListBucket', 'arn:aws:s3:::mine', { ...own, 's3:prefix': key }, given)).toBe(true);
  });

  it('touches its own bucket only as one of its account, and others as anybody’s', () => {
    const inputs = ['p/t/x', 'elsewhere/x'].flatMap((key) => [
      { bucket: 'mine', key },
      { bucket: 'other', key },
    ]);
    const on = (bucket: string): Statement[] =>
      statements({ inputs }).filter(({ Resource }) =>
        list(Resource).some((arn) => arn.startsWith(`arn:aws:s3:::${bucket}`)),
      );
    expect([on('mine').length, on('other').length]).toEqual([7, 6]);
    for (const { Condition } of on('mine')) expect(Condition?.['StringEquals']).toEqual(own);
    for (const { Condition } of on('other')) expect(Condition?.['StringEquals']).toBeUndefined();
  });

  it.each<[string, boolean]>([
    [TRUST_POLICY, false],
    ['{"Statement": []}', true],
    ['{}', true],
    [TRUST_POLICY.replace('sagemaker', 'ec2'), true],
    [TRUST_POLICY.replace('Allow', 'Deny'), true],
    [TRUST_POLICY.replace('sts:AssumeRole', 'sts:TagSession'), true],
    [TRUST_POLICY.replace('"Action"', '"Condition": {"Bool": {"aws:x": "true"}}, "Action"'), true],
    [
      '{"Statement": {"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com", "sagemaker.amazonaws.com"]}, "Action": ["sts:AssumeRole"]}}',
      false,
    ],
    ['{"Statement": [null, {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}', true],
  ])('trusted by %s is mended, %s, and keeps what is there', (document, mended) => {
    const repaired = repairedTrust(document);
    expect(repaired !== undefined).toBe(mended);
    if (repaired === undefined) return;
    const { Statement } = JSON.parse(repaired) as { Statement: unknown[] };
    const { Statement: before = [] } = JSON.parse(document) as { Statement?: unknown };
    expect(Statement).toEqual(expect.arrayContaining([before].flat()));
    expect(repairedTrust(repaired)).toBeUndefined();
  });

  it('has nothing that is whole', () => {
    const text = JSON.stringify([
      rolePolicies(GRANTS),
      statements({ prefix: 'pr-1/', inputs: [{ bucket: 'o', key: 'k' }] }),
    ]);
    expect(text).not.toMatch(/FullAccess|"[a-z0-9]+:\*"|NotAction|NotResource|"Action":"\*"/);
    for (const { Action } of statements()) for (const action of Action) expect(action).toMatch(/^[a-z0-9]+:[A-Z]\w+$/);
  });

  it('of a pull request is that of all pull requests, and of nothing else', () => {
    const of = (prefix: string): string => JSON.stringify(rolePolicies({ ...GRANTS, prefix }));
    expect(of('pr-1/')).toBe(of('pr-234/'));
    const may = (path: string, prefix: string): boolean =>
      allowed('s3:GetObject', `arn:aws:s3:::mine/${path}`, own, { prefix });
    expect([may('pr-1/p/x', 'pr-1/'), may('pr-2/p/x', 'pr-1/'), may('p/x', 'pr-1/'), may('pr-1/q/x', 'pr-1/')]).toEqual(
      [true, true, false, false],
    );
    expect([
      may('pr-1/a/p/x', 'pr-1/a/'),
      may('pr-2/a/p/x', 'pr-1/a/'),
      may('xpr-1/p/x', 'xpr-1/'),
      may('xpr-2/p/x', 'xpr-1/'),
    ]).toEqual([true, false, true, false]);
  });

  it('is trusted by SageMaker alone', () => {
    expect(JSON.parse(TRUST_POLICY)).toEqual({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    });
  });

  it.each([
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
  ])('in %s names resources of %s', (region, partition) => {
    const arns = statements({ region, inputs: [{ bucket: 'o', key: 'k' }] })
      .flatMap(({ Resource }) => list(Resource))
      .filter((arn) => arn !== '*');
    expect(arns.length).toBeGreaterThan(5);
    for (const arn of arns) expect(arn).toMatch(new RegExp(`^arn:${partition}:`));
  });
});

describe("a policy's name", () => {
  const names = (given: Partial<Grants> = {}): string[] =>
    rolePolicies({ ...GRANTS, ...given }).map(({ name }) => name);
  it('fits IAM', () => {
    for (const name of names({ inputs: [{ bucket: 'o', key: 'ü b' }] })) expect(name).toMatch(/^[\w+=,.@-]{1,128}$/);
  });
  it('is that of its content: the same for the same, another for another', () => {
    const inputs = [
      { bucket: 'o', key: 'a' },
      { bucket: 'o', key: 'b' },
    ];
    expect(names({ inputs })).toEqual(names({ inputs: structuredClone(inputs) }));
    expect(new Set(names({ inputs })).size).toBe(6);
    expect(names({ inputs: inputs.toReversed() }).toSorted()).toEqual(names({ inputs }).toSorted());
    expect(
      names({ inputs: [{ bucket: 'o', key: 'c' }] }).filter((name) => !names({ inputs }).includes(name)),
    ).toHaveLength(1);
    expect(names({ bucket: 'other' })[0]).not.toBe(names()[0]);
  });
});
