/**
 * Plans the job's image: an existing one in ECR, or one that the action builds from a Dockerfile and tags with a hash
 * of everything it is built from. SageMaker pulls images only from ECR, so an image outside ECR is copied: it is built
 * from a Dockerfile of one line. This file creates nothing; ensure.ts does.
 */

import { ecrLogin, findImage, imageDigest, otherHashTag, type StoredImage } from '../aws/ecr.ts';
import { together } from '../core/concurrency.ts';
import { ActionError } from '../core/errors.ts';
import { type EcrReference, ecrReference, parseReference } from '../core/image-reference.ts';
import { type ImagePlatform, imagePlatformOf } from '../core/instance-type.ts';
import type { HashedFile } from '../core/local-file.ts';
import { localImage } from '../docker/engine.ts';
import { registryDigest } from '../docker/registry-api.ts';
import { info, notice } from '../github/log.ts';
import type { Step } from '../step.ts';
import type { BuildFiles } from './build-files.ts';
import { imageUri, resolvedVersion } from './catalogue.ts';
import { imageHash } from './content-hash.ts';
import { type Dockerfile, needsBase, prepareDockerfile } from './dockerfile.ts';
import type { ImageSpec } from './spec.ts';

export type ImagePlan = ExistingImage | BuiltImage;

interface ExistingImage {
  readonly kind: 'existing';
  readonly uri: string;
  /** Its fact in the fingerprint: the digest, or the URI if the digest is unknown. */
  readonly identity: string;
}

export interface BuiltImage {
  readonly kind: 'built';
  /** The hash of everything it is built from: its tag in ECR, and its fact in the fingerprint. */
  readonly identity: string;
  readonly dockerfile: Dockerfile;
  readonly files: BuildFiles;
  readonly instanceType: string;
  readonly platform: ImagePlatform;
  /** Base image → its digest; undefined if the digest is unknown. */
  readonly bases: ReadonlyMap<string, string | undefined>;
  /** The image that ECR has under the hash. */
  readonly stored: StoredImage | undefined;
  /**
   * A second tag. It hashes base images by name instead of by digest, so that a runner without Docker finds this image
   * too. Only set when some digest came from the local engine.
   */
  readonly nameTag: string | undefined;
  /** The image outside ECR of which this is a copy. */
  readonly copiedFrom: string | undefined;
}

/** The Dockerfile with which an image is copied to ECR. */
const COPY: BuildFiles = {
  text: 'FROM __BASE_IMAGE__\n',
  file: undefined,
  context: undefined,
  ignore: { text: '', isOwn: false, hasAdditions: false },
  files: [],
  linksAndFolders: new Map(),
};

/** `build`: the Dockerfile and its context's files with their hashes; undefined without a Dockerfile. */
export async function planImage(
  step: Step,
  spec: ImageSpec,
  instanceType: string,
  build: { readonly files: BuildFiles; readonly hashed: readonly HashedFile[] } | undefined,
): Promise<ImagePlan> {
  if (build !== undefined) return planBuild(step, spec, instanceType, build.files, build.hashed, undefined);
  const uri = resolveImage(step, spec, instanceType);
  const reference = await inEcr(step, uri);
  if (reference === undefined) return planBuild(step, spec, instanceType, COPY, [], uri);
  return { kind: 'existing', uri, identity: (await imageDigest(step.aws, reference, step.signal)) ?? uri };
}

/** Says which image it is if the inputs leave that open. */
function resolveImage({ aws }: Step, { choice }: ImageSpec, instanceType: string): string {
  const resolved = resolvedVersion(choice, aws.region, instanceType);
  if (resolved !== undefined) info(resolved);
  return imageUri(choice, aws.region, instanceType);
}

