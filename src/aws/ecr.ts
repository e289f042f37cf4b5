/**
 * Calls ECR's API for repositories and images: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/Welcome.html
 * Docker itself pushes images; see docker/.
 */
import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  PutImageCommand,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr';
import { ActionError } from '../core/errors.ts';
import type { EcrReference } from '../core/image-reference.ts';
import type { Connection } from './connection.ts';
import { DOCKER_MANIFEST, dockerManifest } from './image-manifest.ts';
import { isAnswer, isServiceError, isTransient } from './service-errors.ts';

export interface Repository {
  readonly name: string;
  /** The prefix of its images' names. */
  readonly uri: string;
}

export interface StoredImage {
  readonly digest: string;
  readonly manifest: string;
  readonly mediaType: string;
}

/** The current digest of the image's tag. Undefined if ECR refuses to answer. */
export async function imageDigest(
  aws: Connection,
  { account: registryId, region, repository: repositoryName, tag: imageTag, digest }: EcrReference,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (digest !== undefined) return digest;
  try {
    const request = { registryId, repositoryName, imageIds: [{ imageTag }] };
    const { images = [] } = await aws
      .client(ECRClient, region)
      .send(new BatchGetImageCommand(request), { abortSignal: signal });
    return images[0]?.imageId?.imageDigest;
  } catch (error) {
    signal.throwIfAborted();
    // The credentials lack the permission, or the repository denies it. Then only the URI is known.
    if (isTransient(error) || !isAnswer(error)) throw error;
    return undefined;
  }
}

/** Undefined if the repository does not exist. */
export async function findRepository(
  aws: Connection,
  name: string,
  signal: AbortSignal,
): Promise<Repository | undefined> {
  try {
    const request = new DescribeRepositoriesCommand({ repositoryNames: [name] });
    const { repositories = [] } = await aws.client(ECRClient).send(request, { abortSignal: signal });
    const uri = repositories[0]?.repositoryUri;
    return uri === undefined ? undefined : { name, uri };
  } catch (error) {
    if (isServiceError(error, 'RepositoryNotFoundException')) return undefined;
    throw ecrError(error, name);
  }
}

/** ECR removes images without a tag after two weeks. */
const LIFECYCLE = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      description: 'Untagged images',
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
      action: { type: 'expire' },
    },
  ],
});

/**
 * Creates a private repository, encrypted with the connection's KMS key if there is one. ECR scans its images when they are
 * pushed. The encryption of a repository cannot be changed later:
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html
 */
export async function createRepository(aws: Connection, name: string, signal: AbortSignal): Promise<Repository> {
  try {
    const { kmsKey } = aws;
    const encryptionConfiguration = kmsKey === undefined ? undefined : ({ encryptionType: 'KMS', kmsKey } as const);
    const scan = { imageScanningConfiguration: { scanOnPush: true } };
    const request = { repositoryName: name, ...scan, encryptionConfiguration };
    const { repository } = await aws
      .client(ECRClient)
      .send(new CreateRepositoryCommand(request), { abortSignal: signal });
    if (repository?.repositoryUri === undefined) throw new Error('ECR answered without the URI of the repository.');
    return { name, uri: repository.repositoryUri };
  } catch (error) {
    // Another run created it a moment ago.
    const existing =
      isServiceError(error, 'RepositoryAlreadyExistsException') && (await findRepository(aws, name, signal));
    if (existing) return existing;
    throw ecrError(error, name);
  }
}

/** Sets the lifecycle policy that removes images without a tag. */
export async function putLifecycle(aws: Connection, repositoryName: string, signal: AbortSignal): Promise<void> {
  try {
    const policy = { repositoryName, lifecyclePolicyText: LIFECYCLE };
    await aws.client(ECRClient).send(new PutLifecyclePolicyCommand(policy), { abortSignal: signal });
  } catch (error) {
    throw ecrError(error, repositoryName);
  }
}

/** Undefined if the tag or the repository does not exist. */
export async function findImage(
  aws: Connection,
  repositoryName: string,
  imageTag: string,
  signal: AbortSignal,
): Promise<StoredImage | undefined> {
  try {
    const request = new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag }] });
    const { images: [image] = [] } = await aws.client(ECRClient).send(request, { abortSignal: signal });
    const { imageId, imageManifest: manifest, imageManifestMediaType: mediaType = '' } = image ?? {};
    if (imageId?.imageDigest === undefined || manifest === undefined) return undefined;
    return { digest: imageId.imageDigest, manifest, mediaType };
  } catch (error) {
    if (isServiceError(error, 'RepositoryNotFoundException')) return undefined;
    throw ecrError(error, repositoryName);
  }
}

