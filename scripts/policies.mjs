// Has every policy of aws/setup.yml checked, as it is in each of AWS's partitions, with and without the optional parts.
// `node scripts/policies.mjs PYTHON`: a Python that has parliament.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { renderStack } from './template.mjs';

const python = process.argv[2];
if (python === undefined) throw new Error('Name the Python that has parliament: node scripts/policies.mjs PYTHON');

const PLACES = { aws: 'us-east-1', 'aws-cn': 'cn-north-1', 'aws-us-gov': 'us-gov-west-1' };
const least = { Repository: 'org/project', Project: 'project' };
const stacks = Object.entries(PLACES).flatMap(([partition, region]) => {
  const arn = `arn:${partition}`;
  const most = {
    ...{
      Repository: 'org@1/project@2',
      Project: 'my.first_project',
      DefaultBranch: 'trunk',
      Environment: 'production',
    },
    ...{ Bucket: 'my-bucket', Prefix: 'team/', EcrRepository: 'team/project', MaxSessionDuration: '43200' },
    InputBuckets: `${arn}:s3:::one,${arn}:s3:::two`,
    OidcProvider: `${arn}:iam::123456789012:oidc-provider/token.actions.githubusercontent.com`,
    KmsKey: `${arn}:kms:${region}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
    JobRole: `${arn}:iam::123456789012:role/mine`,
    PullRequestSecrets: `${arn}:secretsmanager:${region}:123456789012:secret:a-??????,${arn}:ssm:${region}:123456789012:parameter/b`,
    PullRequestJobPolicies: `${arn}:iam::123456789012:policy/key`,
  };
  return Object.entries({ least, most }).map(([name, given]) => [
    `${partition}, ${name} parameters`,
    renderStack(given, { partition, region }),
  ]);
});
const policies = stacks.flatMap(([place, { roles }]) =>
  Object.entries(roles).flatMap(([role, { policies }]) =>
    Object.entries(policies).map(([name, document]) => [`${role}/${name} (${place})`, document]),
  ),
);
const input = JSON.stringify(Object.fromEntries(policies));
const { status, error } = spawnSync(python, [join(import.meta.dirname, 'policies.py')], {
  input,
  stdio: ['pipe', 'inherit', 'inherit'],
});
if (error) throw error;
process.exitCode = status ?? 1;
