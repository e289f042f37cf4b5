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

/** A repository in Amazon ECR of some account and region. */
export interface EcrReference extends Reference {
  /** Undefined: that of the credentials. */
  readonly account: string | undefined;
  readonly region: string;
}

const HUB = 'docker.io';
const PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

/** Undefined for what is no image's name. */
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
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html, with the hosts for FIPS and for IPv6. A login goes
 * to such hosts, so their ends are AWS's own.
 */
export function ecrReference(image: string): EcrReference | undefined {
  const reference = parseReference(image);
  const host = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z]{2,}(?:-[a-z]+)+-\d+)\.(.+)$/;
  const [, account, region = '', suffix = ''] = host.exec(reference?.registry ?? '') ?? [];
  const own = [dnsSuffix(region), 'on.aws', 'on.amazonwebservices.com.cn'].includes(suffix);
  return reference && account && own ? { ...reference, account, region } : undefined;
}

/**
 * ECR's pattern: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
 * It takes 256 characters, but a TrainingImage has 255 with registry and tag.
 */
export const ECR_REPOSITORY = /^(?=.{2,128}$)(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** A project's repository: its name, made fit. */
export function repositoryName(project: string): string {
  const name = project
    .toLowerCase()
    .replace(/[._-]+/g, (run) => run[0] ?? '')
    .replace(/^[._-]+|[._-]+$/g, '');
  return name.length < 2 ? `project-${name}`.replace(/-$/, '') : name;
}
