/** Names, images, requests, policies, states: what the action says to AWS and reads from it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { imageMistakes, imageUri } from '../../src/task/image.ts';
import { jobName, logsUrl, roleName } from '../../src/task/names.ts';
import { rolePolicies } from '../../src/task/policy.ts';
import { trainingJobRequest } from '../../src/task/request.ts';
import { INPUTS, type InputName, type RawInputs, readSpec } from '../../src/task/spec.ts';
import {
  type JobState,
  newTransitions,
  outcome,
  spotSavings,
  starts,
  type TrainingStatus,
} from '../../src/task/status.ts';

const CONTEXT = {
  repository: 'org/repo',
  ref: 'refs/heads/feature/ü<x>',
  sha: 'abc',
  runId: '17',
  pullRequest: undefined,
  region: 'us-east-1',
};

function request(given: Partial<Record<InputName, string>>) {
  const empty = Object.fromEntries(INPUTS.map((name) => [name, ''])) as Record<InputName, string>;
  const { spec, mistakes } = readSpec({ ...empty, task: 'train', entrypoint: 'w.py', ...given } as RawInputs, CONTEXT);
  expect(mistakes).toEqual([]);
  const staged = {
    job: 'job-1',
    bucket: 'bucket',
    roleArn: 'arn:aws:iam::1:role/r',
    imageUri: 'image',
    version: '1.0.0',
  };
  return trainingJobRequest(spec, staged, CONTEXT);
}

describe('job names', () => {
  const now = new Date('2026-02-03T04:05:06.789Z');
  it.each([
    ['project', 'train', 'project-train-20260203-040506-00ff'],
    ['my.repo', 'a_b--c', 'my-repo-a-b-c-20260203-040506-00ff'],
    ['p'.repeat(60), 't', `${'p'.repeat(42)}-20260203-040506-00ff`],
    ['日本', 't', 't-20260203-040506-00ff'],
  ])('%s %s', (project, task, name) => {
    expect(jobName(project, task, now, '00ff')).toBe(name);
  });
  it('fit SageMaker whatever project and task are', () => {
    const characters = 'aZ09._-';
    let seed = 42;
    const random = (): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed;
    };
    for (let round = 0; round < 500; round += 1) {
      const word = (): string =>
        `x${Array.from({ length: random() % 70 }, () => characters[random() % characters.length]).join('')}`;
      const name = jobName(word(), word(), now, '00ff');
      expect(name).toMatch(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/);
    }
  });
  it('give roles 64 characters at the most, no two projects the same', () => {
    const [a, b] = [roleName(`${'p'.repeat(80)}a`), roleName(`${'p'.repeat(80)}b`)];
    expect(Math.max(a.length, b.length)).toBeLessThanOrEqual(64);
    expect(a).not.toBe(b);
    expect(roleName('x')).toBe('SimpleSagemaker-x');
  });
  it('point to the console of the partition', () => {
    expect(logsUrl('cn-north-1', 'j')).toMatch(/^https:\/\/cn-north-1\.console\.amazonaws\.cn\//);
    expect(logsUrl('us-east-1', 'j')).toContain(
      'log-group/$252Faws$252Fsagemaker$252FTrainingJobs$3FlogStreamNameFilter$3Dj$2F',
    );
  });
});

describe('images', () => {
  const choice = (framework: string, frameworkVersion?: string, pythonVersion?: string) => ({
    image: undefined,
    framework,
    frameworkVersion,
    pythonVersion,
  });
  it.each([
    [
      choice('pytorch', '2.1'),
      'us-east-1',
      'ml.m5.large',
      '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.1.0-cpu-py310',
    ],
    [
      choice('pytorch', '2.1.0', '3.10'),
      'eu-south-1',
      'ml.g5.xlarge',
      '692866216735.dkr.ecr.eu-south-1.amazonaws.com/pytorch-training:2.1.0-gpu-py310',
    ],
    [
      choice('tensorflow', '2.13'),
      'cn-north-1',
      'ml.p3.2xlarge',
      '727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/tensorflow-training:2.13.0-gpu-py310',
    ],
    [
      choice('sklearn', '1.2-1'),
      'us-west-2',
      'ml.m5.large',
      '246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3',
    ],
    [
      choice('xgboost', '1.7-1'),
      'us-west-2',
      'ml.m5.large',
      '246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1',
    ],
  ])('%j in %s on %s', (given, region, type, uri) => {
    expect(imageUri(given, region, type)).toBe(uri);
  });
  it('name the nearest versions of one that is not there', () => {
    expect(imageMistakes(choice('pytorch', '2.2.9'), 'us-east-1', 'ml.m5.large')[0]?.remedy).toMatch(
      /2\.2\.0.*2\.3\.0/,
    );
  });
  it('say where a region has none', () => {
    expect(imageMistakes(choice('pytorch'), 'xx-nowhere-1', 'ml.m5.large')[0]?.input).toBe('aws-region');
  });
});

describe('the request', () => {
  it('is what the inputs say', () => {
    const inputs = 'data=./d ShardedByS3Key\next=s3://other/a/b.json FastFile';
    const made = request({
      inputs,
      hyperparameters: 'lr=0.1',
      environment: 'A=b',
      prefix: 'x',
      project: 'p',
      tags: 'Mine=1\nSimpleSagemakerTask=no',
    });
    const { AlgorithmSpecification: algorithm, Tags: tags, ...rest } = made;
    const channel = (ChannelName: string, S3Uri: string, S3DataDistributionType: string, InputMode: string) => ({
      ChannelName,
      InputMode,
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri, S3DataDistributionType } },
    });
    expect(rest).toEqual({
      TrainingJobName: 'job-1',
      RoleArn: 'arn:aws:iam::1:role/r',
      HyperParameters: { lr: '"0.1"' },
      Environment: { A: 'b' },
      InputDataConfig: [
        channel('data', 's3://bucket/x/p/train/input/data/', 'ShardedByS3Key', 'File'),
        channel('ext', 's3://other/a/b.json', 'FullyReplicated', 'FastFile'),
        channel('ssm_code', 's3://bucket/x/p/train/job-1/source/', 'FullyReplicated', 'File'),
      ],
      OutputDataConfig: { S3OutputPath: 's3://bucket/x/p/train' },
      CheckpointConfig: { S3Uri: 's3://bucket/x/p/train/state/', LocalPath: '/state' },
      ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 30 },
      EnableManagedSpotTraining: true,
      StoppingCondition: { MaxRuntimeInSeconds: 86_400, MaxWaitTimeInSeconds: 86_400 },
    });
    expect(algorithm).toMatchObject({ TrainingImage: 'image', TrainingInputMode: 'File' });
    const byKey = Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
    expect(byKey).toEqual({
      Mine: '1',
      SimpleSagemakerProject: 'x/p',
      SimpleSagemakerTask: 'train',
      SimpleSagemakerVersion: '1.0.0',
      SimpleSagemakerRepository: 'org/repo',
      SimpleSagemakerRef: 'refs/heads/feature/ü_x_',
      SimpleSagemakerSha: 'abc',
      SimpleSagemakerRun: '17',
    });
  });
  it('keeps the types of JSON hyperparameters', () => {
    const { HyperParameters: values } = request({ hyperparameters: '{"n": 5, "r": 1.0, "s": "x\\ny", "l": [1]}' });
    expect(values).toEqual({ n: '5', r: '1.0', s: '"x\\ny"', l: '[1]' });
  });
  it('has no waiting on demand', () => {
    expect(request({ spot: 'false' })).toMatchObject({
      EnableManagedSpotTraining: false,
      StoppingCondition: { MaxRuntimeInSeconds: 86_400 },
    });
    expect(request({ spot: 'false' }).StoppingCondition).not.toHaveProperty('MaxWaitTimeInSeconds');
  });

  describe('starts the launcher', () => {
    const [, , bootstrap = ''] = request({}).AlgorithmSpecification.ContainerEntrypoint;
    function start(prepare: (base: string) => void): { status: number | null; stdout: string; base: string } {
      const base = mkdtempSync(join(tmpdir(), 'base dir '));
      for (const folder of ['input/data/ssm_code', 'output']) mkdirSync(join(base, folder), { recursive: true });
      prepare(base);
      const { status, stdout } = spawnSync('sh', ['-c', bootstrap], {
        env: { PATH: process.env['PATH'], SAGEMAKER_BASE_DIR: base },
        encoding: 'utf8',
      });
      return { status, stdout, base };
    }
    it('by strings that SageMaker takes', () => {
      expect(bootstrap.length).toBeLessThanOrEqual(256);
    });
    it('from the archive, in the code folder', () => {
      const { status, stdout, base } = start((folder) => {
        mkdirSync(join(folder, 'x/task_toolkit'), { recursive: true });
        writeFileSync(join(folder, 'x/task_toolkit/launch.sh'), 'pwd; exit 7\n');
        execFileSync('tar', [
          '-czf',
          join(folder, 'input/data/ssm_code/sourcedir.tar.gz'),
          '-C',
          join(folder, 'x'),
          'task_toolkit',
        ]);
      });
      expect({ status, stdout }).toEqual({ status: 7, stdout: `${join(base, 'code')}\n` });
      rmSync(base, { recursive: true });
    });
    it('or says that it could not', () => {
      const { status, base } = start((folder) =>
        writeFileSync(join(folder, 'input/data/ssm_code/sourcedir.tar.gz'), 'no archive'),
      );
      expect(status).toBe(1);
      expect(readFileSync(join(base, 'output/failure'), 'utf8')).toContain('tar and gzip are needed');
      rmSync(base, { recursive: true });
    });
  });
});

describe('the role', () => {
  const grants = {
    region: 'us-east-1',
    account: '123456789012',
    bucket: 'b',
    prefix: '',
    project: 'p',
    inputs: [{ bucket: 'other', key: 'a/b' }],
  };
  it('may do little: its own folder, the inputs named, images, its logs and metrics', () => {
    const policies = rolePolicies(grants);
    const text = policies.map(({ document }) => document).join('');
    expect(text).not.toMatch(/FullAccess|"s3:\*"|"\*:\*"/);
    expect(text).toContain('"arn:aws:s3:::b/p/*"');
    expect(text).toContain('"arn:aws:s3:::other/a/b*"');
    expect(text).not.toContain('"arn:aws:s3:::b/*"');
    const [own] = policies;
    for (const statement of (
      JSON.parse(own?.document ?? '{}') as { Statement: { Condition: { StringEquals: object } }[] }
    ).Statement) {
      expect(statement.Condition.StringEquals).toEqual({ 'aws:ResourceAccount': '123456789012' });
    }
  });
  it('has one policy a grant, named by its content', () => {
    const names = (given: typeof grants): string[] => rolePolicies(given).map(({ name }) => name);
    expect(names(grants)).toEqual(names({ ...grants }));
    expect(new Set(names(grants)).size).toBe(5);
    expect(names({ ...grants, project: 'q' }).filter((name) => !names(grants).includes(name))).toHaveLength(1);
  });
  it('has one grant for all pull requests', () => {
    const of = (prefix: string): string | undefined => rolePolicies({ ...grants, prefix })[0]?.document;
    expect(of('pr-1/')).toBe(of('pr-22/'));
    expect(of('pr-1/')).toContain('"arn:aws:s3:::b/pr-*/p/*"');
    expect(of('pr-x/')).toContain('"arn:aws:s3:::b/pr-x/p/*"');
  });
});

describe('a state', () => {
  const state = (status: TrainingStatus, given: Partial<JobState> = {}): JobState => ({
    ...{
      status,
      secondaryStatus: '',
      transitions: [],
      failureReason: '',
      trainingSeconds: undefined,
      billableSeconds: undefined,
      arn: '',
    },
    ...given,
  });
  it.each([
    [state('Completed'), { kind: 'completed' }],
    [state('Failed', { failureReason: 'why' }), { kind: 'failed', reason: 'why' }],
    [
      state('Stopped', { secondaryStatus: 'MaxRuntimeExceeded' }),
      { kind: 'stopped', reason: 'it ran longer than max-run-minutes.' },
    ],
    [
      state('Stopped', { secondaryStatus: 'Stopped' }),
      { kind: 'stopped', reason: 'somebody or something stopped it.' },
    ],
  ])('%j', (given, expected) => {
    expect(outcome(given)).toMatchObject(expected);
  });
  it.each([
    [100, 30, 70],
    [100, 100, 0],
    [0, 0, undefined],
    [undefined, 30, undefined],
  ])('saves by spot: %s trained, %s billed', (trainingSeconds, billableSeconds, percent) => {
    expect(spotSavings(state('Completed', { trainingSeconds, billableSeconds }))).toBe(percent);
  });
  it('tells what is new of its life', () => {
    const at = (status: string, message = ''): JobState['transitions'][number] => ({ status, message, at: undefined });
    const before = state('InProgress', { transitions: [at('Starting', 'a')] });
    const now = state('InProgress', {
      transitions: [at('Starting', 'b'), at('Training'), at('Interrupted'), at('Training')],
    });
    expect(newTransitions(undefined, before).map(({ message }) => message)).toEqual(['a']);
    expect(newTransitions(before, now).map(({ status }) => status)).toEqual([
      'Starting',
      'Training',
      'Interrupted',
      'Training',
    ]);
    expect([starts(before), starts(now)]).toEqual([0, 2]);
  });
});
