/** What is taken for a credential, and what only resembles one. */
import { describe, expect, it } from 'vitest';
import { hasCredentialForm, isCredential } from '../../src/core/credential-forms.ts';

/** Put together here, so that scanners of repositories find none. */
const of = (prefix: string, rest: string): string => prefix + rest;
const MANY = 'aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5hJ7kL9nP1qR3';
const HASH = '0123456789abcdef0123456789abcdef01234567';
const JWT = of('eyJ', `hbGciOiJIUzI1NiJ9.${of('eyJ', 'zdWIiOiIxMjM0NTY3ODkwIn0')}.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9`);

const CREDENTIALS: readonly (readonly [string, string])[] = [
  ['x', of('AKIA', 'IOSFODNN7EXAMPLE')],
  ['x', `key ${of('ASIA', 'IOSFODNN7EXAMPLE')} in a text`],
  ['x', of('ghp_', MANY.slice(0, 36))],
  ['x', of('ghs_', MANY.slice(0, 36))],
  ['x', of('github_pat_', `11ABCDEFG0_${MANY}`)],
  ['x', of('glpat-', MANY.slice(0, 20))],
  ['x', of('npm_', MANY.slice(0, 36))],
  ['x', of('hf_', MANY.slice(0, 34))],
  ['x', of('sk-', MANY)],
  ['x', of('sk-proj-', MANY)],
  ['x', of('sk-ant-', `api03-${MANY}`)],
  ['x', of('xoxb-', '1234567890-1234567890123-abcdefABCDEF')],
  ['x', `https://hooks.slack.com/services/T00000000/B00000000/${MANY.slice(0, 24)}`],
  ['x', of('AIza', MANY.slice(0, 35))],
  ['x', of('sk_live_', MANY.slice(0, 24))],
  ['x', '-----BEGIN PRIVATE KEY-----\nMIIE'],
  ['x', '-----BEGIN OPENSSH PRIVATE KEY-----'],
  ['x', '-----BEGIN RSA PRIVATE KEY-----'],
  ['x', '-----BEGIN PGP PRIVATE KEY BLOCK-----'],
  ['x', JWT],
  ['x', `curl -H "Authorization: Bearer ${MANY}"`],
  ['DATABASE_URL', 'postgres://me:hunter2@host/db'],
  ['x', 'https://me:s3cr3t@example.com/simple/'],
  ['x', 'redis://:hunter2@host:6379'],
  ['WANDB_API_KEY', HASH],
  ['wandb', HASH],
  ['DB_PASSWORD', 'hunter2'],
  ['password', 'letmein'],
  ['dbPassword', 'correct horse battery'],
  ['--db-passwd', 'Passw0rd'],
  ['PASSPHRASE', '12345678'],
  ['API_KEY', 'abc123XYZ'],
  ['api-key', 'abc123XYZ'],
  ['AWS_SECRET_ACCESS_KEY', of('wJalrXUtnFEMI/K7MDENG/', 'bPxRfiCYEXAMPLEKEY')],
  ['CLIENT_SECRET', 'Zx81-abcd'],
  ['COMET_API_KEY', MANY],
  ['auth_token', MANY],
  ['CI_JOB_TOKEN', '64_characters.of+base64/with==1A'],
];

const HARMLESS: readonly (readonly [string, string])[] = [
  ['tokenizer', 'bert-base-uncased-2019-12-31-v1'],
  ['max_tokens', '512'],
  ['max_new_tokens', '4096'],
  ['secret_santa', 'false'],
  ['secret', 'true'],
  ['secret', '42'],
  ['secret', ''],
  ['dataset_hash', HASH],
  ['sha256', HASH + HASH.slice(0, 24)],
  ['commit', HASH],
  ['pad_token', '<pad>'],
  ['eos_token', '<|endoftext|>'],
  ['mask_token', '[MASK]'],
  ['unk_token', 'UNK'],
  ['use_auth_token', 'true'],
  ['token', 'word'],
  ['special_token', 'vision_start_token_of_some_length'],
  ['KEY', '/opt/ml/input/data/key/file1'],
  ['PRIVATE_KEY', './certificates/server1.pem'],
  ['PRIVATE_KEY', 's3://bucket/Key1'],
  ['DB_PASSWORD_FILE', '/run/secrets/Db1'],
  ['DB_SECRET_ARN', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-Ab12Cd'],
  ['DB_SECRET', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-Ab12Cd'],
  ['DB_SECRET', 'prod/team/db'],
  ['K8S_SECRET', 'prod-db-secret-v2'],
  ['DB_PASSWORD', '$DB_PASSWORD'],
  ['DB_PASSWORD', '${PASSWORD_OF_THE_DATABASE}'],
  ['DB_PASSWORD', '{{ password }}'],
  ['DB_PASSWORD', '***'],
  ['DB_PASSWORD', 'changeme'],
  ['DB_PASSWORD', 'your-password-1'],
  ['password', 'none'],
  ['api_key', 'EMPTY'],
  ['api_key', 'not-needed'],
  ['primary_key', 'user1Id2Column3'],
  ['x', 'https://me@example.com/a:b'],
  ['x', 'https://example.com:8080/a@b'],
  ['x', 'postgres://me:$PASSWORD@host/db'],
  ['x', 'https://user:${TOKEN}@github.com/org/repo'],
  ['x', 'git@github.com:org/repo.git'],
  ['x', 'Authorization: Bearer $TOKEN_OF_SOME_LENGTH_1'],
  ['x', 'sk-learn-and-other-packages-of-python'],
  ['x', 'risk-adjusted-return-of-the-portfolio-1A'],
  ['x', 'hf_internal_testing_tiny_random_bert_model'],
  ['x', 'ASIA-PACIFIC-2025'],
  ['x', '-----BEGIN CERTIFICATE-----'],
  ['x', '-----BEGIN PUBLIC KEY-----'],
  ['monkey', 'Zx81-abcd'],
];

describe('a credential', () => {
  it.each(CREDENTIALS)('%s=%s is one', (name, value) => {
    expect(isCredential(name, value)).toBe(true);
  });
  it.each(HARMLESS)('%s=%s is none', (name, value) => {
    expect(isCredential(name, value)).toBe(false);
  });
  it('is found by its form alone where it has no name', () => {
    expect(CREDENTIALS.filter(([name, value]) => name === 'x' && !hasCredentialForm(value))).toEqual([]);
  });
  it.each([
    'eyJ-',
    'eyJa.',
    'xoxb-',
    '://a:',
    '://:',
    'Bearer ',
    'sk-',
    '-----BEGIN ',
    'A ',
    'hf_a',
    'a/',
    'a-',
    'AKIA',
  ])('is searched in linear time among 200,000 characters of %j', (piece) => {
    const begun = performance.now();
    isCredential('token', piece.repeat(200_000 / piece.length));
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});
