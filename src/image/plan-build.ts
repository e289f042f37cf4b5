/** Plans an image that is built: reads its Dockerfile, finds the digests of its bases, and looks in ECR for its hash. */

import { findImage, imageDigest, otherHashTag } from '../aws/ecr.ts';
import { together } from '../core/concurrency.ts';
import { ActionError } from '../core/errors.ts';
import { imagePlatformOf } from '../core/instance-type.ts';
import type { HashedFile } from '../core/local-file.ts';
import { localImage } from '../docker/engine.ts';
import { registryDigest } from '../docker/registry-api.ts';
import { notice } from '../github/log.ts';
import type { Step } from '../step.ts';
import type { BuildFiles } from './build-files.ts';
import { imageHash } from './content-hash.ts';
import { needsBase, prepareDockerfile } from './dockerfile.ts';
import { inEcr, resolveImage } from './named-image.ts';
import type { BuiltImage } from './plan.ts';
import type { ImageSpec } from './spec.ts';

/** `hashed`: the files of the build's context. `copiedFrom`: the image outside ECR of which this is a copy. */
export async function planBuild(
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
