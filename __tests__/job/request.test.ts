/** CreateTrainingJob's request, whole, and the command in it, run. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inputFolder } from '../../src/core/s3-layout.ts';
import { packArchive } from '../../src/files/tar.ts';
import { attemptsOf } from '../../src/job/attempts.ts';
import { requestProblems } from '../../src/job/check-request.ts';
import { type Staged, trainingJobRequest } from '../../src/job/request.ts';
import { CONTEXT, type Given, specOf } from '../given.ts';

const STAGED: Staged = {
  job: 'p-train-20260102-030405-0a1b',
  bucket: 'sagemaker-us-east-1-123456789012',
  region: 'us-east-1',
  roleArn: 'arn:aws:iam::123456789012:role/SimpleSagemaker-p',
  imageUri: 'registry/image:tag',
  version: '9.9.9',
  fingerprint: 'f0',
  channels: [],
  attempt: { instanceTypes: [], spot: true },
};

/** `at`: the number of the attempt. */
const request = (given: Given, context = CONTEXT, at = 0) => {
  const spec = specOf(given, context);
  const channels = spec.channels.map((channel) => {
    const own = { bucket: STAGED.bucket, key: inputFolder(spec.place, channel.name) };
    const uri = channel.source.kind === 's3' ? channel.source.uri : own;
    return { ...channel, files: undefined, uri, grant: uri, fact: undefined };
  });
  const attempt = attemptsOf(spec.resources)[at] ?? STAGED.attempt;
  return trainingJobRequest(spec, { ...STAGED, channels, attempt }, context);
};
const [shell, flag, bootstrap = ''] = request({}).AlgorithmSpecification.ContainerEntrypoint ?? [];

