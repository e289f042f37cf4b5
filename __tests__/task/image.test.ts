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
    [{ framework: 'caffe' }, 'us-east-1', CPU, 'framework', /pytorch, tensorflow, sklearn, xgboost/],
    [{ framework: 'constructor' }, 'us-east-1', CPU, 'framework', /pytorch/],
    [{ framework: '__proto__' }, 'us-east-1', CPU, 'framework', /pytorch/],
    [{ framework: '' }, 'us-east-1', CPU, 'framework', /pytorch/],
    [{ frameworkVersion: '1.10.9' }, 'us-east-1', CPU, 'framework-version', /1\.10\.2, 1\.11\.0/],
    [{ frameworkVersion: '99' }, 'us-east-1', CPU, 'framework-version', /2\.7\.1, 2\.8\.0/],
    [{ frameworkVersion: '0.1' }, 'us-east-1', CPU, 'framework-version', /1\.8\.0, 1\.8\.1/],
    [{ frameworkVersion: 'toString' }, 'us-east-1', CPU, 'framework-version', /2\.8\.0/],
    [{ frameworkVersion: '2.1', pythonVersion: '3.6' }, 'us-east-1', CPU, 'python-version', /py310/],
    [{}, 'xx-nowhere-1', CPU, 'aws-region', /another region/],
    [{ framework: 'sklearn', frameworkVersion: '1.2-1' }, 'us-east-1', GPU, 'instance-type', /CPU instance type/],
  ])('in %j, %s, %s is one of %s', (given, region, type, input, remedy) => {
    const found = imageMistakes(choice(given), region, type);
    expect(found.map((mistake) => mistake.input)).toEqual([input]);
    expect(found[0]?.remedy).toMatch(remedy);
    expect(() => imageUri(choice(given), region, type)).toThrow(found[0]?.problem);
  });
});

describe('the table', () => {
  it.each(Object.entries(table.frameworks))('has the default and the aliases of %s', (_name, facts) => {
    expect(Object.keys(facts.versions)).toEqual(
      expect.arrayContaining([facts.default, ...Object.values(facts.aliases)]),
    );
    for (const [alias, version] of Object.entries(facts.aliases)) expect(version.startsWith(`${alias}.`)).toBe(true);
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
    expect(registries[registry]?.['us-east-1']).toMatch(/^\d{12}$/);
    expect(Object.keys(python)).not.toEqual([]);
    for (const [name, images] of Object.entries(python)) {
      expect(name).toMatch(/^py3\d*$/);
      for (const processor of ['cpu', 'gpu'] as const) {
        const image = images[processor];
        if (image !== undefined) expect(image).toMatch(/^[a-z][a-z-]*:\d[\w.-]*$/);
      }
      expect(images.cpu ?? images.gpu).toContain(`:${version}`);
      expect(
        imageMistakes(choice({ framework, frameworkVersion: version, pythonVersion: name }), 'us-east-1', CPU),
      ).toEqual([]);
    }
  });

  it('lists the newest Python last: it is the default', () => {
    for (const [, , { python }] of versions) {
      const minors = Object.keys(python).map((name) => Number(name.slice(3) || '0'));
      expect(minors.toSorted((a, b) => a - b)).toEqual(minors);
    }
  });
});
