/** The input `request`: what is merged into CreateTrainingJob, what is refused, and what the API would refuse. */
import { describe, expect, it } from 'vitest';
import { overrideMistakes, parseOverride } from '../../src/config/read-request.ts';
import { expression, requestProblems } from '../../src/job/check-request.ts';
import { bringsData, overrideFacts, type RequestOverride, withOverride } from '../../src/job/override.ts';
import model from '../../src/job/request-model.json' with { type: 'json' };
import { type Given, specOf } from '../given.ts';

const BASE = {
  TrainingJobName: 'p-t',
  InputDataConfig: [{ ChannelName: 'ssm_code', InputMode: 'File' }],
  ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 30 },
  StoppingCondition: { MaxRuntimeInSeconds: 60 },
  Tags: [{ Key: 'a', Value: '1' }],
  Environment: { A: '1' },
};

const merged = (text: string): unknown => withOverride(BASE, parseOverride(text));
const mistakes = (text: string, given: Given = {}): string[] => {
  const found = overrideMistakes(parseOverride(text), specOf(given));
  return found.map(({ problem, remedy }) => `${problem}: ${remedy}`);
};

describe('the override', () => {
  it.each<[string, string, object]>([
    ['a member', 'RetryStrategy: {MaximumRetryAttempts: 2}', { RetryStrategy: { MaximumRetryAttempts: 2 } }],
    ['JSON', '{"RetryStrategy": {"MaximumRetryAttempts": 2}}', { RetryStrategy: { MaximumRetryAttempts: 2 } }],
    [
      'a member of a member',
      'StoppingCondition:\n  MaxPendingTimeInSeconds: 7200',
      { StoppingCondition: { MaxRuntimeInSeconds: 60, MaxPendingTimeInSeconds: 7200 } },
    ],
    ['a variable', 'Environment: {B: "2"}', { Environment: { A: '1', B: '2' } }],
    [
      'a channel beside the others',
      'InputDataConfig: [{ChannelName: fsx, DataSource: {}}]',
      { InputDataConfig: [...BASE.InputDataConfig, { ChannelName: 'fsx', DataSource: {} }] },
    ],
    ['a tag of another name', 'Tags: [{Key: b, Value: "2"}]', { Tags: [...BASE.Tags, { Key: 'b', Value: '2' }] }],
    ['a tag of the same name', 'Tags: [{Key: a, Value: "2"}]', { Tags: [{ Key: 'a', Value: '2' }] }],
    [
      'instance groups, which take the place of type and count',
      'ResourceConfig: {InstanceGroups: [{InstanceType: ml.m5.large, InstanceCount: 1, InstanceGroupName: g}]}',
      {
        ResourceConfig: {
          VolumeSizeInGB: 30,
          InstanceGroups: [{ InstanceType: 'ml.m5.large', InstanceCount: 1, InstanceGroupName: 'g' }],
        },
      },
    ],
  ])('merges %s', (_, text, expected) => {
    expect(merged(text)).toMatchObject({ ...BASE, ...expected });
    expect((merged(text) as typeof BASE).TrainingJobName).toBe('p-t');
  });

  it.each<[string, string]>([
    ['TrainingJobName: x', 'TrainingJobName cannot be overridden: the action names its jobs'],
    ['RoleArn: x', 'use the input "execution-role"'],
    ['HyperParameters: {a: "1"}', 'use the input "hyperparameters"'],
    ['CheckpointConfig: {S3Uri: "s3://b/x"}', "the action keeps the task's state there"],
    ['AlgorithmSpecification: {TrainingImage: x}', 'use the input "image"'],
    ['AlgorithmSpecification: {ContainerEntrypoint: [sh]}', "the action's launcher starts the code"],
    ['OutputDataConfig: {S3OutputPath: "s3://b"}', 'the action finds the results there'],
    ['ResourceConfig: {InstanceCount: 4}', 'use the input "instance-count"'],
    ['InputDataConfig: [{ChannelName: ssm_code, DataSource: {}}]', 'which brings the code'],
    ['Tags: [{Key: SimpleSagemakerTask, Value: x}]', 'is reserved for the action or AWS'],
    ['Tags: [{Key: "aws:x", Value: x}]', 'is reserved for the action or AWS'],
    ['Tags: [{Key: a, Value: x}, {Key: a, Value: y}]', 'has two items with the Key "a"'],
    ['EnableManagedSpotTraining: false', 'use the input "spot"'],
    ['__proto__: {TrainingJobName: x}', '__proto__ is not a member'],
    ['OutputDataConfig: {__proto__: {CompressionType: NONE}}', '__proto__ is not a member'],
    [
      'ResourceConfig: {InstanceGroups: [{InstanceType: ml.m5.large, InstanceCount: 3, InstanceGroupName: g}]}',
      'has 3 instances, and "instance-count" is 1: set "instance-count" to 3.',
    ],
    [
      'ResourceConfig: {InstanceGroups: [{InstanceType: ml.c5.large, InstanceCount: 1, InstanceGroupName: g}]}',
      'has no instance of the type ml.m5.large',
    ],
  ])('refuses %s', (text, expected) => {
    const [first, ...others] = mistakes(text);
    expect(first).toContain(expected);
    expect(others).toEqual([]);
  });

  it('refuses groups beside a list of types, and checks the request of each attempt', () => {
    const given = { spot: 'prefer', 'instance-type': 'ml.m5.large,ml.m5.xlarge' };
    const groups =
      'ResourceConfig: {InstanceGroups: [{InstanceType: ml.m5.large, InstanceCount: 1, InstanceGroupName: g}]}';
    expect(mistakes(groups, given)).toEqual([
      'ResourceConfig.InstanceGroups names types, and "instance-type" is a list too: name one type there.',
    ]);
    expect(mistakes('RetryStrategy: {MaximumRetryAttempts: 2}', given)).toEqual([]);
    // SageMaker itself says whether it has a type.
    expect(mistakes('RetryStrategy: {MaximumRetryAttempts: 2}', { 'instance-type': 'ml.m5.large,ml.m5.huge' })).toEqual(
      [],
    );
  });

  it.each<[string, string]>([
    [
      'retryStrategy: {MaximumRetryAttempts: 2}',
      'retryStrategy is not a member of CreateTrainingJob: write RetryStrategy.',
    ],
    [
      'retry_strategy: {MaximumRetryAttempts: 2}',
      'retry_strategy is not a member of CreateTrainingJob: write RetryStrategy.',
    ],
    ['RetryStrategy: {}', 'RetryStrategy.MaximumRetryAttempts is missing: the API requires it.'],
    [
      'RetryStrategy: {MaximumRetryAttempts: "2"}',
      'RetryStrategy.MaximumRetryAttempts is not a number: write a whole number.',
    ],
    ['RetryStrategy: {MaximumRetryAttempts: 99}', 'RetryStrategy.MaximumRetryAttempts is 99: the API takes 1 to 30.'],
    ['constructor: {}', 'constructor is not a member of CreateTrainingJob'],
    ['toString: x', 'toString is not a member of CreateTrainingJob'],
    ['Tags: [team=ml]', 'is not an object'],
    ['Tags: [null]', 'is not an object'],
    ['RetryStrategy: 2', 'RetryStrategy is not an object: write an object with MaximumRetryAttempts.'],
    ['RetryStrategy: null', 'RetryStrategy is not an object'],
    ['RemoteDebugConfig: {EnableRemoteDebug: "true"}', 'EnableRemoteDebug is not a boolean: write true or false.'],
    ['Environment: {A: 1}', 'Environment.A is not a string: put it in quotes.'],
    ['Environment: {"1A": x}', 'is a name that has the value "1A"'],
    ['InputDataConfig: {a: b}', 'InputDataConfig is not a list: write a list.'],
    [
      'InputDataConfig: [{ChannelName: f, DataSource: {FileSystemDataSource: {FileSystemId: fs-1, FileSystemAccessMode: ro, FileSystemType: EFS, DirectoryPath: /}}}]',
      'InputDataConfig[1].DataSource.FileSystemDataSource.FileSystemId has 4 characters',
    ],
    [
      'ResourceConfig: {TrainingPlanArn: "arn:aws:s3:::x"}',
      'TrainingPlanArn has 14 characters: the API takes 50 to 2048 characters.',
    ],
  ])('finds what the API would refuse in %s', (text, expected) => {
    expect(mistakes(text)[0]).toContain(expected);
  });

  it.each<[string]>([
    ['ExperimentConfig: {ExperimentName: e, TrialName: t}'],
    ['DebugHookConfig: {S3OutputPath: "s3://b/debug"}'],
    ['ProfilerConfig: {DisableProfiler: true}'],
    ['RemoteDebugConfig: {EnableRemoteDebug: true}'],
    ['ResourceConfig: {TrainingPlanArn: "arn:aws:sagemaker:us-east-1:123456789012:training-plan/plan"}'],
    [
      'InputDataConfig: [{ChannelName: f, DataSource: {FileSystemDataSource: {FileSystemId: fs-0123456789abcdef0, FileSystemAccessMode: ro, FileSystemType: FSxLustre, DirectoryPath: /x}}}]',
    ],
    ['Tags: [{Key: team, Value: ml}]'],
    ['InputDataConfig: [{ChannelName: data, CompressionType: Gzip}]'],
    ['{}'],
  ])('takes %s', (text) => {
    expect(mistakes(text, { inputs: 'data=./data' })).toEqual([]);
  });

  it.each<[string, string]>([
    ['- a', 'the value is not an object'],
    ['Environment: &a {A: *a}', 'aliases that lead in a circle'],
    ['A: *hunter2', 'the value has aliases'],
    ['A: !x y', 'the value is not valid YAML (TAG_RESOLVE_FAILED in line 1)'],
    ['text', 'the value is not an object'],
    ['a: [', 'the value is not valid YAML'],
    ['a: 1\na: 2', 'the value is not valid YAML (DUPLICATE_KEY in line 2)'],
  ])('refuses the text %s', (text, problem) => {
    expect(() => parseOverride(text)).toThrow(problem);
  });

  it.each<[string, boolean]>([
    ['InputDataConfig: [{ChannelName: f, DataSource: {FileSystemDataSource: {}}}]', true],
    ['InputDataConfig: [{ChannelName: data, ShuffleConfig: {Seed: 1}}]', false],
    ['RetryStrategy: {MaximumRetryAttempts: 2}', false],
  ])('%s brings data that is not listed: %s', (text, expected) => {
    expect(bringsData(parseOverride(text))).toBe(expected);
  });

  it('may start an image of one’s own otherwise', () => {
    const given = { entrypoint: '', image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/a:1' };
    expect(mistakes('AlgorithmSpecification: {ContainerEntrypoint: [python, /a.py]}', given)).toEqual([]);
  });

  it('is in the fingerprint as far as it changes the results', () => {
    const facts = (text: string): RequestOverride => overrideFacts(parseOverride(text));
    expect(facts('RetryStrategy: {MaximumRetryAttempts: 2}\nTags: []\nStoppingCondition: {}')).toEqual({});
    expect(Object.keys(facts('Environment: {A: "1"}\nInputDataConfig: []'))).toEqual([
      'Environment',
      'InputDataConfig',
    ]);
    expect(facts('Environment: {A: "1", B: "2"}')).toEqual(facts('Environment: {B: "2", A: "1"}'));
    expect(facts('Environment: {A: "1"}')).not.toEqual(facts('Environment: {A: "2"}'));
    expect(overrideFacts(undefined)).toEqual({});
  });
});

describe('a variable of the override', () => {
  it('is none of the secrets', () => {
    const secrets = 'A=arn:aws:secretsmanager:eu-west-1:123456789012:secret:a';
    expect(mistakes('Environment: {A: x, B: y}', { secrets })).toEqual([
      'Environment.A is set by "secrets" too: remove one of the two.',
    ]);
    expect(mistakes('Environment: {B: y}', { secrets })).toEqual([]);
    expect(mistakes('Environment: {A: x}')).toEqual([]);
  });
});

describe('the model of the request', () => {
  const patterns = Object.values(model.shapes as Record<string, { pattern?: string }>).flatMap(
    ({ pattern }) => pattern ?? [],
  );

  it('has only expressions that JavaScript reads', () => {
    expect(patterns.length).toBeGreaterThan(20);
    for (const pattern of patterns) expect(() => expression(pattern)).not.toThrow();
  });

  it('names every member that is missing', () => {
    const missing = requestProblems({}).map(({ path }) => path);
    expect(missing).toEqual(expect.arrayContaining(['TrainingJobName', 'OutputDataConfig']));
  });
});
