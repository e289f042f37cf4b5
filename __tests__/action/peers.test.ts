/** Beside the SageMaker Python SDK: its requests, and its images. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { DescribeTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import table from '../../src/image/catalogue.json' with { type: 'json' };
import { imageUri } from '../../src/image/catalogue.ts';
import { StandIn } from './stand-in.ts';

const venvs = process.env['CLIENT_VENVS'] ?? '';
const here = join(import.meta.dirname, 'peers');
const REGIONS = { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' };

let aws: StandIn;
beforeAll(async () => {
  if (venvs === '') return;
  aws = await StandIn.start(['--time-scale', '0.01']);
}, 60_000);
afterAll(() => aws?.stop());

describe.skipIf(venvs === '')('launcher: image', () => {
  const base = {
    framework: 'pytorch',
    version: '2.1.0',
    python: 'py310',
    count: 2,
    type: 'ml.g5.12xlarge',
    channels: true,
  };
  const tensorflow = { framework: 'tensorflow', version: '2.13.0', python: 'py310' };
  const hyperparameters = { lr: 0.1, name: 'a b', flag: true, list: [1, 'x'] };
  const JOBS = [
    { distribution: undefined },
    { distribution: undefined, channels: false },
    { distribution: { torch_distributed: { enabled: true } }, version: '2.1.0', type: 'ml.p4d.24xlarge' },
    { distribution: { pytorchddp: { enabled: true } }, version: '1.13.1', python: 'py39', type: 'ml.p4d.24xlarge' },
    { distribution: { mpi: { enabled: true, processes_per_host: 4, custom_mpi_options: '-x A=1' } } },
    { distribution: { mpi: { enabled: true } }, ...tensorflow },
    { distribution: { parameter_server: { enabled: true } }, ...tensorflow },
    { distribution: { multi_worker_mirrored_strategy: { enabled: true } }, ...tensorflow },
    {
      distribution: { smdistributed: { dataparallel: { enabled: true, custom_mpi_options: '-v' } } },
      ...{ version: '1.13.1', python: 'py39', type: 'ml.p4d.24xlarge' },
    },
    {
      distribution: {
        smdistributed: { modelparallel: { enabled: true, parameters: { partitions: 2, microbatches: 4 } } },
        mpi: { enabled: true, processes_per_host: 8 },
      },
      ...{ version: '1.13.1', python: 'py39', type: 'ml.p3.16xlarge' },
    },
    { framework: 'huggingface', version: '4.28.1-pytorch2.0.0', python: 'py310', distribution: undefined },
    {
      ...{ framework: 'huggingface', version: '4.26.0-pytorch1.13.1', python: 'py39', type: 'ml.p4d.24xlarge' },
      distribution: { pytorchddp: { enabled: true } },
    },
    {
      ...{ framework: 'huggingface', version: '4.28.1-pytorch2.0.0', python: 'py310', type: 'ml.p4d.24xlarge' },
      distribution: { torch_distributed: { enabled: true } },
    },
    {
      ...{ framework: 'huggingface', version: '4.17.0-pytorch1.10.2', python: 'py38', type: 'ml.p3.16xlarge' },
      distribution: { smdistributed: { dataparallel: { enabled: true } } },
    },
    { framework: 'mxnet', version: '1.9.0', python: 'py38', distribution: { parameter_server: { enabled: true } } },
    { framework: 'mxnet', version: '1.9.0', python: 'py38', distribution: { mpi: { enabled: true } } },
  ].map((job) => ({ ...base, hyperparameters, ...job }));

  it("makes the request that the SDK's estimators make", async () => {
    const env = { ...aws.environment('/'), ...REGIONS, HOME: aws.folder };
    const python = join(venvs, 'sdk2', 'bin', 'python');
    const text = execFileSync(python, [join(here, 'sdk2_requests.py'), aws.bucket], {
      ...{ env, input: JSON.stringify(JOBS), encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 2 ** 26 },
    });
    const theirs = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as Sent[];
    expect(theirs).toHaveLength(JOBS.length);
    await aws.fault({ kind: 'no-capacity' });
    await aws
      .s3()
      .send(new CreateBucketCommand({ Bucket: aws.bucket }))
      .catch(() => {});
    await aws.s3().send(new PutObjectCommand({ Bucket: aws.bucket, Key: 'data/x', Body: 'x' }));
    for (const [index, job] of JOBS.entries()) {
      const step = aws.step(aws.workspace({ 'code/train.py': '' }), {
        ...{ task: `image-${index}`, launcher: 'image', 'source-dir': 'code', entrypoint: 'train.py' },
        ...{ framework: job.framework, 'framework-version': job.version, 'python-version': job.python },
        ...{ 'instance-count': String(job.count), 'instance-type': job.type, spot: 'false' },
        ...{
          hyperparameters: JSON.stringify(job.hyperparameters),
          inputs: job.channels ? `train=s3://${aws.bucket}/data/` : '',
        },
        ...{ distribution: job.distribution === undefined ? '' : JSON.stringify(job.distribution) },
        ...{ metrics: 'loss=loss=([0-9.]+)' },
      });
      await step.printed('Started project-image');
      const TrainingJobName = await aws.newestJob(`image-${index}`);
      const mine = (await aws.sagemaker().send(new DescribeTrainingJobCommand({ TrainingJobName }))) as unknown as Sent;
      step.kill('SIGINT');
      await step.done;
      expect(comparable(mine), JSON.stringify(job)).toEqual(comparable(theirs[index] as Sent));
    }
  });
});

describe.skipIf(venvs === '')('a pre-built image', () => {
  it("is the SDK's, for each version, Python and processor, each in another region, and in each region", () => {
    const seen = new Map<string, number>();
    const asked = Object.entries(table.frameworks as Record<string, Framework>).flatMap(([framework, { versions }]) =>
      Object.entries(versions).flatMap(([version, { registry, python }]) =>
        Object.entries(python).flatMap(([py, processors]) => {
          const regions = Object.keys(table.registries[registry] ?? {});
          return Object.keys(processors).flatMap((processor) => {
            const turn = seen.get(`${framework} ${registry}`) ?? 0;
            seen.set(`${framework} ${registry}`, turn + 1);
            // The registry's first image of a framework is asked for in all regions, the others in one each.
            return (turn === 0 ? regions : [regions[turn % regions.length] ?? '']).map(
              (region) => [framework, version, py, INSTANCES[processor] ?? '', region] as const,
            );
          });
        }),
      ),
    );
    expect(asked.length).toBeGreaterThan(500);
    const text = execFileSync(join(venvs, 'sdk2', 'bin', 'python'), [join(here, 'sdk2_images.py')], {
      ...{ input: JSON.stringify(asked), encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 2 ** 26 },
    });
    const theirs = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as (string | null)[];
    const ours = asked.map(([framework, frameworkVersion, pythonVersion, type, region]) =>
      imageUri({ image: undefined, framework, frameworkVersion, pythonVersion }, region, type),
    );
    expect(ours).toEqual(theirs);
  }, 600_000);
});

const INSTANCES: Readonly<Record<string, string>> = { cpu: 'ml.m5.large', gpu: 'ml.g5.xlarge', trn: 'ml.trn1.2xlarge' };

interface Framework {
  readonly versions: Record<string, { readonly registry: number; readonly python: Record<string, object> }>;
}

interface Sent {
  readonly AlgorithmSpecification: Record<string, unknown>;
  readonly HyperParameters: Record<string, string>;
  readonly InputDataConfig?: { readonly ChannelName: string; readonly DataSource: object }[];
  readonly ResourceConfig: object;
}

/** Without what a job has of its own: its name, its code's place. */
function comparable({ AlgorithmSpecification, HyperParameters, InputDataConfig, ResourceConfig }: Sent): object {
  const own = { sagemaker_submit_directory: 'own', sagemaker_job_name: 'own' };
  const values = Object.entries(HyperParameters).map(([key, text]) => [key, JSON.parse(text) as unknown]);
  return {
    image: AlgorithmSpecification['TrainingImage'],
    mode: AlgorithmSpecification['TrainingInputMode'],
    metrics: AlgorithmSpecification['MetricDefinitions'],
    hyperparameters: { ...Object.fromEntries(values), ...own },
    channels: InputDataConfig?.map(({ ChannelName, DataSource }) => ({ ChannelName, DataSource })),
    resources: ResourceConfig,
  };
}
