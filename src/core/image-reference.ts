/**
 * Names of images: `[REGISTRY/]REPOSITORY[:TAG][@DIGEST]`, as Docker reads them:
 * https://github.com/distribution/reference/blob/main/normalize.go
 */

import { dnsSuffix } from './partition.ts';

export interface Reference {
  /** Host and port; Docker Hub is `docker.io`. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string | undefined;
}

/** An image in Amazon ECR. */
export interface EcrReference extends Reference {
  /** Undefined: the account of the credentials. */
  readonly account: string | undefined;
  readonly region: string;
}

const HUB = 'docker.io';
const PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

/** Undefined if the text is not a valid image name. */
export function parseReference(image: string): Reference | undefined {
  const [, name, tag, digest] = /^([^\s@]+?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image) ?? [];
  if (name === undefined) return undefined;
  const [first = '', ...rest] = name.split('/');
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  const registry = hasRegistry ? first : HUB;
  const path = hasRegistry ? rest.join('/') : name;
  const repository = registry === HUB && !path.includes('/') ? `library/${path}` : path;
  if (!repository.split('/').every((part) => PART.test(part))) return undefined;
  return { registry, repository, tag: tag ?? 'latest', digest };
}

/**
 * Undefined if the image is not in ECR. Hosts: https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html,
 * with those for FIPS and for IPv6. The step sends its login to such a host, so the host's domain must belong to AWS.
 */
export function ecrReference(image: string): EcrReference | undefined {
  const reference = parseReference(image);
  const host = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z]{2,}(?:-[a-z]+)+-\d+)\.(.+)$/;
  const [, account, region = '', suffix = ''] = host.exec(reference?.registry ?? '') ?? [];
  const dualStack = ['on.aws', 'on.amazonwebservices.com.cn', 'on.amazonwebservices.eu'];
  const isAws = [dnsSuffix(region), ...dualStack].includes(suffix);
  return reference && account && isAws ? { ...reference, account, region } : undefined;
}

/**
 * ECR's pattern: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
 * ECR allows 256 characters. This allows 128, because a TrainingImage has at most 255 with registry and tag.
 */
export const ECR_REPOSITORY = /^(?=.{2,128}$)(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** The default repository of a project: the project's name, changed where ECR does not allow it. */
export function repositoryName(project: string): string {
  const name = project
    .toLowerCase()
    .replace(/[._-]+/g, (run) => run[0] ?? '')
    .replace(/^[._-]+|[._-]+$/g, '');
  return name.length < 2 ? `project-${name}`.replace(/-$/, '') : name;
}
