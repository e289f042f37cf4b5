/** The inputs in the report: those that the workflow sets, without what may be secret. */
import { describe, expect, it } from 'vitest';
import { givenInputs } from '../../src/config/given-inputs.ts';
import { type Given, rawInputs } from '../given.ts';

const shown = (given: Given): Record<string, string> =>
  Object.fromEntries(givenInputs(rawInputs({ entrypoint: '', ...given })));

describe('the inputs', () => {
  it('are those that differ from their defaults, in the order of action.yml', () => {
    expect(shown({ spot: 'true', 'instance-count': '2', project: 'p', summary: 'true', run: '  ls\n' })).toEqual({
      project: 'p',
      task: 'train',
      run: 'ls',
      'instance-count': '2',
    });
    expect(Object.keys(shown({ 'instance-count': '2', project: 'p' }))).toEqual(['task', 'project', 'instance-count']);
  });
  it.each<[Given, string]>([
    [{ environment: 'A=1\n# note\n\nB=2=3' }, 'A=***\nB=***'],
    [{ environment: '{"A": "1"}' }, '***'],
    [{ environment: 'A: 1' }, '***'],
    [{ arguments: '--fast "a b"' }, '***'],
    [{ hyperparameters: 'lr=0.1\npassword=x\ntokenizer=bpe' }, 'lr=0.1\n***\ntokenizer=bpe'],
    [{ hyperparameters: '{"lr": 0.1,\n"password":\n"x"}' }, '***'],
    [{ hyperparameters: '{"lr": 0.1}' }, '{"lr": 0.1}'],
    [{ 'build-args': 'INDEX=https://u:p@host/\nA=1' }, '***\nA=1'],
    [{ dockerfile: 'FROM x\nENV API_KEY=abc\nRUN y' }, 'FROM x\n***\nRUN y'],
    [{ run: 'cat <<E\n-----BEGIN RSA PRIVATE KEY-----\nabc\nE' }, '***'],
    [{ request: 'Environment: {A: 1}' }, '***'],
    [{ request: 'RetryStrategy: {MaximumRetryAttempts: 2}' }, 'RetryStrategy: {MaximumRetryAttempts: 2}'],
    [{ run: 'x'.repeat(2_005) }, `${'x'.repeat(2_000)}… (5 characters more)`],
  ])('%j is shown as %j', (given, text) => {
    const [input = ''] = Object.keys(given);
    expect(shown(given)[input]).toBe(text);
  });
});
