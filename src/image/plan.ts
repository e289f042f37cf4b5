/**
 * Plans the job's image: an existing one in ECR, or one that the action builds from a Dockerfile and tags with a hash
 * of everything it is built from. SageMaker pulls images only from ECR, so an image outside ECR is copied: it is built
 * from a Dockerfile of one line. This file creates nothing; ensure.ts does.
 */

import { imageDigest, type StoredImage } from '../aws/ecr.ts';
import type { ImagePlatform } from '../core/instance-type.ts';
import type { HashedFile } from '../core/local-file.ts';
import type { Step } from '../step.ts';
import type { BuildFiles } from './build-files.ts';
import type { Dockerfile } from './dockerfile.ts';
import { inEcr, resolveImage } from './named-image.ts';
import type { planBuild } from './plan-build.ts';
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
  if (build !== undefined) return (await builder())(step, spec, instanceType, build.files, build.hashed, undefined);
  const uri = resolveImage(step, spec, instanceType);
  const reference = await inEcr(step, uri);
  if (reference === undefined) return (await builder())(step, spec, instanceType, COPY, [], uri);
  return { kind: 'existing', uri, identity: (await imageDigest(step.aws, reference, step.signal)) ?? uri };
}

/** Loaded only if an image is built, because it brings the reader of Dockerfiles. */
async function builder(): Promise<typeof planBuild> {
  return (await import('./plan-build.ts')).planBuild;
}
