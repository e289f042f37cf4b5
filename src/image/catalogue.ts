/**
 * Finds the pre-built image of AWS for a framework, version, Python, processor and region. The data is in
 * catalogue.json, which scripts/image-table.py generates from the SageMaker Python SDK.
 */

import { editDistance } from '../core/edit-distance.ts';
import type { Mistake } from '../core/errors.ts';
import { imagePlatformOf, type Processor, processorOf } from '../core/instance-type.ts';
import { dnsSuffix } from '../core/partition.ts';
import table from './catalogue.json' with { type: 'json' };
import type { ImageChoice } from './spec.ts';
import { matching, matchingPythons, newestFirst, pythonName, pythonVersion } from './versions.ts';

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
/** How many versions a message names. */
const MOST_NAMED = 5;
const REGISTRIES: readonly Readonly<Record<string, string>>[] = table.registries;

/** A pre-built image. */
interface Found {
  readonly kind: 'image';
  readonly uri: string;
  readonly framework: string;
  readonly version: string;
  /** `py312` */
  readonly python: string;
}

type Result = Found | { readonly kind: 'mistake'; readonly mistake: ImageMistake };
type ImageMistake = Mistake & {
  readonly input: 'framework' | 'framework-version' | 'python-version' | 'aws-region' | 'instance-type';
};

/** The URI of the user's image or of the pre-built one. Throws if `imageMistakes` returns a mistake. */
export function imageUri(choice: ImageChoice, region: string, instanceType: string): string {
  return choice.image ?? found(choice, region, instanceType).uri;
}

/** The mistakes in the choice of a pre-built image. None if there is one that all of the instance types run. */
export function imageMistakes(
  choice: ImageChoice,
  region: string,
  instanceTypes: readonly string[],
): readonly ImageMistake[] {
  const results = instanceTypes.map((type) => [type, find(choice, region, type)] as const);
  const mistakes = results.flatMap(([, result]) => (result.kind === 'mistake' ? [result.mistake] : []));
  const different = mistakes.filter(
    ({ problem }, at) => mistakes.findIndex((other) => other.problem === problem) === at,
  );
  return different.length > 0 ? different : oneImage(results);
}

/** All types must run the same image, because a task is the same on all of them. */
function oneImage(results: readonly (readonly [string, Result])[]): ImageMistake[] {
  const images = new Map<string, string[]>();
  for (const [type, result] of results) {
    const image = result.kind === 'image' ? (result.uri.split('/').at(-1) ?? '') : '';
    images.set(image, [...(images.get(image) ?? []), type]);
  }
  if (images.size <= 1) return [];
  const needs = [...images].map(([image, types]) => `${types.join(', ')}: ${image}`).join('; ');
  const remedy = 'use types of one kind, or set "image" to one that runs on all of them.';
  const problem = `the types do not have the same image (${needs})`;
  return [{ input: 'instance-type', problem, remedy }];
}

/**
 * Which image the beginning of a version means today, and how to keep it. Undefined if the inputs name versions in full, or
 * none.
 */
export function resolvedVersion(choice: ImageChoice, region: string, instanceType: string): string | undefined {
  if (choice.image !== undefined) return undefined;
  const { framework, version, python } = found(choice, region, instanceType);
  const given = [
    ['framework-version', choice.frameworkVersion, version],
    ['python-version', choice.pythonVersion, pythonVersion(python)],
  ] as const;
  const open = given.filter(([, asked, pin]) => asked !== undefined && asked !== pin && pythonName(asked) !== python);
  if (open.length === 0) return undefined;
  const asked = open.map(([input, text]) => `"${input}: ${text}"`).join(' and ');
  const pins = open.map(([input, , pin]) => `${input}: "${pin}"`).join(' and ');
  return `${framework} ${version} with Python ${pythonVersion(python)} is the newest image for ${asked}. To stay with it, set ${pins}.`;
}

function found(choice: ImageChoice, region: string, instanceType: string): Found {
  const result = find(choice, region, instanceType);
  if (result.kind === 'mistake') throw new Error(result.mistake.problem);
  return result;
}

