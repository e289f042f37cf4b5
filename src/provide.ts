/** Brings the image that was planned to ECR: built, pushed and tagged, as far as that is not done. */
import type { Clients } from './aws/clients.ts';
import {
  asDockerImage,
  createRepository,
  ecrLogin,
  findImage,
  findRepository,
  newestTag,
  putLifecycle,
  type Repository,
  type StoredImage,
  tagImage,
} from './aws/registry.ts';
import { buildImage, pullImage, pushImage } from './docker/build.ts';
import type { Docker } from './docker/command.ts';
import { type Engine, findEngine, localImage } from './docker/engine.ts';
import { configure, type Login } from './docker/login.ts';
import { shownFile } from './files/context.ts';
import { annotateLines, info, printForeign, warning } from './github/log.ts';
import type { BuiltImage, ImagePlan } from './image.ts';
import { BuildError, failedAt } from './task/build.ts';
import { givenLines, instructionLines, type Lines } from './task/dockerfile.ts';
import { ActionError, describeError } from './task/errors.ts';
import { ecrReference } from './task/reference.ts';
import type { TaskSpec } from './task/spec.ts';

/** Surroundings of a build. */
export interface Builder {
  readonly clients: Clients;
  readonly spec: TaskSpec;
  readonly workspace: string;
  readonly redact: (text: string) => string;
  /** Has the log show `***` for secrets. */
  readonly mask: (secrets: readonly string[]) => void;
  readonly signal: AbortSignal;
}

/** How the image comes to where SageMaker takes it from. */
export type Way =
  /** It is there. */
  | { readonly kind: 'there' }
  | { readonly kind: 'build'; readonly engine: Engine }
  /** It lies elsewhere, and cannot be copied. */
  | { readonly kind: 'as it is' };

/** Throws an ActionError where an image has to be built and no engine can, before anything is created. */
export async function findWay(plan: ImagePlan, { redact, signal }: Builder): Promise<Way> {
  if (plan.kind === 'given' || plan.stored !== undefined) return { kind: 'there' };
  const docker = mirrored(process.env, redact, signal);
  try {
    const engine = await findEngine({ ...docker, onLines: () => {} });
    const { copyOf, platform } = plan;
    if (copyOf !== undefined && (await localImage(copyOf, docker)) === undefined)
      await pullImage(copyOf, platform, docker);
    return { kind: 'build', engine };
  } catch (error) {
    if (plan.copyOf === undefined || !(error instanceof ActionError)) throw error;
    warning(
      redact(
        `${plan.copyOf} does not lie in ECR, where SageMaker takes images from, and cannot be copied there: it is given to ` +
          `SageMaker as it is. ${describeError(error)}`,
      ),
    );
    return { kind: 'as it is' };
  }
}

/** The URI of the image, where it is when this resolves. */
export async function provideImage(plan: ImagePlan, way: Way, builder: Builder): Promise<string> {
  if (plan.kind === 'given') return plan.uri;
  if (way.kind === 'as it is' && plan.copyOf !== undefined) return plan.copyOf;
  const { clients, spec, signal } = builder;
  const repository = await ownRepository(clients, spec.repository, signal);
  const pushed = way.kind === 'build' ? await buildAndPush(plan, way.engine, repository, builder) : plan.stored;
  if (pushed === undefined) throw new Error('An image was taken for there that is not.');
  if (way.kind === 'there') info('Image: ECR has it already, nothing is built');
  const image = await asDockerImage(clients.ecr, repository.name, pushed, plan.fact, signal);
  if (plan.byName !== undefined) await tagByName(clients, repository.name, image, plan.byName, signal);
  if (spec.imageTag !== undefined) await tagImage(clients.ecr, repository.name, image, spec.imageTag, signal);
  return `${repository.uri}:${plan.fact}`;
}

/** For runners without an engine. Where tags are immutable it stays with the image that had it first. */
async function tagByName(
  { ecr }: Clients,
  repository: string,
  image: StoredImage,
  tag: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await tagImage(ecr, repository, image, tag, signal);
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
  }
}

async function ownRepository({ ecr }: Clients, name: string, signal: AbortSignal): Promise<Repository> {
  const found = await findRepository(ecr, name, signal);
  if (found !== undefined) return found;
  const created = await createRepository(ecr, name, signal);
  try {
    await putLifecycle(ecr, name, signal);
  } catch (error) {
    signal.throwIfAborted();
    warning(`The ECR repository ${name} keeps images without a tag for ever: ${describeError(error)}`);
  }
  return created;
}

