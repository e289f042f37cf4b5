import { describe, expect, it } from 'vitest';
import { INPUTS, type InputName, type RawInputs, type RunContext, readSpec } from '../../src/task/spec.ts';

const CONTEXT: RunContext = {
  repository: 'org/my.repo',
  ref: 'refs/heads/main',
  sha: 'abc',
  runId: '1',
  pullRequest: undefined,
  region: 'eu-west-1',
};

function raw(given: Partial<Record<InputName, string>>): RawInputs {
  const empty = Object.fromEntries(INPUTS.map((name) => [name, ''])) as Record<InputName, string>;
  return { ...empty, task: 'train', entrypoint: 'w.py', ...given };
}

const mistakes = (given: Partial<Record<InputName, string>>, context = CONTEXT) =>
  readSpec(raw(given), context).mistakes;
const spec = (given: Partial<Record<InputName, string>>, context = CONTEXT) => readSpec(raw(given), context).spec;

describe('defaults', () => {
  it('are those of the contract', () => {
    expect(mistakes({})).toEqual([]);
    expect(spec({})).toMatchObject({
      project: 'my.repo',
      prefix: '',
      bucket: undefined,
      instanceType: 'ml.m5.large',
      instanceCount: 1,
      volumeSizeGb: 30,
      spot: true,
      maxRunSeconds: 86_400,
      maxWaitSeconds: 86_400,
      outputPath: 'sagemaker-output/train',
      download: new Set(['logs', 'model', 'output']),
      artifacts: new Set(['model', 'output']),
      region: 'eu-west-1',
    });
  });
  it('isolate a pull request', () => {
    const context = { ...CONTEXT, pullRequest: 12 };
    expect(spec({}, context).prefix).toBe('pr-12/');
    expect(spec({ prefix: '/' }, context).prefix).toBe('');
    expect(spec({ prefix: 'a/b' }, context).prefix).toBe('a/b/');
  });
  it('let an artifact imply its download', () => {
    expect(spec({ download: 'none', 'upload-artifacts': 'state' }).download).toEqual(new Set(['state']));
  });
  it('have no waiting on demand', () => {
    expect(spec({ spot: 'false' }).maxWaitSeconds).toBeUndefined();
  });
});

describe('mistakes', () => {
  it.each<[Partial<Record<InputName, string>>, InputName]>([
    [{ task: '' }, 'task'],
    [{ task: 'a/b' }, 'task'],
    [{ task: '..' }, 'task'],
    [{ project: 'a b' }, 'project'],
    [{ prefix: '../x' }, 'prefix'],
    [{ prefix: 'a//..' }, 'prefix'],
    [{ bucket: 'UPPER' }, 'bucket'],
    [{ bucket: 's3://x' }, 'bucket'],
    [{ entrypoint: '' }, 'entrypoint'],
    [{ entrypoint: 'w.txt' }, 'entrypoint'],
    [{ run: 'echo' }, 'run'],
    [{ arguments: "'open" }, 'arguments'],
    [{ hyperparameters: 'x' }, 'hyperparameters'],
    [{ hyperparameters: `k=${'x'.repeat(2499)}` }, 'hyperparameters'],
    [
      { hyperparameters: JSON.stringify(Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`k${at}`, 1]))) },
      'hyperparameters',
    ],
    [{ hyperparameters: 'sagemaker_program=x' }, 'hyperparameters'],
    [{ environment: '1A=x' }, 'environment'],
    [{ environment: `A=${'x'.repeat(513)}` }, 'environment'],
    [{ 'instance-type': 'm5.large' }, 'instance-type'],
    [{ 'instance-count': '0' }, 'instance-count'],
    [{ 'volume-size': 'big' }, 'volume-size'],
    [{ spot: 'maybe' }, 'spot'],
    [{ 'max-run-minutes': '0' }, 'max-run-minutes'],
    [{ 'max-run-minutes': '60', 'max-wait-minutes': '59' }, 'max-wait-minutes'],
    [{ spot: 'false', 'max-wait-minutes': '60' }, 'max-wait-minutes'],
    [{ 'execution-role': 'arn:aws:iam::1:user/x' }, 'execution-role'],
    [{ framework: 'cobol' }, 'framework'],
    [{ 'framework-version': '0.0' }, 'framework-version'],
    [{ 'python-version': '2.7' }, 'python-version'],
    [{ framework: 'sklearn', 'instance-type': 'ml.g5.xlarge' }, 'instance-type'],
    [{ image: 'x', framework: 'pytorch' }, 'framework'],
    [{ download: 'everything' }, 'download'],
    [{ 'upload-artifacts': 'logs, none' }, 'upload-artifacts'],
    [{ tags: 'aws:x=1' }, 'tags'],
    [{ tags: 'a=<b>' }, 'tags'],
    [{ 'aws-region': 'mars' }, 'aws-region'],
    [{ inputs: 'data=' }, 'inputs'],
    [{ inputs: 'ssm_code=./x' }, 'inputs'],
    [{ inputs: 'a b=./x' }, 'inputs'],
    [{ inputs: 'a=./x\na=./y' }, 'inputs'],
    [{ inputs: 'a=s3://B/x' }, 'inputs'],
    [{ inputs: 'a=./x File Pipe' }, 'inputs'],
    [{ inputs: 'a=./x ShardedByS3Key FullyReplicated' }, 'inputs'],
    [{ inputs: Array.from({ length: 20 }, (_, at) => `c${at}=./x`).join('\n') }, 'inputs'],
  ])('%j', (given, input) => {
    const found = mistakes(given);
    expect(found.map((mistake) => mistake.input)).toEqual([input]);
    expect(found[0]?.problem).toMatch(/\S\.$/);
    expect(found[0]?.remedy).toMatch(/\S\.$/);
  });

  it('are told all at once', () => {
    const given = { task: '', spot: 'x', 'instance-count': 'x', inputs: 'a=\nb=', hyperparameters: '{' };
    expect(
      mistakes(given)
        .map(({ input }) => input)
        .sort(),
    ).toEqual(['hyperparameters', 'inputs', 'inputs', 'instance-count', 'spot', 'task']);
  });

  it('name a missing region', () => {
    expect(mistakes({}, { ...CONTEXT, region: '' }).map(({ input }) => input)).toEqual(['aws-region']);
  });

  it('tell the likely cause of an empty source', () => {
    expect(mistakes({ inputs: 'model=' })[0]?.remedy).toContain('masked');
  });
});

describe('inputs', () => {
  it.each([
    [
      'data=./a b',
      { name: 'data', source: { kind: 'local', path: './a b' }, distribution: 'FullyReplicated', mode: 'File' },
    ],
    ['d=./x ShardedByS3Key', { distribution: 'ShardedByS3Key', mode: 'File' }],
    [
      'd=./x  FastFile  ShardedByS3Key',
      { distribution: 'ShardedByS3Key', mode: 'FastFile', source: { kind: 'local', path: './x' } },
    ],
    ['d=s3://bucket/a=b/c d Pipe', { mode: 'Pipe', source: { kind: 's3', uri: { bucket: 'bucket', key: 'a=b/c d' } } }],
    ['d=File', { source: { kind: 'local', path: 'File' } }],
    ['{"d": "./x FastFile"}', { name: 'd', mode: 'FastFile' }],
  ])('%s', (text, channel) => {
    expect(mistakes({ inputs: text })).toEqual([]);
    expect(spec({ inputs: text }).channels[0]).toMatchObject(channel);
  });
});
