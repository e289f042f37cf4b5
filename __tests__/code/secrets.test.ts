/** The input `secrets`: what an ARN may look like, what a mistake says, and what it never says. */
import { describe, expect, it } from 'vitest';
import { NO_DISTRIBUTION } from '../../src/code/distribution.ts';
import { jobFiles } from '../../src/code/launcher-files.ts';
import { grantedArn, launcherSecret, parseSecrets, type Secret } from '../../src/code/secrets.ts';
import { InputProblem } from '../../src/core/errors.ts';

const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/db';
const WHOLE = `${SECRET}-a1B2c3`;
const PARAMETER = 'arn:aws:ssm:eu-west-1:123456789012:parameter/team/key';

const only = (arn: string): Secret => {
  const found = parseSecrets(`A=${arn}`).get('A');
  if (found === undefined) throw new Error('there is no A');
  return found;
};
const problemOf = (text: string): InputProblem => {
  try {
    parseSecrets(text);
  } catch (error) {
    if (error instanceof InputProblem) return error;
  }
  throw new Error(`${text} is no mistake`);
};

describe('a secret', () => {
  it.each<[string, Partial<Secret>, string]>([
    [WHOLE, { service: 'secretsmanager', region: 'eu-west-1', partition: 'aws', arn: WHOLE }, WHOLE],
    [SECRET, { arn: SECRET, key: undefined, stage: undefined, version: undefined }, `${SECRET}-??????`],
    [`${WHOLE}:password`, { arn: WHOLE, key: 'password', text: `${WHOLE}:password` }, WHOLE],
    [`${WHOLE}:password::`, { key: 'password', stage: undefined, version: undefined }, WHOLE],
    [`${SECRET}:my key::`, { key: 'my key' }, `${SECRET}-??????`],
    [`${WHOLE}::AWSPREVIOUS:`, { key: undefined, stage: 'AWSPREVIOUS' }, WHOLE],
    [
      `${WHOLE}:a::9d4cb84b-ad69-40c0-a0ab-cead36b967e8`,
      { key: 'a', version: '9d4cb84b-ad69-40c0-a0ab-cead36b967e8' },
      WHOLE,
    ],
    [`${SECRET}/_+=.@-x`, { arn: `${SECRET}/_+=.@-x` }, `${SECRET}/_+=.@-x-??????`],
    [PARAMETER, { service: 'ssm', arn: PARAMETER, region: 'eu-west-1' }, PARAMETER],
    [
      'arn:aws:ssm:eu-west-1:123456789012:parameter/A.b_c-d',
      { service: 'ssm' },
      'arn:aws:ssm:eu-west-1:123456789012:parameter/A.b_c-d',
    ],
    [
      'arn:aws:ssm:eu-west-1:123456789012:parameter/x-abcdef',
      {},
      'arn:aws:ssm:eu-west-1:123456789012:parameter/x-abcdef',
    ],
    [
      'arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:a-a1B2c3',
      { partition: 'aws-cn' },
      'arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:a-a1B2c3',
    ],
    [
      'arn:aws-us-gov:ssm:us-gov-west-1:123456789012:parameter/a',
      { partition: 'aws-us-gov' },
      'arn:aws-us-gov:ssm:us-gov-west-1:123456789012:parameter/a',
    ],
  ])('%s is read, and granted just that', (arn, expected, granted) => {
    expect(only(arn)).toMatchObject(expected);
    expect(grantedArn(only(arn))).toBe(granted);
  });

  it('is one of several, as lines, as JSON and as pairs', () => {
    const names = (text: string): string[] => [...parseSecrets(text).keys()];
    expect(names(`# of the team\nA=${WHOLE}\n\nB_2 = ${PARAMETER}\n`)).toEqual(['A', 'B_2']);
    expect(names(JSON.stringify({ A: WHOLE, B: PARAMETER }))).toEqual(['A', 'B']);
    expect(names(`[{"Name": "A", "Value": "${WHOLE}"}]`)).toEqual(['A']);
    expect(parseSecrets(Array.from({ length: 25 }, (_, at) => `A${at}=${WHOLE}`).join('\n')).size).toBe(25);
  });

  it.each([
    ['aws', 'eu-west-1', 'amazonaws.com'],
    ['aws-us-gov', 'us-gov-west-1', 'amazonaws.com'],
    ['aws-cn', 'cn-north-1', 'amazonaws.com.cn'],
    ['aws-eusc', 'eusc-de-east-1', 'amazonaws.eu'],
  ])('of %s is asked for where the partition has its hosts', (partition, region, suffix) => {
    const secret = `arn:${partition}:secretsmanager:${region}:123456789012:secret:a`;
    expect(launcherSecret(only(secret))).toEqual({ arn: secret, region, host: `secretsmanager.${region}.${suffix}` });
    const parameter = `arn:${partition}:ssm:${region}:123456789012:parameter/a`;
    expect(launcherSecret(only(parameter))).toEqual({ arn: parameter, region, host: `ssm.${region}.${suffix}` });
  });

  it('is told to the launcher with its part and its version', () => {
    expect(launcherSecret(only(`${WHOLE}:user:AWSPREVIOUS:`))).toMatchObject({ key: 'user', stage: 'AWSPREVIOUS' });
    expect(launcherSecret(only(`${WHOLE}:::1234`))).toMatchObject({ version: '1234' });
  });
});