async function buildAndPush(
  plan: BuiltImage,
  engine: Engine,
  repository: Repository,
  builder: Builder,
): Promise<StoredImage> {
  const { clients, signal } = builder;
  const name = `${repository.uri}:${plan.fact}`;
  info(`Image: building ${name} by Docker ${engine.version}${engine.buildKit ? ' (BuildKit)' : ''}`);
  await withLogins(plan, builder, (docker) => build(plan, engine, repository, name, builder, docker));
  info(`Image: pushing ${name}`);
  // A login of its own: a build can take longer than a login lasts.
  await withLogins(plan, builder, (docker) => push(plan, name, repository, builder, docker));
  const image = await findImage(clients.ecr, repository.name, plan.fact, signal);
  if (image === undefined) throw new Error(`ECR has no ${name}, although it was pushed.`);
  return image;
}

async function build(
  plan: BuiltImage,
  { buildKit }: Engine,
  repository: Repository,
  name: string,
  builder: Builder,
  docker: Docker,
): Promise<void> {
  const { clients, spec, signal } = builder;
  const { platform, files } = plan;
  const newest = await newestTag(clients.ecr, repository.name, signal);
  await Promise.all([...plan.bases].map(([base, digest]) => refreshBase(base, digest, platform, docker)));
  try {
    const cacheFrom = newest && `${repository.uri}:${newest}`;
    const { context, ownIgnore } = files;
    const dockerfile = plan.dockerfile.text;
    const { buildArgs } = spec;
    await buildImage({ dockerfile, context, ownIgnore, buildArgs, platform, name, cacheFrom, buildKit }, docker);
  } catch (error) {
    throw error instanceof BuildError ? placed(plan, error, builder) : error;
  }
  const built = await localImage(name, docker);
  if (built?.platform === platform) return;
  throw new ActionError(
    `The image is for ${built?.platform ?? 'an unknown platform'}, and ${spec.instanceType} needs ${platform}.`,
    `Give base images that have ${platform}, without another "--platform" in the Dockerfile.`,
  );
}

/** An image that the engine has is not pulled, unless its tag has moved since in the registry that it came from. */
async function refreshBase(image: string, digest: string | undefined, platform: string, docker: Docker): Promise<void> {
  const local = digest === undefined ? undefined : await localImage(image, docker);
  if (local === undefined || digest === undefined || local.digests.length === 0) return;
  if (digest !== local.id && !local.digests.includes(digest)) await pullImage(image, platform, docker);
}

async function push(
  plan: BuiltImage,
  name: string,
  repository: Repository,
  { clients, signal }: Builder,
  docker: Docker,
): Promise<void> {
  try {
    await pushImage(name, docker);
  } catch (error) {
    // Another run pushed the same a moment ago, into a repository whose tags are immutable.
    const there = await findImage(clients.ecr, repository.name, plan.fact, signal);
    if (there === undefined) throw error;
  }
}

/** Runs the work with logins to ECR: to our own, and to those of the base images. */
async function withLogins(
  plan: BuiltImage,
  { clients, spec, redact, mask, signal }: Builder,
  work: (docker: Docker) => Promise<void>,
): Promise<void> {
  const bases = [...plan.bases.keys()].flatMap((base) => ecrReference(base) ?? []);
  const regions = [...new Set([spec.region, ...bases.map(({ region }) => region)])];
  const tokens = await Promise.all(regions.map((region) => ecrLogin(clients, region, signal)));
  const logins: Login[] = bases.flatMap(({ registry, region }) => {
    const token = tokens[regions.indexOf(region)];
    return token === undefined ? [] : [{ registry, auth: token.auth }];
  });
  mask(tokens.flatMap(({ auth }) => [auth, Buffer.from(auth, 'base64').toString().replace(/^AWS:/, '')]));
  const { env, remove } = await configure(process.env, [...tokens.slice(0, 1), ...logins]);
  try {
    await work(mirrored(env, redact, signal));
  } finally {
    await remove();
  }
}

/** Its output is in the log. */
function mirrored(env: NodeJS.ProcessEnv, redact: (text: string) => string, signal: AbortSignal): Docker {
  return { env, onLines: (lines) => printForeign('[image] ', lines.map(redact)), signal };
}

/** Shows a failure at the line of the Dockerfile, and says the place in the error. */
function placed(plan: BuiltImage, error: BuildError, { workspace, redact }: Builder): ActionError {
  const { file } = plan.files;
  const at = linesOf(plan, error);
  if (file === undefined || at === undefined) return error;
  const shown = shownFile(file, workspace);
  annotateLines(shown, at, 'The image could not be built here', redact(error.message));
  return new ActionError(`${shown}:${at.first}: ${error.message}`, error.hint, { cause: error.cause });
}

function linesOf({ dockerfile }: BuiltImage, { lines }: BuildError): Lines | undefined {
  const at = failedAt(lines);
  switch (at?.kind) {
    case undefined:
      return undefined;
    case 'lines':
      return givenLines(at, dockerfile.added);
    case 'step':
      return instructionLines(dockerfile, at.number);
    case 'instruction':
      return instructionLines(dockerfile, at.text);
  }
}
