/**
 * Which image a job runs in: one that is there, or one that is built from a Dockerfile and lies in ECR under a hash of all
 * that it is built from. An image that lies elsewhere than in ECR, which is where SageMaker takes images from, is built too,
 * from a Dockerfile of one line. Nothing is created here: provide.ts does that.
 */
import type { Clients } from './aws/clients.ts';
import { ecrLogin, findImage, imageDigest, type StoredImage } from './aws/registry.ts';
import { registryDigest } from './docker/digest.ts';
import type { BuildFiles } from './files/context.ts';
import { buildHash } from './task/build.ts';
import { type Dockerfile, needsBase, prepareDockerfile } from './task/dockerfile.ts';
import { ActionError } from './task/errors.ts';
import { imageUri } from './task/image.ts';
import { type Platform, platformOf } from './task/platform.ts';
import { ecrReference, parseReference } from './task/reference.ts';
import type { TaskSpec } from './task/spec.ts';
import type { HashedFile } from './task/sync.ts';

export type ImagePlan = GivenImage | BuiltImage;

interface GivenImage {
  readonly kind: 'given';
  readonly uri: string;
  /** What the fingerprint knows of it: its digest, or its URI where none is to be had. */
  readonly fact: string;
}

export interface BuiltImage {
  readonly kind: 'built';
  /** The hash of what it is built from: its tag. */
  readonly fact: string;
  readonly dockerfile: Dockerfile;
  readonly files: BuildFiles;
  readonly platform: Platform;
  /** Base image → its digest; undefined where none is to be had. */
  readonly bases: ReadonlyMap<string, string | undefined>;
  /** What ECR has under the hash. */
  readonly stored: StoredImage | undefined;
  /** The image that this is but a copy of. */
  readonly copyOf: string | undefined;
}

/** A Dockerfile of one line. */
const COPY: BuildFiles = {
  text: 'FROM __BASE_IMAGE__\n',
  file: undefined,
  context: undefined,
  ownIgnore: undefined,
  files: [],
  others: new Map(),
};

/** `build`: the Dockerfile and its context's files with their hashes; undefined without a Dockerfile. */
export async function planImage(
  clients: Clients,
  spec: TaskSpec,
  build: { readonly files: BuildFiles; readonly hashed: readonly HashedFile[] } | undefined,
  signal: AbortSignal,
): Promise<ImagePlan> {
  const { image } = spec.image;
  if (build !== undefined) return planBuild(clients, spec, build.files, build.hashed, undefined, signal);
  if (image !== undefined && !(await isInEcr(clients, spec, image, signal)))
    return planBuild(clients, spec, COPY, [], image, signal);
  const uri = imageUri(spec.image, spec.region, spec.instanceType);
  return { kind: 'given', uri, fact: (await imageDigest(clients, uri, signal)) ?? uri };
}

async function planBuild(
  clients: Clients,
  spec: TaskSpec,
  files: BuildFiles,
  hashed: readonly HashedFile[],
  copyOf: string | undefined,
  signal: AbortSignal,
): Promise<BuiltImage> {
  const base = needsBase(files.text) ? imageUri(spec.image, spec.region, spec.instanceType) : '';
  const dockerfile = prepareDockerfile(files.text, base, spec.buildArgs);
  const platform = platformOf(spec.instanceType);
  const digests = dockerfile.bases.map(async (each) => [each, await baseDigest(clients, each, signal)] as const);
  const bases = new Map(await Promise.all(digests));
  const { others } = files;
  const { buildArgs } = spec;
  const fact = buildHash({ dockerfile: dockerfile.text, files: hashed, others, buildArgs, bases, platform });
  const stored = await findImage(clients.ecr, spec.repository, fact, signal);
  return { kind: 'built', fact, dockerfile, files, platform, bases, stored, copyOf };
}

function baseDigest(clients: Clients, image: string, signal: AbortSignal): Promise<string | undefined> {
  return ecrReference(image) === undefined ? registryDigest(image, signal) : imageDigest(clients, image, signal);
}

/** By AWS's host names, else by where ECR says that it is. */
async function isInEcr(clients: Clients, { region }: TaskSpec, image: string, signal: AbortSignal): Promise<boolean> {
  if (ecrReference(image) !== undefined) return true;
  const registry = parseReference(image)?.registry;
  if (registry === undefined || registry === 'docker.io') return false;
  try {
    return (await ecrLogin(clients, region, signal)).registry === registry;
  } catch (error) {
    // Who may not ask ECR has no image there.
    if (!(error instanceof ActionError)) throw error;
    return false;
  }
}
