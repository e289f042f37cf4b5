/**
 * The image that a job runs in: one's own, or a pre-built one of AWS by framework, version, Python, processor and region.
 * The facts are in image-table.json, which scripts/image-table.py makes from the SageMaker Python SDK's.
 */
import type { Mistake } from './errors.ts';
import table from './image-table.json' with { type: 'json' };

export interface ImageChoice {
  /** Any image's URI; the framework does not matter then. */
  readonly image: string | undefined;
  readonly framework: string;
  readonly frameworkVersion: string | undefined;
  readonly pythonVersion: string | undefined;
}

interface Version {
  readonly registry: number;
  readonly python: Readonly<Record<string, { readonly cpu?: string; readonly gpu?: string }>>;
}

interface Framework {
  readonly default: string;
  readonly aliases: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, Version>>;
}

const FRAMEWORKS: Readonly<Record<string, Framework>> = table.frameworks;
const REGISTRIES: readonly Readonly<Record<string, string>>[] = table.registries;

type Found =
  | { readonly kind: 'image'; readonly uri: string }
  | { readonly kind: 'mistake'; readonly mistake: ImageMistake };
type ImageMistake = Mistake & {
  readonly input: 'framework' | 'framework-version' | 'python-version' | 'aws-region' | 'instance-type';
};

/** The image's URI; throws where `imageMistakes` has something to say. */
export function imageUri(choice: ImageChoice, region: string, instanceType: string): string {
  if (choice.image !== undefined) return choice.image;
  const found = find(choice, region, instanceType);
  if (found.kind === 'mistake') throw new Error(found.mistake.problem);
  return found.uri;
}

/** What is wrong with the choice of a pre-built image; nothing when it is there. */
export function imageMistakes(choice: ImageChoice, region: string, instanceType: string): ImageMistake[] {
  const found = find(choice, region, instanceType);
  return found.kind === 'mistake' ? [found.mistake] : [];
}

function find(choice: ImageChoice, region: string, instanceType: string): Found {
  const framework = Object.hasOwn(FRAMEWORKS, choice.framework) ? FRAMEWORKS[choice.framework] : undefined;
  if (framework === undefined) {
    return mistake(
      'framework',
      `"${choice.framework}" is not known.`,
      `Use ${list(Object.keys(FRAMEWORKS))}, or give an "image".`,
    );
  }
  const asked = choice.frameworkVersion ?? framework.default;
  const version = framework.versions[framework.aliases[asked] ?? asked];
  if (version === undefined) {
    const near = nearest(asked, Object.keys(framework.versions));
    return mistake('framework-version', `${choice.framework} has no version "${asked}".`, `Nearest are ${list(near)}.`);
  }
  const pythons = Object.keys(version.python);
  const python = pythonName(choice.pythonVersion) ?? pythons.at(-1) ?? '';
  const images = version.python[python];
  if (images === undefined) {
    return mistake(
      'python-version',
      `${choice.framework} ${asked} has no Python "${choice.pythonVersion}".`,
      `Use ${list(pythons)}.`,
    );
  }
  const account = REGISTRIES[version.registry]?.[region];
  if (account === undefined) {
    return mistake(
      'aws-region',
      `AWS has no ${choice.framework} ${asked} image in ${region}.`,
      'Use another region, or give an "image".',
    );
  }
  const image = isGpu(instanceType) ? images.gpu : (images.cpu ?? images.gpu);
  if (image === undefined) {
    const remedy = 'Use a CPU instance type, another version, or give an "image".';
    return mistake(
      'instance-type',
      `AWS has no ${choice.framework} ${asked} image for the GPUs of ${instanceType}.`,
      remedy,
    );
  }
  return { kind: 'image', uri: `${account}.dkr.ecr.${region}.${dnsSuffix(region)}/${image}` };
}

/** GPU instance families are g and p with a generation: https://aws.amazon.com/sagemaker/ai/pricing/ */
function isGpu(instanceType: string): boolean {
  return /^ml\.[gp]\d/.test(instanceType);
}

function dnsSuffix(region: string): string {
  if (region.startsWith('cn-')) return 'amazonaws.com.cn';
  if (region.startsWith('us-iso-')) return 'c2s.ic.gov';
  if (region.startsWith('us-isob-')) return 'sc2s.sgov.gov';
  return 'amazonaws.com';
}

/** `3.12`, `312` and `py312` are one. */
function pythonName(version: string | undefined): string | undefined {
  return version === undefined ? undefined : `py${version.replace(/^py/, '').replace('.', '')}`;
}

/** The three versions closest in the order of versions. */
function nearest(asked: string, versions: readonly string[]): string[] {
  const sorted = [...new Set([...versions, asked])].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const at = sorted.indexOf(asked);
  return sorted
    .slice(Math.max(0, at - 2), at + 3)
    .filter((version) => version !== asked)
    .slice(0, 3);
}

function list(words: readonly string[]): string {
  return words.join(', ');
}

function mistake(input: ImageMistake['input'], problem: string, remedy: string): Found {
  return { kind: 'mistake', mistake: { input, problem, remedy } };
}
