/**
 * Images and repositories in ECR: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/Welcome.html
 * What is pushed goes by Docker's own protocol, see docker/.
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
import { ActionError } from '../task/errors.ts';
import { DOCKER_MANIFEST, dockerManifest } from '../task/manifest.ts';
import type { EcrReference } from '../task/reference.ts';
import type { Clients } from './clients.ts';
import { isAnswer, isPassing, isServiceError } from './clients.ts';

export interface Repository {
  readonly name: string;
  /** What its images' names begin with. */
  readonly uri: string;
}

export interface StoredImage {
  readonly digest: string;
  readonly manifest: string;
  readonly mediaType: string;
}

/** What an image is, whatever its tag says tomorrow: its digest; undefined where it is not to be had. */
export async function imageDigest(
  clients: Clients,
  { account: registryId, region, repository: repositoryName, tag: imageTag, digest }: EcrReference,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (digest !== undefined) return digest;
  const client = new ECRClient({ ...clients.common, region });
  try {
    const request = { registryId, repositoryName, imageIds: [{ imageTag }] };
    const { images = [] } = await client.send(new BatchGetImageCommand(request), { abortSignal: signal });
    return images[0]?.imageId?.imageDigest;
  } catch (error) {
    signal.throwIfAborted();
    // Without the right to ask, or with a repository that does not answer for it, the URI is what there is.
    if (isPassing(error) || !isAnswer(error)) throw error;
    return undefined;
  } finally {
    client.destroy();
  }
}

/** Undefined for one that is not there. */
export async function findRepository(
  ecr: ECRClient,
  name: string,
  signal: AbortSignal,
): Promise<Repository | undefined> {
  try {
    const request = new DescribeRepositoriesCommand({ repositoryNames: [name] });
    const { repositories = [] } = await ecr.send(request, { abortSignal: signal });
    const uri = repositories[0]?.repositoryUri;
    return uri === undefined ? undefined : { name, uri };
  } catch (error) {
    if (isServiceError(error, 'RepositoryNotFoundException')) return undefined;
    throw ecrError(error, name);
  }
}

/** Images that lost their tag are removed after two weeks. */
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

/** A private repository whose images are scanned on push. */
export async function createRepository(ecr: ECRClient, name: string, signal: AbortSignal): Promise<Repository> {
  try {
    const request = { repositoryName: name, imageScanningConfiguration: { scanOnPush: true } };
    const { repository } = await ecr.send(new CreateRepositoryCommand(request), { abortSignal: signal });
    if (repository?.repositoryUri === undefined) throw new Error('ECR answered without the URI of the repository.');
    return { name, uri: repository.repositoryUri };
  } catch (error) {
    // Another run made it a moment ago.
    const other =
      isServiceError(error, 'RepositoryAlreadyExistsException') && (await findRepository(ecr, name, signal));
    if (other) return other;
    throw ecrError(error, name);
  }
}

/** Has images that lost their tag removed after two weeks. */
export async function putLifecycle(ecr: ECRClient, repositoryName: string, signal: AbortSignal): Promise<void> {
  try {
    const policy = { repositoryName, lifecyclePolicyText: LIFECYCLE };
    await ecr.send(new PutLifecyclePolicyCommand(policy), { abortSignal: signal });
  } catch (error) {
    throw ecrError(error, repositoryName);
  }
}

/** Undefined for a tag, or a repository, that is not there. */
export async function findImage(
  ecr: ECRClient,
  repositoryName: string,
  imageTag: string,
  signal: AbortSignal,
): Promise<StoredImage | undefined> {
  try {
    const request = new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag }] });
    const { images: [image] = [] } = await ecr.send(request, { abortSignal: signal });
    const { imageId, imageManifest: manifest, imageManifestMediaType: mediaType = '' } = image ?? {};
    if (imageId?.imageDigest === undefined || manifest === undefined) return undefined;
    return { digest: imageId.imageDigest, manifest, mediaType };
  } catch (error) {
    if (isServiceError(error, 'RepositoryNotFoundException')) return undefined;
    throw ecrError(error, repositoryName);
  }
}