describe("the launcher's files", () => {
  const filesOf = (text: string): readonly string[] =>
    jobFiles(
      { kind: 'run', text: 'true' },
      {
        hyperparameters: new Map(),
        flags: new Set(),
        arguments: [],
        distribution: NO_DISTRIBUTION,
        secrets: parseSecrets(text),
      },
    ).map((file) => file.text);
  it('say where each is, and to a shell that there are some', () => {
    const [json = '', shell] = filesOf(`A=${WHOLE}:user\nB=${PARAMETER}`);
    const host = 'secretsmanager.eu-west-1.amazonaws.com';
    expect(JSON.parse(json)).toMatchObject({
      secrets: {
        A: { arn: WHOLE, region: 'eu-west-1', host, key: 'user' },
        B: { arn: PARAMETER, region: 'eu-west-1', host: 'ssm.eu-west-1.amazonaws.com' },
      },
    });
    expect(shell).toContain('\nssm_secrets=1\n');
  });
  it('say nothing where there are none', () => {
    const [json, shell] = filesOf('# none');
    expect(json).not.toContain('secrets');
    expect(shell).toContain('\nssm_secrets=\n');
  });
});

describe('a mistake', () => {
  it.each([
    ['what is no ARN', 'A=hunter2'],
    ['JSON that is no ARN', '{"A": "hunter2"}'],
    ['a number', '{"A": 20262}'],
    ['an object', '{"A": {"hunter2": "hunter2"}}'],
    ['a pair', '[{"Name": "A", "Value": "hunter2"}]'],
    ['three members', '[{"Name": "A", "Value": "hunter2", "x": "hunter2"}]'],
    ['a list', '["hunter2"]'],
    ['a line without a name', 'hunter2'],
    ['YAML', 'A: hunter2'],
    ['an item', '- hunter2'],
    ['an option', '--token hunter2'],
    ['an export', 'export A=hunter2'],
    ['quotes', 'A="hunter2"'],
    ['a comment', 'A=hunter2 # of the team'],
    ['several on a line', 'A=hunter2 B=hunter2'],
    ['a comma', 'A=hunter2,'],
    ['base64', 'hunter2=='],
    ['base64 with one', 'hunter2='],
    ['a name that is none', 'hunter2 =x'],
    ['another name that is none', 'hunter2+/=x'],
    ['broken JSON', '{"A": hunter2}'],
    ['JSON with a comma', '{"A": "hunter2",}'],
    ['JSON that has it twice', '{"hunter2": "x", "hunter2": "y"}'],
    ['a line break in JSON', '{"A": "hunter2\n"}'],
    ['an ARN of another service', 'A=arn:aws:s3:::hunter2'],
    ['an ARN with a password in it', 'A=arn:aws:secretsmanager:eu-west-1:hunter2:secret:x'],
  ])('of %s never shows the value', (_what, text) => {
    const { message, remedy } = problemOf(text);
    expect(message + remedy).not.toMatch(/hunter2|20262/);
    expect(message).toMatch(/[^\s.:]$/);
    expect(remedy).toMatch(/^[a-z].*\S\.$/);
  });

  it.each([
    ['A=hunter2', /^the value of "A" is not the ARN of a secret or of a parameter$/],
    [`A=${WHOLE}\nB=x`, /^the value of "B" is not/],
    [`A=${WHOLE}\nx==`, /^what is behind the "=" of secret 2 is not/],
    [`1A=${WHOLE}`, /^what is before the "=" of secret 1 is not a valid variable name$/],
    [`A-B=${WHOLE}`, /not a valid variable name$/],
    [`A=${WHOLE}\nA=${WHOLE}`, /^"A" is set twice$/],
    [`A=${WHOLE}:a:AWSCURRENT:1234`, /names both a stage and an ID of a version$/],
    [`A=${PARAMETER}:3`, /is not the ARN/],
    ['A=arn:aws:ssm:eu-west-1:123456789012:parameter/', /is not the ARN/],
    ['A=arn:aws:ssm:eu-west-1:123456789012:parameter', /is not the ARN/],
    ['A=arn:aws:secretsmanager:eu-west-1:12345:secret:x', /is not the ARN/],
    ['A=arn:aws:secretsmanager::123456789012:secret:x', /is not the ARN/],
    ['A=arn:aws:secretsmanager:eu-west-1:123456789012:secret:', /is not the ARN/],
    ['A=arn:aws:secretsmanager:eu-west-1:123456789012:secret:a*', /is not the ARN/],
    ['A=arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-??????', /is not the ARN/],
    ['A=arn:aws:ssm:eu-west-1:123456789012:parameter/*', /is not the ARN/],
    [`A=${SECRET} x`, /is not the ARN/],
    ['A=arn:aws:ssm:cn-north-1:123456789012:parameter/a', /cn-north-1 is in the partition aws-cn$/],
    ['A=arn:aws-cn:ssm:eu-west-1:123456789012:parameter/a', /eu-west-1 is in the partition aws$/],
    [
      Array.from({ length: 26 }, (_, at) => `A${at}=${WHOLE}`).join('\n'),
      /^there are 26 secrets, and a job can have at most 25$/,
    ],
  ])('%s is a clear one', (text, problem) => {
    expect(problemOf(text).message).toMatch(problem);
  });

  it.each([
    ...['SM_HPS', 'SSM_STATE', 'SAGEMAKER_REGION', 'TRAINING_JOB_NAME', 'CURRENT_HOST', 'AWS_REGION', 'TF_CONFIG'],
    ...['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'MASTER_ADDR', 'RANK', 'LOCAL_RANK', 'WORLD_SIZE', 'ROLE_NAME'],
    ...['TORCHELASTIC_RUN_ID', 'PATH', 'HOME', 'PYTHONPATH', 'LD_PRELOAD', 'NCCL_SOCKET_IFNAME', 'OMP_NUM_THREADS'],
  ])('is the variable %s, which is set otherwise', (name) => {
    expect(problemOf(`${name}=${WHOLE}`).message).toBe(`the variable "${name}" is set by SageMaker or the launcher`);
  });

  it.each(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'WANDB_API_KEY', '_x', 'rank', 'SMTP_PASSWORD', 'RANKING'])(
    'is not the variable %s',
    (name) => {
      expect([...parseSecrets(`${name}=${WHOLE}`).keys()]).toEqual([name]);
    },
  );
});
