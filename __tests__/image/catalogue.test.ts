/** Pre-built images, and the table of facts behind them. */
import { describe, expect, it } from 'vitest';
import table from '../../src/image/catalogue.json' with { type: 'json' };
import { imageMistakes, imageUri, resolvedVersion } from '../../src/image/catalogue.ts';
import type { ImageChoice } from '../../src/image/spec.ts';
import { newestFirst } from '../../src/image/versions.ts';

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
    expect(imageMistakes(choice(given), region, [type])).toEqual([]);
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

describe('the beginning of a version', () => {
  /** framework, version, Python, instance type → the image. */
  it.each<[string, string, string | undefined, string, string]>([
    ['pytorch', '2', undefined, CPU, 'pytorch-training:2.8.0-cpu-py312'],
    ['pytorch', '2', undefined, GPU, 'pytorch-training:2.8.0-gpu-py312'],
    ['pytorch', '2.x', '3.x', CPU, 'pytorch-training:2.8.0-cpu-py312'],
    ['pytorch', '2', '3.11', CPU, 'pytorch-training:2.5.1-cpu-py311'],
    ['pytorch', '2', 'py310', CPU, 'pytorch-training:2.2.0-cpu-py310'],
    ['pytorch', '2.0', undefined, CPU, 'pytorch-training:2.0.1-cpu-py310'],
    ['pytorch', '2.0.0', undefined, CPU, 'pytorch-training:2.0.0-cpu-py310'],
    ['pytorch', '1', undefined, CPU, 'pytorch-training:1.13.1-cpu-py39'],
    ['pytorch', '1.1', undefined, CPU, 'sagemaker-pytorch:1.1.0-cpu-py3'],
    ['pytorch', '1.10', '3', CPU, 'pytorch-training:1.10.2-cpu-py38'],
    ['pytorch', '1', undefined, 'ml.trn1.2xlarge', 'pytorch-training-neuron:1.11.0-neuron-py38-sdk2.4.0-ubuntu20.04'],
    ['tensorflow', '2', undefined, CPU, 'tensorflow-training:2.19.0-cpu-py312'],
    ['tensorflow', '2.1', undefined, CPU, 'tensorflow-training:2.1.3-cpu-py3'],
    ['tensorflow', '2', '39', CPU, 'tensorflow-training:2.11.0-cpu-py39'],
    ['tensorflow', '2', '3', CPU, 'tensorflow-training:2.19.0-cpu-py312'],
    ['tensorflow', '1.15', undefined, CPU, 'tensorflow-training:1.15.5-cpu-py37'],
    ['sklearn', '1', undefined, CPU, 'sagemaker-scikit-learn:1.4-2-cpu-py3'],
    ['sklearn', '1.2', '3', CPU, 'sagemaker-scikit-learn:1.2-1-cpu-py3'],
    ['xgboost', '1', undefined, GPU, 'sagemaker-xgboost:1.7-1'],
    ['xgboost', '1.2', undefined, CPU, 'sagemaker-xgboost:1.2-2'],
    ['xgboost', '0.90', undefined, CPU, 'sagemaker-xgboost:0.90-2'],
    ['huggingface', '4.17', undefined, GPU, 'huggingface-pytorch-training:1.10.2-transformers4.17.0-gpu-py38-'],
    ['huggingface', '4.17.0-tensorflow', undefined, GPU, 'huggingface-tensorflow-training:2.6.3-transformers4.17.0-'],
    ['huggingface', '4.6.1', undefined, GPU, 'huggingface-pytorch-training:1.8.1-transformers4.6.1-'],
    ['huggingface', '4', undefined, GPU, 'huggingface-pytorch-training:2.8.0-transformers4.56.2-'],
    ['coach-mxnet', '0.11', undefined, CPU, 'sagemaker-rl-mxnet:coach0.11-cpu-py3'],
    ['pytorch-smp', '2.3.1', undefined, 'ml.p4d.24xlarge', 'smdistributed-modelparallel:2.5.0'],
  ])('of %s, "%s" with Python %s on %s is %s', (framework, frameworkVersion, pythonVersion, type, image) => {
    const uri = imageUri(choice({ framework, frameworkVersion, pythonVersion }), 'us-west-2', type);
    expect(uri.split('/')[1]).toContain(image);
  });

  it('is the newest that the region has', () => {
    const uri = imageUri(choice({ frameworkVersion: '2' }), 'us-iso-east-1', CPU);
    expect(uri).toMatch(/\.us-iso-east-1\.c2s\.ic\.gov\/pytorch-training:2\.3\.0-cpu-py311$/);
    expect(imageMistakes(choice({ frameworkVersion: '2' }), 'us-iso-east-1', [CPU])).toEqual([]);
    expect(imageMistakes(choice({ frameworkVersion: '2.8' }), 'us-iso-east-1', [CPU])).toMatchObject([
      { input: 'aws-region' },
    ]);
  });

  it.each<[Partial<ImageChoice>, readonly string[], RegExp | undefined]>([
    [{}, [CPU, 'ml.c5.xlarge', 'ml.r5d.large'], undefined],
    [{}, [GPU, 'ml.p3.2xlarge', 'ml.g6.xlarge'], undefined],
    [{ framework: 'xgboost' }, [CPU, GPU], undefined],
    [
      { frameworkVersion: '2.8' },
      [GPU, CPU, 'ml.g6.xlarge'],
      /\(ml\.g5\.xlarge, ml\.g6\.xlarge: pytorch-training:2\.8\.0-gpu-py312; ml\.m5\.large: pytorch-training:2\.8\.0-cpu-py312\)$/,
    ],
    [{}, [GPU, 'ml.trn1.2xlarge'], /-gpu-.*neuron/],
    [{ framework: 'sklearn' }, [CPU, GPU], /no image of sklearn .* for ml\.g5\.xlarge, an instance type with GPUs$/],
    [{}, [CPU, 'ml.p6e-gb200.36xlarge'], /ml\.p6e-gb200\.36xlarge has an arm64 processor/],
  ])('%j is the same for %j, or a mistake', (given, types, problem) => {
    const found = imageMistakes(choice(given), 'us-east-1', types);
    expect(found.map(({ input }) => input)).toEqual(problem === undefined ? [] : ['instance-type']);
    if (problem !== undefined) expect(found[0]?.problem).toMatch(problem);
  });

  it('has one mistake for all types, if it is not about the types', () => {
    expect(imageMistakes(choice({ framework: 'x' }), 'us-east-1', [CPU, GPU])).toHaveLength(1);
  });

  it('is told with what it means, and how to keep that', () => {
    const said = (frameworkVersion?: string, pythonVersion?: string): string | undefined =>
      resolvedVersion(choice({ frameworkVersion, pythonVersion }), 'us-east-1', CPU);
    expect(said('2')).toBe(
      'pytorch 2.8.0 with Python 3.12 is the newest image for "framework-version: 2". To stay with it, set framework-version: "2.8.0".',
    );
    expect(said('2.3', 'py3')).toBe(
      'pytorch 2.3.0 with Python 3.11 is the newest image for "framework-version: 2.3" and "python-version: py3". To stay with it, set framework-version: "2.3.0" and python-version: "3.11".',
    );
    expect(said(undefined, '3')).toContain('set python-version: "3.12".');
    for (const [version, python] of [[], ['2.8.0'], ['2.8.0', '3.12'], ['2.8.0', '312'], [undefined, 'py312']])
      expect(said(version, python)).toBeUndefined();
    const sklearn = { framework: 'sklearn', frameworkVersion: '1.4-2', pythonVersion: '3' };
    expect(resolvedVersion(choice(sklearn), 'us-east-1', CPU)).toBeUndefined();
    expect(resolvedVersion(choice({ image: 'x' }), 'us-east-1', CPU)).toBeUndefined();
  });

  it.each(Object.entries(table.frameworks))('has the order of %s’s versions', (_name, { versions }) => {
    const own = Object.keys(versions).filter((each) => !each.includes('tensorflow'));
    expect(newestFirst(own.toSorted())).toEqual(own.toReversed());
  });
});

