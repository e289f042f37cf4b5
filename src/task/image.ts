/**
 * The image that a job runs in: one's own, or a pre-built one of AWS by framework, version, Python, processor and region.
 * The facts are in image-table.json, which scripts/image-table.py makes from the SageMaker Python SDK's.
 */
import type { Mistake } from './errors.ts';
import table from './image-table.json' with { type: 'json' };
import { dnsSuffix } from './partition.ts';
import { platformOf } from './platform.ts';

export interface ImageChoice {
  /** Any image's URI; the framework does not matter then. */
  readonly image: string | undefined;
  readonly framework: string;
  readonly frameworkVersion: string | undefined;
  readonly pythonVersion: string | undefined;
}

/** What AWS has an image for; a number is an index into IMAGES. */
type Processor = 'cpu' | 'gpu' | 'trn';

interface Version {
  readonly registry: number;
  readonly python: Readonly<Record<string, { readonly [processor in Processor]?: number }>>;
}

interface Framework {
  readonly default: string;
  readonly aliases: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, Version>>;
}

const FRAMEWORKS: Readonly<Record<string, Framework>> = table.frameworks;
const IMAGES: readonly string[] = table.images;
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
  const processor = processorOf(instanceType);
  // The SDK's name for PyTorch's images for Trainium.
  const name = choice.framework === 'pytorch' && processor === 'trn' ? 'pytorch-neuron' : choice.framework;
  const framework = Object.hasOwn(FRAMEWORKS, name) ? FRAMEWORKS[name] : undefined;
  if (framework === undefined) {
    const known = closestFirst(choice.framework, Object.keys(FRAMEWORKS));
    return mistake('framework', `"${choice.framework}" is not known.`, `Use ${list(known)}, or give an "image".`);
  }
  const asked = choice.frameworkVersion ?? framework.default;
  const full = Object.hasOwn(framework.aliases, asked) ? (framework.aliases[asked] ?? asked) : asked;
  const version = Object.hasOwn(framework.versions, full) ? framework.versions[full] : undefined;
  if (version === undefined) {
    const near = nearest(asked, Object.keys(framework.versions));
    return mistake('framework-version', `${name} has no version "${asked}".`, `Nearest are ${list(near)}.`);
  }
  const pythons = Object.keys(version.python);
  const python = pythonName(choice.pythonVersion) ?? pythons.at(-1) ?? '';
  const images = Object.hasOwn(version.python, python) ? version.python[python] : undefined;
  if (images === undefined) {
    const problem = `${name} ${asked} has no Python "${choice.pythonVersion}".`;
    return mistake('python-version', problem, `Use ${list(pythons)}.`);
  }
  const account = REGISTRIES[version.registry]?.[region];
  if (account === undefined) {
    const problem = `AWS has no ${name} ${asked} image in ${region}.`;
    return mistake('aws-region', problem, 'Use another region, or give an "image".');
  }
  if (platformOf(instanceType) === 'linux/arm64') {
    const problem = `AWS's ${name} images are for amd64, and ${instanceType} is arm64.`;
    return mistake(
      'instance-type',
      problem,
      'Use another instance type, an "image", or a "dockerfile" with a FROM of its own.',
    );
  }
  const image = images[processor];
  if (image === undefined) {
    const there = Object.keys(images).map((each) => PROCESSORS[each as Processor]);
    const problem = `AWS has no ${name} ${asked} image for the ${PROCESSORS[processor]} of ${instanceType}.`;
    return mistake(
      'instance-type',
      problem,
      `Use an instance type with ${list(there)}, another version, or an "image".`,
    );
  }
  const filled = (IMAGES[image] ?? '').replace('{v}', full).replace('{p}', processor).replace('{py}', python);
  return { kind: 'image', uri: `${account}.dkr.ecr.${region}.${dnsSuffix(region)}/${filled}` };
}

const PROCESSORS: Readonly<Record<Processor, string>> = { cpu: 'CPUs alone', gpu: 'GPUs', trn: 'Trainium' };

/** GPU families are g and p with a generation, Trainium's trn: https://aws.amazon.com/sagemaker/ai/pricing/ */
function processorOf(instanceType: string): Processor {
  if (/^ml\.trn\d/.test(instanceType)) return 'trn';
  return /^ml\.(g|gr|p)\d/.test(instanceType) ? 'gpu' : 'cpu';
}

/** Those first that are the given word but for a few letters. */
function closestFirst(word: string, known: readonly string[]): string[] {
  const distance = new Map(known.map((each) => [each, editDistance(word.toLowerCase(), each)]));
  const near = known.filter((each) => (distance.get(each) ?? 0) <= 2);
  return [...near, ...known.filter((each) => !near.includes(each))];
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
  }
  return row.at(-1) ?? 0;
}

/** `3.12`, `312` and `py312` are one. */
function pythonName(version: string | undefined): string | undefined {
  return version === undefined ? undefined : `py${version.replace(/^py/, '').replace('.', '')}`;
}

/** The versions closest in the order of versions: up to two before and two after. */
function nearest(asked: string, versions: readonly string[]): string[] {
  const sorted = [...new Set([...versions, asked])].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const at = sorted.indexOf(asked);
  const [before, after] = [sorted.slice(0, at), sorted.slice(at + 1)];
  const most = 4;
  const late = after.slice(0, Math.max(most / 2, most - before.length));
  return [...before.slice(late.length - most), ...late];
}

function list(words: readonly string[]): string {
  return words.join(', ');
}

function mistake(input: ImageMistake['input'], problem: string, remedy: string): Found {
  return { kind: 'mistake', mistake: { input, problem, remedy } };
}
