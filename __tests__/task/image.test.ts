/** Pre-built images, and the table of facts behind them. */
import { describe, expect, it } from 'vitest';
import { type ImageChoice, imageMistakes, imageUri } from '../../src/task/image.ts';
import table from '../../src/task/image-table.json' with { type: 'json' };

const CPU = 'ml.m5.large';
const GPU = 'ml.g5.xlarge';

interface Version {
  readonly registry: number;
  readonly python: Readonly<Record<string, { readonly cpu?: string; readonly gpu?: string }>>;
}

const registries: readonly Readonly<Record<string, string>>[] = table.registries;
const versions = Object.entries(table.frameworks).flatMap(([framework, facts]) =>
  Object.entries(facts.versions as Readonly<Record<string, Version>>).map(
    ([version, entry]) => [framework, version, entry] as const,
  ),
);

const choice = (given: Partial<ImageChoice> = {}): ImageChoice => ({
  image: undefined,
  framework: 'pytorch',
  frameworkVersion: undefined,
  pythonVersion: undefined,
  ...given,
});

describe('an image', () => {
  it.each<[Partial<ImageChoice>, string, string, string]>([
    [
      { frameworkVersion: '1.13.1' },
      'us-east-1',
      CPU,
      '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:1.13.1-cpu-py39',
    ],
    [
      { frameworkVersion: '1.13', pythonVersion: 'py39' },
      'eu-central-2',
      'ml.p3.2xlarge',
      '380420809688.dkr.ecr.eu-central-2.amazonaws.com/pytorch-training:1.13.1-gpu-py39',
    ],
    [
      { frameworkVersion: '2.0' },
      'cn-northwest-1',
      GPU,
      '727897471807.dkr.ecr.cn-northwest-1.amazonaws.com.cn/pytorch-training:2.0.1-gpu-py310',
    ],
    [
      { framework: 'tensorflow', frameworkVersion: '2.11' },
      'us-gov-west-1',
      CPU,
      '442386744353.dkr.ecr.us-gov-west-1.amazonaws.com/tensorflow-training:2.11.0-cpu-py39',
    ],
    [
      { framework: 'huggingface', frameworkVersion: '4.36' },
      'us-east-1',
      GPU,
      '763104351884.dkr.ecr.us-east-1.amazonaws.com/huggingface-pytorch-training:2.1.0-transformers4.36.0-gpu-py310-cu121-ubuntu20.04',
    ],
    [
      { framework: 'huggingface', frameworkVersion: '4.17.0-tensorflow2.6.3' },
      'us-east-1',
      GPU,
      '763104351884.dkr.ecr.us-east-1.amazonaws.com/huggingface-tensorflow-training:2.6.3-transformers4.17.0-gpu-py38-cu112-ubuntu20.04',
    ],
    [
      {},
      'us-east-1',
      'ml.trn1.32xlarge',
      '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training-neuron:1.11.0-neuron-py38-sdk2.4.0-ubuntu20.04',
    ],
    [
      { framework: 'mxnet', frameworkVersion: '1.9.0' },
      'us-iso-east-1',
      CPU,
      '886529160074.dkr.ecr.us-iso-east-1.c2s.ic.gov/mxnet-training:1.9.0-cpu-py38',
    ],
    [
      { framework: 'xgboost', frameworkVersion: '1.7-1' },
      'us-west-2',
      GPU,
      '246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1',
    ],
  ])('%j in %s on %s', (given, region, type, uri) => {
    expect(imageUri(choice(given), region, type)).toBe(uri);
    expect(imageMistakes(choice(given), region, type)).toEqual([]);
  });

  it("of one's own is as it is, anywhere", () => {
    const own = choice({ image: 'registry:5000/any@sha256:0' });
    expect(imageUri(own, 'xx-nowhere-1', GPU)).toBe('registry:5000/any@sha256:0');
  });

  it.each([
    'ml.g4dn.xlarge',
    'ml.g5.xlarge',
    'ml.g6e.xlarge',
    'ml.p2.xlarge',
    'ml.p3dn.24xlarge',
    'ml.p4de.24xlarge',
    'ml.p5.48xlarge',
  ])('on %s is for its GPU', (type) => {
    expect(imageUri(choice(), 'us-east-1', type)).toContain('-gpu-');
  });
  it.each(['ml.m5.large', 'ml.c5.xlarge', 'ml.t3.medium', 'ml.r5.large'])('on %s is for its CPU', (type) => {
    expect(imageUri(choice(), 'us-east-1', type)).toContain('-cpu-');
  });

  it.each(['3.10', 'py310', '310'])('for Python %s is the same', (pythonVersion) => {
    expect(imageUri(choice({ frameworkVersion: '2.1', pythonVersion }), 'us-east-1', CPU)).toMatch(
      /2\.1\.0-cpu-py310$/,
    );
  });
});

