/**
 * Which image a job runs in: one that is there, or one that is built from a Dockerfile and lies in ECR under a hash of all
 * that it is built from. An image that lies elsewhere than in ECR, which is where SageMaker takes images from, is built too,
 * from a Dockerfile of one line. Nothing is created here: provide.ts does that.
 */
import type { Clients } from './aws/clients.ts';
import { ecrLogin, findImage, imageDigest, type StoredImage } from './aws/registry.ts';
import { registryDigest } from './docker/digest.ts';
import type { BuildFiles } from './files/context.ts';
import { notice } from './github/log.ts';
import { buildHash } from './task/build.ts';
import { type Dockerfile, needsBase, prepareDockerfile } from './task/dockerfile.ts';
import { ActionError } from './task/errors.ts';
import { imageUri } from './task/image.ts';
import { type Platform, platformOf } from './task/platform.ts';
import { type EcrReference, ecrReference, parseReference } from './task/reference.ts';
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
  if (build !== undefined) return planBuild(clients, spec, build.files, build.hashed, undefined, signal);
  const uri = imageUri(spec.image, spec.region, spec.instanceType);
  const reference = await inEcr(clients, spec, uri, signal);
  if (reference === undefined) return planBuild(clients, spec, COPY, [], uri, signal);
  return { kind: 'given', uri, fact: (await imageDigest(clients, reference, signal)) ?? uri };
}

async function planBuild(
  clients: Clients,
  spec: TaskSpec,
  files: BuildFiles,
  hashed: readonly HashedFile[],
  copyOf: string | undefined,
  signal: AbortSignal,
): Promise<BuiltImage> {
  if (files.files.some(({ path }) => path.startsWith('.git/')))
    notice(
      'The image copies .git, which is another in each checkout: it is built anew each time. Put .git into .dockerignore.',
    );
  const base = needsBase(files.text) ? imageUri(spec.image, spec.region, spec.instanceType) : '';
  const dockerfile = prepareDockerfile(files.text, base, spec.buildArgs);
  const platform = platformOf(spec.instanceType);
  const digests = dockerfile.bases.map(async (each) => [each, await digestOf(clients, spec, each, signal)] as const);
  const bases = new Map(await Promise.all(digests));
  const { others } = files;
  const { buildArgs } = spec;
  const fact = buildHash({ dockerfile: dockerfile.text, files: hashed, others, buildArgs, bases, platform });
  const stored = await findImage(clients.ecr, spec.repository, fact, signal);
  return { kind: 'built', fact, dockerfile, files, platform, bases, stored, copyOf };
}

async function digestOf(clients: Clients, spec: TaskSpec, image: string, signal: AbortSignal) {
  const reference = await inEcr(clients, spec, image, signal);
  return reference === undefined ? registryDigest(image, signal) : imageDigest(clients, reference, signal);
}

/** An image in ECR: by AWS's host names, else by where ECR says that it is. */
async function inEcr(
  clients: Clients,
  { region }: TaskSpec,
  image: string,
  signal: AbortSignal,
): Promise<EcrReference | undefined> {
  const byName = ecrReference(image);
  const reference = parseReference(image);
  if (byName !== undefined || reference === undefined || reference.registry === 'docker.io') return byName;
  try {
    const { registry } = await ecrLogin(clients, region, signal);
    return registry === reference.registry ? { ...reference, account: undefined, region } : undefined;
  } catch (error) {
    // Who may not ask ECR has no image there.
    if (!(error instanceof ActionError)) throw error;
    return undefined;
  }
}
