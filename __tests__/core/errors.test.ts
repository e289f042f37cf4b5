/** What a user is told: errors with their remedies, secrets left out. */
import { describe, expect, it } from 'vitest';
import { ActionError, CancelledError, describeError, InputError, JobError } from '../../src/core/errors.ts';
import { Redactor, secretsOf } from '../../src/core/redact.ts';

describe('secrets', () => {
  const VALUE = 'value-of-it';
  it.each([
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_ACCESS_KEY_ID',
    'GITHUB_TOKEN',
    'ACTIONS_RUNTIME_TOKEN',
    'INPUT_GITHUB-TOKEN',
    'DB_PASSWORD',
    'db_password',
    'MYSQL_PASSWD',
    'PRIVATE_KEY',
    'PRIVATEKEY',
    'OPENAI_API_KEY',
    'apikey',
    'MY_CREDENTIALS',
    'CLIENT_SECRET',
  ])('are those of %s', (name) => {
    expect(secretsOf({ [name]: VALUE })).toEqual([VALUE]);
  });
  it.each([
    'PATH',
    'HOME',
    'GITHUB_REPOSITORY',
    'AWS_REGION',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_SHARED_CREDENTIALS_FILE',
    'ACTIONS_ID_TOKEN_REQUEST_URL',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'SECRETS_DIR',
    'INPUT_SECRETS',
  ])('are not those of %s', (name) => {
    expect(secretsOf({ [name]: VALUE })).toEqual([]);
  });
  it.each<[string | undefined, string[]]>([
    [undefined, []],
    ['', []],
    ['1234567', []],
    ['12345678', ['12345678']],
    ['  padded-value  ', ['padded-value']],
    ['-----BEGIN KEY-----\r\nabcdefghij\r\nx\r\n', ['-----BEGIN KEY-----', 'abcdefghij']],
  ])('in %j are %j', (value, expected) => {
    expect(secretsOf({ TOKEN: value })).toEqual(expected);
  });
  it('are listed once, the longest first', () => {
    expect(secretsOf({ A_TOKEN: 'abcdefgh', B_TOKEN: 'abcdefghij', C_TOKEN: 'abcdefgh' })).toEqual([
      'abcdefghij',
      'abcdefgh',
    ]);
  });
  it.each<[string[], string, string]>([
    [[], 'a b', 'a b'],
    [['secret-1'], 'x secret-1 secret-1y', 'x *** ***y'],
    [['secret-1'], 'Secret-1', 'Secret-1'],
    [['abcdefghij', 'abcdefgh'], 'abcdefghij abcdefgh', '*** ***'],
    [['a.c+d*(e)'], 'a.c+d*(e) abccd(e)', '*** abccd(e)'],
    [['[x]{2}|^$\\/-?'], '<[x]{2}|^$\\/-?>', '<***>'],
    [['ü🚀-secret'], 'ü🚀-secret', '***'],
    [['$&-$1-text'], '$&-$1-text', '***'],
  ])('%j taken out of %j', (secrets, text, expected) => {
    const { redact } = new Redactor(secrets);
    expect(redact(text)).toBe(expected);
    expect(redact(text)).toBe(expected);
  });
});

describe('an error', () => {
  it.each<[unknown, string]>([
    [new ActionError('What.', 'Do.'), 'What.\nDo.'],
    [new JobError('What.', 'Do.'), 'What.\nDo.'],
    [new CancelledError('SIGINT'), 'The step was cancelled (SIGINT).\nRun the workflow again to start a new job.'],
    [new Error('plain'), 'plain'],
    [new TypeError('wrong'), 'TypeError: wrong'],
    [new Error(''), 'Error'],
    ['text', 'text'],
    [undefined, 'undefined'],
    [{ a: 1 }, '[object Object]'],
    [
      new ActionError('A.', 'Do.', { cause: new Error('b', { cause: new RangeError('c') }) }),
      'A.\nCaused by b\nCaused by RangeError: c\nDo.',
    ],
    [new Error('a', { cause: new ActionError('B.', 'Not for the whole.') }), 'a\nCaused by B.'],
    [
      new ActionError('It failed: the reason.', 'Do.', {
        cause: new RangeError('the reason', { cause: new Error('c') }),
      }),
      'It failed: the reason.\nCaused by c\nDo.',
    ],
    [new Error('a', { cause: new TypeError('') }), 'a\nCaused by TypeError'],
    [new Error('a', { cause: 'text' }), 'a'],
  ])('%# is described', (error, text) => {
    expect(describeError(error)).toBe(text);
  });
  it('of the inputs counts and lists them', () => {
    const mistake = (input: string) => ({ input, problem: `${input} is wrong`, remedy: `mend ${input}.` });
    expect(new InputError([mistake('a')]).message).toBe(
      'One input is wrong; nothing was created.\n- a: a is wrong: mend a.',
    );
    const many = new InputError([mistake('a'), mistake('b')]);
    expect(many.message.split('\n')).toEqual([
      '2 inputs are wrong; nothing was created.',
      '- a: a is wrong: mend a.',
      '- b: b is wrong: mend b.',
    ]);
    expect(many.mistakes.map(({ input }) => input)).toEqual(['a', 'b']);
    expect(many.hint).toMatch(/run again/);
  });
  it('is told from others by its class', () => {
    expect(
      [new JobError('', ''), new InputError([]), new CancelledError('')].map((error) => [
        error instanceof ActionError,
        error.name,
      ]),
    ).toEqual([
      [true, 'JobError'],
      [true, 'InputError'],
      [true, 'CancelledError'],
    ]);
  });
});

describe('several causes at once', () => {
  it('are told each', () => {
    const error = new AggregateError([
      new Error('connect ECONNREFUSED ::1'),
      new Error('connect ECONNREFUSED 127.0.0.1'),
    ]);
    expect(describeError(error)).toContain('- connect ECONNREFUSED ::1\n- connect ECONNREFUSED 127.0.0.1');
  });
});

describe('a name that only begins like a secret', () => {
  it.each([
    ['TOKENIZER_NAME', []],
    ['NPMTOKEN', ['bert-base-uncased']],
    ['MY_TOKENS', ['bert-base-uncased']],
    ['INPUT_GITHUB-TOKEN', ['bert-base-uncased']],
    ['AWS_ACCESS_KEY_ID', ['bert-base-uncased']],
  ])('%s', (name, found) => {
    expect(secretsOf({ [name]: 'bert-base-uncased' })).toEqual(found);
  });
});