describe('the request', () => {
  it('of the least that can be given', () => {
    expect(request({ project: 'p' })).toEqual({
      TrainingJobName: 'p-train-20260102-030405-0a1b',
      RoleArn: 'arn:aws:iam::123456789012:role/SimpleSagemaker-p',
      AlgorithmSpecification: {
        TrainingImage: 'registry/image:tag',
        TrainingInputMode: 'File',
        ContainerEntrypoint: ['sh', '-c', bootstrap],
      },
      HyperParameters: {},
      Environment: {},
      InputDataConfig: [
        {
          ChannelName: 'ssm_code',
          InputMode: 'File',
          DataSource: {
            S3DataSource: {
              S3DataType: 'S3Prefix',
              S3Uri: 's3://sagemaker-us-east-1-123456789012/p/train/p-train-20260102-030405-0a1b/source/',
              S3DataDistributionType: 'FullyReplicated',
            },
          },
        },
      ],
      OutputDataConfig: { S3OutputPath: 's3://sagemaker-us-east-1-123456789012/p/train' },
      CheckpointConfig: { S3Uri: 's3://sagemaker-us-east-1-123456789012/p/train/state/', LocalPath: '/state' },
      ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 30 },
      EnableManagedSpotTraining: true,
      StoppingCondition: { MaxRuntimeInSeconds: 86_400, MaxWaitTimeInSeconds: 86_400 },
      Tags: [
        { Key: 'SimpleSagemakerProject', Value: 'p' },
        { Key: 'SimpleSagemakerTask', Value: 'train' },
        { Key: 'SimpleSagemakerVersion', Value: '9.9.9' },
        { Key: 'SimpleSagemakerRepository', Value: 'org/repo' },
        { Key: 'SimpleSagemakerRef', Value: 'refs/heads/main' },
        { Key: 'SimpleSagemakerSha', Value: '0123abc' },
        { Key: 'SimpleSagemakerRun', Value: '17' },
        { Key: 'SimpleSagemakerFingerprint', Value: 'f0' },
      ],
    });
  });

  it('on demand, with resources of its own', () => {
    const made = request({
      spot: 'false',
      'max-run-minutes': '5',
      'instance-type': 'ml.g5.xlarge',
      'instance-count': '3',
      'volume-size': '100',
    });
    expect(made.EnableManagedSpotTraining).toBe(false);
    expect(made.StoppingCondition).toEqual({ MaxRuntimeInSeconds: 300 });
    expect(made.ResourceConfig).toEqual({ InstanceType: 'ml.g5.xlarge', InstanceCount: 3, VolumeSizeInGB: 100 });
  });

  it('on demand, with several types', () => {
    const made = request({
      ...{ spot: 'false', 'instance-type': 'ml.g5.xlarge, ml.g6.xlarge', 'instance-count': '2' },
      'keep-alive-minutes': '5',
    });
    expect(made.EnableManagedSpotTraining).toBe(false);
    expect(made.StoppingCondition).toEqual({ MaxRuntimeInSeconds: 86_400 });
    expect(made.ResourceConfig).toEqual({
      InstancePreferences: [
        { InstanceType: 'ml.g5.xlarge', InstanceCount: 2 },
        { InstanceType: 'ml.g6.xlarge', InstanceCount: 2 },
      ],
      VolumeSizeInGB: 30,
      KeepAlivePeriodInSeconds: 300,
    });
    expect(requestProblems(made)).toEqual([]);
  });

  it('on spot first, then on demand: the attempts in their order', () => {
    const given: Given = { spot: 'prefer', 'instance-type': 'ml.m5.large\nml.c5.xlarge', 'kms-key': 'alias/k' };
    const [one, two, three] = [0, 1, 2].map((at) => request(given, CONTEXT, at));
    const common = { VolumeSizeInGB: 30, VolumeKmsKeyId: 'alias/k' };
    expect(one?.ResourceConfig).toEqual({ InstanceType: 'ml.m5.large', InstanceCount: 1, ...common });
    expect(two?.ResourceConfig).toEqual({ InstanceType: 'ml.c5.xlarge', InstanceCount: 1, ...common });
    for (const each of [one, two])
      expect(each).toMatchObject({
        EnableManagedSpotTraining: true,
        StoppingCondition: { MaxWaitTimeInSeconds: 86_400 },
      });
    expect(three).toMatchObject({
      EnableManagedSpotTraining: false,
      ResourceConfig: { InstancePreferences: [{ InstanceType: 'ml.m5.large' }, { InstanceType: 'ml.c5.xlarge' }] },
    });
    expect(three?.StoppingCondition).toEqual({ MaxRuntimeInSeconds: 86_400 });
  });

  it('on spot, with time to wait', () => {
    expect(request({ 'max-run-minutes': '5', 'max-wait-minutes': '7' }).StoppingCondition).toEqual({
      MaxRuntimeInSeconds: 300,
      MaxWaitTimeInSeconds: 420,
    });
  });

  it("in a network of one's own, encrypted, kept warm, with metrics", () => {
    const made = request({
      ...{ subnets: 'subnet-1', 'security-group-ids': 'sg-1\nsg-2', 'kms-key': 'alias/k', spot: 'false' },
      ...{ 'network-isolation': 'true', 'encrypt-inter-container-traffic': 'true', 'keep-alive-minutes': '10' },
      metrics: 'loss=loss: (.*)',
    });
    expect(made).toMatchObject({
      VpcConfig: { Subnets: ['subnet-1'], SecurityGroupIds: ['sg-1', 'sg-2'] },
      EnableNetworkIsolation: true,
      EnableInterContainerTrafficEncryption: true,
      OutputDataConfig: { KmsKeyId: 'alias/k' },
      ResourceConfig: { VolumeKmsKeyId: 'alias/k', KeepAlivePeriodInSeconds: 600 },
      AlgorithmSpecification: {
        MetricDefinitions: [{ Name: 'loss', Regex: 'loss: (.*)' }],
        EnableSageMakerMetricsTimeSeries: true,
      },
    });
    const plain = JSON.stringify(request({}));
    expect(plain).not.toMatch(/Kms|Vpc|Isolation|TrafficEncryption|KeepAlive|Metric/);
  });

  it.each<[string, boolean]>([
    ['ml.m5.large', true],
    ['ml.p3.16xlarge', true],
    ['ml.p2.xlarge', true],
    ['ml.c5n.18xlarge', true],
    ['ml.m5d.large', false],
    ['ml.r5d.large', false],
    ['ml.p3dn.24xlarge', false],
    ['ml.p4d.24xlarge', false],
    ['ml.p5.48xlarge', false],
    ['ml.g4dn.xlarge', false],
    ['ml.g5.xlarge', false],
    ['ml.g6e.xlarge', false],
    ['ml.trn1.2xlarge', false],
  ])('names the key for the volume of %s: %s', (type, named) => {
    const { ResourceConfig } = request({ 'kms-key': 'alias/k', 'instance-type': type });
    expect('VolumeKmsKeyId' in ResourceConfig).toBe(named);
  });

  it('leaves the start to the image where that is asked for', () => {
    const made = request({
      ...{ launcher: 'image', entrypoint: 'src/train.py', 'source-dir': 'src', hyperparameters: 'lr=0.1' },
      distribution: '{"torch_distributed": {"enabled": true}}',
    });
    expect(made.AlgorithmSpecification).not.toHaveProperty('ContainerEntrypoint');
    // SageMaker refuses an empty list.
    expect(made).not.toHaveProperty('InputDataConfig');
    expect(made.HyperParameters).toMatchObject({
      lr: '"0.1"',
      sagemaker_submit_directory: `"s3://${STAGED.bucket}/repo/train/${STAGED.job}/source/sourcedir.tar.gz"`,
      sagemaker_torch_distributed_enabled: 'true',
      sagemaker_instance_type: '"ml.m5.large"',
      sagemaker_job_name: `"${STAGED.job}"`,
      sagemaker_region: '"us-east-1"',
      sagemaker_container_log_level: '20',
    });
  });

  it('closes each folder of its own with a slash: a prefix matches siblings else', () => {
    const made = request({ inputs: 'a=./x', prefix: 'pre' });
    const uris = [
      made.CheckpointConfig.S3Uri,
      ...(made.InputDataConfig ?? []).map((each) => each.DataSource.S3DataSource.S3Uri),
    ];
    expect(uris).toHaveLength(3);
    for (const uri of uris)
      expect(uri).toMatch(/^s3:\/\/sagemaker-us-east-1-123456789012\/pre\/repo\/train\/.*[^/]\/$/);
  });

  it('names an input in S3 as it was given', () => {
    const uris = ['s3://abc', 's3://abc/a', 's3://abc/a/', 's3://abc/a b/ü.json'];
    const made = request({ inputs: uris.map((uri, at) => `c${at}=${uri}`).join('\n') });
    const found = (made.InputDataConfig ?? []).map((each) => each.DataSource.S3DataSource.S3Uri);
    expect(found.slice(0, -1)).toEqual(['s3://abc/', ...uris.slice(1)]);
  });

  it('gives each hyperparameter as a JSON text', () => {
    const made = request({
      hyperparameters: '{"s": "a\\"b", "n": 1.0, "t": true, "z": null, "m": {"b": 1, "a": [2]}}',
    });
    expect(made.HyperParameters).toEqual({ s: '"a\\"b"', n: '1.0', t: 'true', z: 'null', m: '{"a":[2],"b":1}' });
    expect(request({ hyperparameters: 'n=1.0\ne=' }).HyperParameters).toEqual({ n: '"1.0"', e: '""' });
  });

  it('takes no tag of a user for one of its own, and leaves out what is empty', () => {
    const tags = 'SimpleSagemakerTask=other\nmine=x\nSimpleSagemakerSha=kept';
    const made = request({ tags }, { ...CONTEXT, sha: '', ref: '' }).Tags;
    const of = (key: string): string[] => made.filter(({ Key }) => Key === key).map(({ Value }) => Value);
    expect([of('SimpleSagemakerTask'), of('mine'), of('SimpleSagemakerRef')]).toEqual([['train'], ['x'], []]);
    expect(new Set(made.map(({ Key }) => Key)).size).toBe(made.length);
  });

  it('has fifty tags at the most, each fit for SageMaker', () => {
    const tags = Array.from({ length: 41 }, (_, at) => `t${at}=v`).join('\n');
    const made = request({ tags, wait: 'false' }, { ...CONTEXT, ref: `refs/heads/${'<ü🚀>'.repeat(100)}` }).Tags;
    expect(made.length).toBe(50);
    for (const { Value } of made) expect(Value).toMatch(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$/u);
  });
});

