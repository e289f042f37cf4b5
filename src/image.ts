/**
 * Which image a job runs in: one that is there, or one that is built from a Dockerfile and lies in ECR under a hash of all
 * that it is built from. An image that lies elsewhere than in ECR, which is where SageMaker takes images from, is built too,
 * from a Dockerfile of one line. Nothing is created here: provide.ts does that.
 */
import type { Clients } from './aws/clients.ts';
import { ecrLogin, findImage, hashTag, imageDigest, type StoredImage } from './aws/registry.ts';
import { registryDigest } from './docker/digest.ts';
import { localImage } from './docker/engine.ts';
import type { BuildFiles } from './files/context.ts';
import { MARKER } from './files/output.ts';
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
  /** The hash by base images' names, where the one above knows some by the runner's engine alone: a further tag. */
  readonly byName: string | undefined;
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
  warnOfMoving(files);
  const platform = platformOf(spec.instanceType);
  const base = needsBase(files.text) ? imageUri(spec.image, spec.region, spec.instanceType) : '';
  const dockerfile = prepareDockerfile(files.text, base, spec.buildArgs, platform);
  const told = await digests(dockerfile.bases, (base) => registeredDigest(clients, spec, base, signal));
  const known = await digests(dockerfile.bases, async (base) => told.get(base) ?? (await engineId(base, signal)));
  for (const [base, digest] of known) {
    if (digest === undefined)
      notice(`What ${base} is now cannot be told: it counts by its name, and a tag that moves goes unnoticed.`);
  }
  const hash = (bases: ReadonlyMap<string, string | undefined>): string =>
    buildHash({
      ...{ dockerfile: dockerfile.text, files: hashed, others: files.others, buildArgs: spec.buildArgs, bases },
      platform,
    });
  const own = hash(known);
  const byName = hash(told);
  const stored = await findImage(clients.ecr, spec.repository, own, signal);
  // A runner without an engine finds by name what one with an engine knew more of: it is the same.
  const isBlind = [...known.values()].includes(undefined);
  const other = isBlind && stored && (await hashTag(clients.ecr, spec.repository, stored.digest, own, signal));
  const fact = other || own;
  const further = byName === own ? undefined : byName;
  return { kind: 'built', fact, dockerfile, files, platform, bases: known, stored, byName: further, copyOf };
}

async function digests(
  bases: readonly string[],
  digestOf: (base: string) => Promise<string | undefined>,
): Promise<ReadonlyMap<string, string | undefined>> {
  return new Map(await Promise.all(bases.map(async (base) => [base, await digestOf(base)] as const)));
}

async function registeredDigest(
  clients: Clients,
  spec: TaskSpec,
  image: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const reference = await inEcr(clients, spec, image, signal);
  return reference === undefined ? registryDigest(image, signal) : imageDigest(clients, reference, signal);
}

/** The engine's id of an image that it has: such a one is what would be built on. */
async function engineId(image: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await localImage(image, { env: process.env, onLines: () => {}, signal }))?.id;
  } catch (error) {
    // Without a docker command there is none.
    if (!(error instanceof ActionError)) throw error;
    return undefined;
  }
}

/** Files that are others in each checkout or after each step have the image built anew. */
function warnOfMoving({ files }: BuildFiles): void {
  const moving = [
    ['.git', files.some(({ path }) => path.startsWith('.git/'))],
    ['sagemaker-output', files.some(({ path }) => path.split('/').at(-1) === MARKER)],
  ] as const;
  for (const [name, isThere] of moving)
    if (isThere) notice(`The image copies ${name}, and so is built anew each time. Put ${name} into .dockerignore.`);
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