async function planBuild(
  step: Step,
  spec: ImageSpec,
  instanceType: string,
  files: BuildFiles,
  hashed: readonly HashedFile[],
  copiedFrom: string | undefined,
): Promise<BuiltImage> {
  const { aws, signal } = step;
  const platform = imagePlatformOf(instanceType);
  const base = needsBase(files.text) ? (copiedFrom ?? resolveImage(step, spec, instanceType)) : '';
  const dockerfile = prepareDockerfile(files.text, base, spec.buildArgs, platform);
  if (dockerfile.problem !== undefined)
    notice(
      `The action could not read all of the Dockerfile (${dockerfile.problem}). Docker builds it all the same. Every file of the ` +
        'build context counts: if one changes, the image is built again. Base images that the action did not find count by the ' +
        "Dockerfile's text alone, not by their digests.",
    );
  const registryDigests = await digestsOf(step, dockerfile.bases, digestInRegistry);
  const digests = await digestsOf(
    step,
    dockerfile.bases,
    async (step, base) => registryDigests.get(base) ?? engineId(step, base),
  );
  for (const [base, digest] of digests) {
    if (digest === undefined)
      notice(
        `The digest of the base image ${base} could not be found. The image is built again only when this name changes, not ` +
          'when its tag moves to another image. To pin the image, write its digest into the Dockerfile (IMAGE@sha256:…).',
      );
  }
  const hash = (bases: ReadonlyMap<string, string | undefined>): string =>
    imageHash({
      ...{
        dockerfile: dockerfile.text,
        files: hashed,
        linksAndFolders: files.linksAndFolders,
        buildArgs: spec.buildArgs,
        bases,
      },
      platform,
    });
  const tag = hash(digests);
  const nameTag = hash(registryDigests);
  const stored = await findImage(aws, spec.repository, tag, signal);
  // A runner without Docker knows some bases only by name. An image with the name-based tag was built from the same
  // files, so its digest-based tag identifies it.
  const hasUnknownDigest = [...digests.values()].includes(undefined);
  const digestTag =
    hasUnknownDigest && stored && (await otherHashTag(aws, spec.repository, stored.digest, tag, signal));
  const built = { dockerfile, files, instanceType, platform, bases: digests, stored, copiedFrom };
  return { kind: 'built', identity: digestTag || tag, nameTag: nameTag === tag ? undefined : nameTag, ...built };
}

async function digestsOf(
  step: Step,
  bases: readonly string[],
  digestOf: (step: Step, base: string) => Promise<string | undefined>,
): Promise<ReadonlyMap<string, string | undefined>> {
  const pairs = await together(step.signal, (signal) =>
    bases.map(async (base) => [base, await digestOf({ ...step, signal }, base)] as const),
  );
  return new Map(pairs);
}

async function digestInRegistry(step: Step, image: string): Promise<string | undefined> {
  const reference = await inEcr(step, image);
  return reference === undefined
    ? registryDigest(step.network, image, step.signal)
    : imageDigest(step.aws, reference, step.signal);
}

/** The ID of the image in the runner's engine, from which a build would start. Undefined if the engine lacks it. */
async function engineId({ signal }: Step, image: string): Promise<string | undefined> {
  try {
    return (await localImage(image, { env: process.env, onLines: () => {}, signal }))?.id;
  } catch (error) {
    // The runner has no docker command.
    if (!(error instanceof ActionError)) throw error;
    return undefined;
  }
}

/**
 * The reference of an image in ECR, recognised by AWS's host names or by the address that ECR returns for its registry.
 */
async function inEcr({ aws, signal }: Step, image: string): Promise<EcrReference | undefined> {
  const byHost = ecrReference(image);
  const reference = parseReference(image);
  if (byHost !== undefined || reference === undefined || reference.registry === 'docker.io') return byHost;
  try {
    const { registry } = await ecrLogin(aws, aws.region, signal);
    return registry === reference.registry ? { ...reference, account: undefined, region: aws.region } : undefined;
  } catch (error) {
    // Credentials without access to ECR cannot have an image there.
    if (!(error instanceof ActionError)) throw error;
    return undefined;
  }
}