describe('a mistake', () => {
  it.each<[Partial<ImageChoice>, string, string, string, RegExp]>([
    [{ framework: 'caffe' }, 'us-east-1', CPU, 'framework', /pytorch, tensorflow, huggingface, sklearn, xgboost/],
    [{ framework: 'PyTorhc' }, 'us-east-1', CPU, 'framework', /^use pytorch, /],
    [{ framework: 'scikit' }, 'us-east-1', CPU, 'framework', /sklearn/],
    [{ framework: 'constructor' }, 'us-east-1', CPU, 'framework', /pytorch/],
    [{ framework: '__proto__' }, 'us-east-1', CPU, 'framework', /pytorch/],
    [{ framework: '' }, 'us-east-1', CPU, 'framework', /pytorch/],
    ...['1.10.9', '99', '0.1', '2.5.99', '2.', '2.1.', '.', 'x', '2.x.x', 'latest'].map(
      (frameworkVersion): [Partial<ImageChoice>, string, string, string, RegExp] =>
        [
          ...[
            { frameworkVersion },
            'us-east-1',
            CPU,
            'framework-version',
            /newest, 2\.8\.0, 2\.7\.1, 2\.6\.0, 2\.5\.1, 2\.4\.0,/,
          ],
        ] as [Partial<ImageChoice>, string, string, string, RegExp],
    ),
    [
      { framework: 'tensorflow', frameworkVersion: '2.1.9' },
      'us-east-1',
      CPU,
      'framework-version',
      / 2\.19\.0, 2\.18\.0, /,
    ],
    [
      { framework: 'sklearn', frameworkVersion: '1.4-1' },
      'us-east-1',
      CPU,
      'framework-version',
      / 1\.4-2, 1\.2-1, 1\.0-1, /,
    ],
    [
      { framework: 'xgboost', frameworkVersion: '2' },
      'us-east-1',
      CPU,
      'framework-version',
      / 3\.0-5, 1\.7-1, 1\.5-1, /,
    ],
    [
      { frameworkVersion: '2', pythonVersion: '3.9' },
      'us-east-1',
      CPU,
      'python-version',
      /^use py312, py311, py310\.$/,
    ],
    [{ frameworkVersion: '2', pythonVersion: '3.1' }, 'us-east-1', CPU, 'python-version', /put 3\.10 in quotes/],
    [{ frameworkVersion: '2', pythonVersion: '3.1.x' }, 'us-east-1', CPU, 'python-version', /py312/],
    [{ framework: 'huggingface', frameworkVersion: '4' }, 'us-east-1', CPU, 'instance-type', /with GPUs/],
    [{ frameworkVersion: '2' }, 'xx-nowhere-1', CPU, 'aws-region', /another region/],
    [{ frameworkVersion: '2.8.0' }, 'us-east-1', 'ml.trn1.2xlarge', 'framework-version', /1\.11\.0/],
    [{ framework: 'huggingface' }, 'us-east-1', CPU, 'instance-type', /with GPUs/],
    [{ framework: 'pytorch-neuron' }, 'us-east-1', CPU, 'instance-type', /with Trainium/],
    [{ frameworkVersion: 'toString' }, 'us-east-1', CPU, 'framework-version', /2\.8\.0/],
    [{ frameworkVersion: '2.1', pythonVersion: '3.6' }, 'us-east-1', CPU, 'python-version', /py310/],
    [{}, 'xx-nowhere-1', CPU, 'aws-region', /another region/],
    [{ framework: 'sklearn', frameworkVersion: '1.2-1' }, 'us-east-1', GPU, 'instance-type', /with CPUs only/],
  ])('in %j, %s, %s is one of %s', (given, region, type, input, remedy) => {
    const found = imageMistakes(choice(given), region, [type]);
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