/** Another tag of the image that is a hash, beside the hash `known`. Undefined if the image has no such tag. */
export async function otherHashTag(
  aws: Connection,
  repositoryName: string,
  imageDigest: string,
  known: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const request = new DescribeImagesCommand({ repositoryName, imageIds: [{ imageDigest }] });
    const { imageDetails: [image] = [] } = await aws.client(ECRClient).send(request, { abortSignal: signal });
    return image?.imageTags?.find((tag) => /^[0-9a-f]{64}$/.test(tag) && tag !== known);
  } catch (error) {
    signal.throwIfAborted();
    if (!isAnswer(error)) throw error;
    return undefined;
  }
}

/**
 * A tag of the image that was pushed last. Undefined if ECR has none or refuses to answer: it is used only as a cache.
 */
export async function newestTag(
  aws: Connection,
  repositoryName: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const newest = { at: 0, tag: undefined as string | undefined };
  let nextToken: string | undefined;
  try {
    do {
      const filter = { tagStatus: 'TAGGED' as const };
      const request = { repositoryName, filter, maxResults: 1000, ...(nextToken && { nextToken }) };
      const page = await aws.client(ECRClient).send(new DescribeImagesCommand(request), { abortSignal: signal });
      for (const { imagePushedAt, imageTags } of page.imageDetails ?? []) {
        const at = imagePushedAt?.getTime() ?? 0;
        if (at > newest.at && imageTags?.[0] !== undefined) Object.assign(newest, { at, tag: imageTags[0] });
      }
      ({ nextToken } = page);
    } while (nextToken !== undefined);
  } catch (error) {
    signal.throwIfAborted();
    if (!isAnswer(error)) throw error;
  }
  return newest.tag;
}

/** Tags the image. Throws an ActionError if another image has the tag and tags are immutable. */
export async function tagImage(
  aws: Connection,
  repositoryName: string,
  { manifest, mediaType }: Pick<StoredImage, 'manifest' | 'mediaType'>,
  imageTag: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    const request = { repositoryName, imageManifest: manifest, imageManifestMediaType: mediaType, imageTag };
    await aws.client(ECRClient).send(new PutImageCommand(request), { abortSignal: signal });
  } catch (error) {
    if (isServiceError(error, 'ImageAlreadyExistsException')) return;
    if (!isServiceError(error, 'ImageTagAlreadyExistsException')) throw ecrError(error, repositoryName);
    throw new ActionError(
      `Another image has the tag ${imageTag} in the ECR repository ${repositoryName}, whose tags are immutable.`,
      'Use another "image-tag", remove the input, or make the tags of the repository mutable.',
      { cause: error },
    );
  }
}

/**
 * Stores an image with OCI's media types again, with Docker's, under the same tag: SageMaker supports only Docker's.
 */
export async function asDockerImage(
  aws: Connection,
  repositoryName: string,
  image: StoredImage,
  imageTag: string,
  signal: AbortSignal,
): Promise<StoredImage> {
  const manifest = dockerManifest(image.manifest);
  if (manifest === undefined) return image;
  await tagImage(aws, repositoryName, { manifest, mediaType: DOCKER_MANIFEST }, imageTag, signal);
  return (await findImage(aws, repositoryName, imageTag, signal)) ?? image;
}

export interface EcrLogin {
  /** Host and port. */
  readonly registry: string;
  /** Base64 of `AWS:PASSWORD`: a secret. */
  readonly auth: string;
}

/** A login to all registries in a region that the credentials may use. It lasts 12 hours. */
export async function ecrLogin(aws: Connection, region: string, signal: AbortSignal): Promise<EcrLogin> {
  try {
    const { authorizationData: [data] = [] } = await aws
      .client(ECRClient, region)
      .send(new GetAuthorizationTokenCommand({}), {
        abortSignal: signal,
      });
    if (data?.authorizationToken === undefined || data.proxyEndpoint === undefined)
      throw new Error('ECR answered without a token.');
    return { registry: new URL(data.proxyEndpoint).host, auth: data.authorizationToken };
  } catch (error) {
    throw ecrError(error, undefined);
  }
}

function ecrError(error: unknown, repository: string | undefined): unknown {
  if (!isServiceError(error, 'AccessDeniedException', 'KmsException')) return error;
  return new ActionError(
    `ECR${repository === undefined ? '' : `, repository ${repository}`}: ${error.message}`,
    'Give the step\'s role the permissions for images that docs/aws.md lists, or set "image" to an image that ECR has already.',
    { cause: error },
  );
}