describe('a mistake', () => {
  it.each<[Partial<ImageChoice>, string, string, string, RegExp]>([
    [{ framework: 'caffe' }, 'us-east-1', CPU, 'framework', /pytorch, tensorflow, huggingface, sklearn, xgboost/],
    [{ framework: 'PyTorhc' }, 'us-east-1', CPU, 'framework', /^Use pytorch, /],
    [{ framework: 'scikit' }, 'us-east-1', CPU, 'framework', /sklearn/],
    [{ framework: 'constructor' }, 'us-east-1', CPU, 'framework', /pytorch/],
    [{ framework: '__proto__' }, 'us-east-1', CPU, 'framework', /pytorch/],
    [{ framework: '' }, 'us-east-1', CPU, 'framework', /pytorch/],
    [{ frameworkVersion: '1.10.9' }, 'us-east-1', CPU, 'framework-version', /1\.10\.2, 1\.11\.0/],
    [{ frameworkVersion: '99' }, 'us-east-1', CPU, 'framework-version', /2\.7\.1, 2\.8\.0/],
    [{ frameworkVersion: '0.1' }, 'us-east-1', CPU, 'framework-version', /0\.4\.0, 1\.0\.0/],
    [{ frameworkVersion: '2.5.99' }, 'us-east-1', CPU, 'framework-version', /2\.5\.1, 2\.6\.0/],
    [{ frameworkVersion: '2.8.0' }, 'us-east-1', 'ml.trn1.2xlarge', 'framework-version', /1\.11\.0/],
    [{ framework: 'huggingface' }, 'us-east-1', CPU, 'instance-type', /with GPUs/],
    [{ framework: 'pytorch-neuron' }, 'us-east-1', CPU, 'instance-type', /with Trainium/],
    [{ frameworkVersion: 'toString' }, 'us-east-1', CPU, 'framework-version', /2\.8\.0/],
    [{ frameworkVersion: '2.1', pythonVersion: '3.6' }, 'us-east-1', CPU, 'python-version', /py310/],
    [{}, 'xx-nowhere-1', CPU, 'aws-region', /another region/],
    [{ framework: 'sklearn', frameworkVersion: '1.2-1' }, 'us-east-1', GPU, 'instance-type', /with CPUs alone/],
  ])('in %j, %s, %s is one of %s', (given, region, type, input, remedy) => {
    const found = imageMistakes(choice(given), region, type);
    expect(found.map((mistake) => mistake.input)).toEqual([input]);
    expect(found[0]?.remedy).toMatch(remedy);
    expect(() => imageUri(choice(given), region, type)).toThrow(found[0]?.problem);
  });
});

const INSTANCES = { cpu: CPU, gpu: GPU, trn: 'ml.trn1.2xlarge' };

describe('the table', () => {
  it.each(Object.entries(table.frameworks))('has the default and the aliases of %s', (name, facts) => {
    expect(Object.keys(facts.versions)).toEqual(
      expect.arrayContaining([facts.default, ...Object.values(facts.aliases)]),
    );
    // Of pytorch-smp, the SDK's alias is PyTorch's version and its version that of the library.
    const aliases = name === 'pytorch-smp' ? {} : facts.aliases;
    for (const [alias, version] of Object.entries(aliases))
      expect(version).toMatch(new RegExp(`^${alias.replaceAll('.', '\\.')}[.-]`));
  });

  it('has an account of twelve digits for every region', () => {
    for (const registry of registries) {
      for (const [region, account] of Object.entries(registry)) {
        expect(region).toMatch(/^[a-z]{2,}(-[a-z]+)+-\d+$/);
        expect(account).toMatch(/^\d{12}$/);
      }
    }
  });

  it.each(versions)('has images of %s %s', (framework, version, { registry, python }) => {
    const [region = ''] = Object.keys(registries[registry] ?? {});
    expect(Object.keys(python)).not.toEqual([]);
    for (const [pythonVersion, images] of Object.entries(python)) {
      expect(pythonVersion).toMatch(/^py3\d*$/);
      expect(Object.keys(images)).not.toEqual([]);
      for (const processor of Object.keys(images) as (keyof typeof INSTANCES)[]) {
        const given = choice({ framework, frameworkVersion: version, pythonVersion });
        const uri = imageUri(given, region, INSTANCES[processor]);
        expect(uri).toMatch(/^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.[a-z.]+\/[a-z-]+:[\w.-]+$/);
        expect(uri).toContain(version.split('-')[0]);
      }
    }
  });
});