describe('the command', () => {
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "ml base's "));
    mkdirSync(join(base, 'output'));
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  async function archive(files: Record<string, string>): Promise<Buffer> {
    return packArchive(
      [],
      Object.entries(files).map(([path, text]) => ({ path, text })),
    );
  }
  function run(code: Buffer | undefined, environment: Record<string, string> = {}) {
    const path = join(base, 'input/data/ssm_code/sourcedir.tar.gz');
    mkdirSync(dirname(path), { recursive: true });
    if (code !== undefined) writeFileSync(path, code);
    const env = { PATH: process.env['PATH'], SAGEMAKER_BASE_DIR: base, ...environment };
    const { status, stdout, signal } = spawnSync('sh', ['-c', bootstrap], { encoding: 'utf8', env, cwd: tmpdir() });
    return { status, stdout, signal };
  }

  it('is strings of 256 characters at the most', () => {
    expect([shell, flag]).toEqual(['sh', '-c']);
    expect(bootstrap.length).toBeLessThanOrEqual(256);
  });
  it('starts the launcher in the code folder, in whatever folder all lies', async () => {
    const code = await archive({
      'task_toolkit/launch.sh': 'echo "started in $PWD"; cat "it is.txt"',
      'it is.txt': 'here',
    });
    expect(run(code)).toMatchObject({ status: 0, stdout: `started in ${base}/code\nhere` });
    expect(existsSync(join(base, 'output/failure'))).toBe(false);
  });
  it.each([0, 1, 3, 255])("ends with the launcher's own exit code %s", async (exit) => {
    expect(run(await archive({ 'task_toolkit/launch.sh': `exit ${exit}` })).status).toBe(exit);
    expect(existsSync(join(base, 'output/failure'))).toBe(false);
  });
  it('becomes the launcher, so that signals reach it', async () => {
    expect(run(await archive({ 'task_toolkit/launch.sh': 'kill -s TERM $$' })).signal).toBe('SIGTERM');
  });
  it('hands its environment on', async () => {
    expect(run(await archive({ 'task_toolkit/launch.sh': 'printf %s "$MINE"' }), { MINE: 'a  b' }).stdout).toBe('a  b');
  });
  it.each<[string, () => Promise<Buffer | undefined>]>([
    ['there is no archive', async () => undefined],
    ['the archive is empty', async () => Buffer.alloc(0)],
    ['the archive is none', async () => Buffer.from('no archive')],
    [
      'the archive is cut off',
      async () =>
        (
          await archive({
            'task_toolkit/launch.sh': 'echo',
            big: String(Array.from({ length: 9999 }, (_, at) => Math.sin(at))),
          })
        ).subarray(0, 9999),
    ],
  ])('fails with a reason where %s', async (_what, code) => {
    expect(run(await code()).status).toBe(1);
    expect(readFileSync(join(base, 'output/failure'), 'utf8')).toContain('sh, tar and gzip are needed');
  });
  it('uses nothing but POSIX shell', () => {
    expect(() => execFileSync('sh', ['-n', '-c', bootstrap])).not.toThrow();
    expect(bootstrap).not.toMatch(/\[\[|\bsource\b|\blocal\b|<<<|pipefail/);
  });
});

describe('the request of an image that runs by its own entry point', () => {
  const own: Given = { entrypoint: '', image: 'x', inputs: 'd=s3://bucket/k' };
  it('has no entry point, no code and no arguments', () => {
    const { AlgorithmSpecification, InputDataConfig } = request(own);
    expect(AlgorithmSpecification).toEqual({ TrainingImage: 'registry/image:tag', TrainingInputMode: 'File' });
    expect(InputDataConfig?.map(({ ChannelName }) => ChannelName)).toEqual(['d']);
  });
  it('has its arguments word by word, and hyperparameters', () => {
    const { AlgorithmSpecification, HyperParameters } = request({
      ...own,
      arguments: "a 'b c'",
      hyperparameters: '{"lr": "0.1", "n": 3, "l": [1, "a"]}',
    });
    expect(AlgorithmSpecification).toMatchObject({ ContainerArguments: ['a', 'b c'] });
    expect(HyperParameters).toEqual({ lr: '0.1', n: '3', l: '[1,"a"]' });
  });
});