function find(choice: ImageChoice, region: string, instanceType: string): Result {
  // The SDK has PyTorch's images for Trainium under this name.
  const isNeuron = choice.framework === 'pytorch' && processorOf(instanceType) === 'trn';
  const name = isNeuron ? 'pytorch-neuron' : choice.framework;
  const framework = Object.hasOwn(FRAMEWORKS, name) ? FRAMEWORKS[name] : undefined;
  if (framework === undefined) {
    const names = closestFirst(choice.framework, Object.keys(FRAMEWORKS));
    return mistake(
      'framework',
      `"${choice.framework}" is not a known framework`,
      `use ${list(names)}, or set "image".`,
    );
  }
  const requested = choice.frameworkVersion ?? framework.default;
  const versions = versionsOf(framework, requested);
  if (versions.length === 0) {
    const newest = newestFirst(Object.keys(framework.versions)).slice(0, MOST_NAMED);
    const remedy = `use one of the newest, ${list(newest)}, or the beginning of one.`;
    return mistake('framework-version', `${name} has no version "${requested}"`, remedy);
  }
  const results = versions.flatMap((version) => imagesOf(name, version, requested, choice, region, instanceType));
  const image = results.find(({ kind }) => kind === 'image') ?? results[0];
  if (image !== undefined) return image;
  const pythons = new Set(versions.flatMap((version) => Object.keys(framework.versions[version]?.python ?? {})));
  const problem = `the images of ${name} ${requested} have no Python "${choice.pythonVersion}"`;
  const quotes = choice.pythonVersion === '3.1' ? '; put 3.10 in quotes, or YAML reads it as 3.1' : '';
  return mistake('python-version', problem, `use ${list(newestFirst([...pythons]))}${quotes}.`);
}

/** The versions that a text means, newest first. The SDK has other names for some. */
function versionsOf({ versions, aliases }: Framework, requested: string): string[] {
  const found = matching(requested, Object.keys(versions));
  const alias = Object.hasOwn(aliases, requested) ? aliases[requested] : undefined;
  return found.length > 0 || alias === undefined ? found : [alias];
}

/** The image of a version for each Python that the input means, newest first, or the mistake if no image fits. */
function imagesOf(
  name: string,
  version: string,
  requested: string,
  choice: ImageChoice,
  region: string,
  instanceType: string,
): Result[] {
  const { python: pythons, registry } = FRAMEWORKS[name]?.versions[version] ?? { python: {}, registry: -1 };
  return matchingPythons(choice.pythonVersion, Object.keys(pythons)).map((python) => {
    const account = REGISTRIES[registry]?.[region];
    if (account === undefined) {
      const problem = `AWS has no image of ${name} ${requested} in ${region}`;
      return mistake('aws-region', problem, 'use another region, or set "image".');
    }
    if (imagePlatformOf(instanceType) === 'linux/arm64') {
      const problem = `AWS's images of ${name} are for amd64, but ${instanceType} has an arm64 processor`;
      return mistake(
        'instance-type',
        problem,
        'use another instance type, set "image", or set "dockerfile" to one with a base image of its own.',
      );
    }
    const processor = processorOf(instanceType);
    const images = pythons[python] ?? {};
    const image = images[processor];
    if (image === undefined) {
      const processors = Object.keys(images).map((each) => PROCESSORS[each as Processor]);
      const problem = `AWS has no image of ${name} ${requested} for ${instanceType}, an instance type with ${PROCESSORS[processor]}`;
      return mistake(
        'instance-type',
        problem,
        `use an instance type with ${list(processors)}, use another version, or set "image".`,
      );
    }
    const filled = (IMAGES[image] ?? '').replace('{v}', version).replace('{p}', processor).replace('{py}', python);
    const uri = `${account}.dkr.ecr.${region}.${dnsSuffix(region)}/${filled}`;
    return { kind: 'image', uri, framework: name, version, python };
  });
}

const PROCESSORS: Readonly<Record<Processor, string>> = { cpu: 'CPUs only', gpu: 'GPUs', trn: 'Trainium' };

/** Sorts the frameworks: first those that differ from the word by at most two letters. */
function closestFirst(word: string, names: readonly string[]): string[] {
  const distance = new Map(names.map((each) => [each, editDistance(word.toLowerCase(), each)]));
  const near = names.filter((each) => (distance.get(each) ?? 0) <= 2);
  return [...near, ...names.filter((each) => !near.includes(each))];
}

function list(words: readonly string[]): string {
  return words.join(', ');
}

function mistake(input: ImageMistake['input'], problem: string, remedy: string): Result {
  return { kind: 'mistake', mistake: { input, problem, remedy } };
}