/** Of an image that has the hash `than` as a tag the one by another hash, if it has. */
export async function hashTag(
  ecr: ECRClient,
  repositoryName: string,
  imageDigest: string,
  than: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const request = new DescribeImagesCommand({ repositoryName, imageIds: [{ imageDigest }] });
    const { imageDetails: [image] = [] } = await ecr.send(request, { abortSignal: signal });
    return image?.imageTags?.find((tag) => /^[0-9a-f]{64}$/.test(tag) && tag !== than);
  } catch (error) {
    signal.throwIfAborted();
    if (!isAnswer(error)) throw error;
    return undefined;
  }
}

/** A tag of the image that was pushed last; undefined where there is none, or it cannot be asked: it serves the cache alone. */
export async function newestTag(
  ecr: ECRClient,
  repositoryName: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const newest = { at: 0, tag: undefined as string | undefined };
  let nextToken: string | undefined;
  try {
    do {
      const filter = { tagStatus: 'TAGGED' as const };
      const request = { repositoryName, filter, maxResults: 1000, ...(nextToken && { nextToken }) };
      const page = await ecr.send(new DescribeImagesCommand(request), { abortSignal: signal });
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

/** Gives the image a tag. Throws an ActionError where the tag is another's and may not be moved. */
export async function tagImage(
  ecr: ECRClient,
  repositoryName: string,
  { manifest, mediaType }: Pick<StoredImage, 'manifest' | 'mediaType'>,
  imageTag: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    const request = { repositoryName, imageManifest: manifest, imageManifestMediaType: mediaType, imageTag };
    await ecr.send(new PutImageCommand(request), { abortSignal: signal });
  } catch (error) {
    if (isServiceError(error, 'ImageAlreadyExistsException')) return;
    if (!isServiceError(error, 'ImageTagAlreadyExistsException')) throw ecrError(error, repositoryName);
    throw new ActionError(
      `The tag ${imageTag} of the ECR repository ${repositoryName} is another image's, and the repository's tags are immutable.`,
      'Give another "image-tag", leave it out, or make the repository\'s tags mutable.',
      { cause: error },
    );
  }
}

/** SageMaker takes Docker's media types alone: an image that was pushed in OCI's is put once more, under the same tag. */
export async function asDockerImage(
  ecr: ECRClient,
  repositoryName: string,
  image: StoredImage,
  imageTag: string,
  signal: AbortSignal,
): Promise<StoredImage> {
  const manifest = dockerManifest(image.manifest);
  if (manifest === undefined) return image;
  await tagImage(ecr, repositoryName, { manifest, mediaType: DOCKER_MANIFEST }, imageTag, signal);
  return (await findImage(ecr, repositoryName, imageTag, signal)) ?? image;
}

export interface EcrLogin {
  /** Host and port. */
  readonly registry: string;
  /** Base64 of `AWS:PASSWORD`; a secret, as the password is. */
  readonly auth: string;
}

/** A login to all the registries of a region that the credentials may use; for 12 hours. */
export async function ecrLogin(clients: Clients, region: string, signal: AbortSignal): Promise<EcrLogin> {
  const client = new ECRClient({ ...clients.common, region });
  try {
    const { authorizationData: [data] = [] } = await client.send(new GetAuthorizationTokenCommand({}), {
      abortSignal: signal,
    });
    if (data?.authorizationToken === undefined || data.proxyEndpoint === undefined)
      throw new Error('ECR answered without a token.');
    return { registry: new URL(data.proxyEndpoint).host, auth: data.authorizationToken };
  } catch (error) {
    throw ecrError(error, undefined);
  } finally {
    client.destroy();
  }
}

function ecrError(error: unknown, repository: string | undefined): unknown {
  if (!isServiceError(error, 'AccessDeniedException')) return error;
  return new ActionError(
    `ECR${repository === undefined ? '' : `, repository ${repository}`}: ${error.message}`,
    'Allow the step\'s role what images need: docs/aws.md lists it under "Images". Or give an image that lies in ECR as "image".',
    { cause: error },
  );
}
