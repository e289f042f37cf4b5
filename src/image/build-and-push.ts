/** Builds an image with the runner's Docker engine and pushes it to ECR. */

import { ecrLogin, findImage, newestTag, type Repository, type StoredImage } from '../aws/ecr.ts';
import { together } from '../core/concurrency.ts';
import { ActionError } from '../core/errors.ts';
import { ecrReference } from '../core/image-reference.ts';
import type { Docker } from '../docker/cli.ts';
import { configure, type Login } from '../docker/config-folder.ts';
import { type Engine, localImage } from '../docker/engine.ts';
import { BuildError, failedAt } from '../docker/failure.ts';
import { buildImage, pullImage, pushImage } from '../docker/image-commands.ts';
import { shownPath } from '../files/paths.ts';
import { withCopy } from '../files/stage.ts';
import { annotateLines, info, maskSecrets, printForeign } from '../github/log.ts';
import type { Step } from '../step.ts';
import type { BuildFiles } from './build-files.ts';
import type { Lines } from './dockerfile/lines.ts';
import { instructionLines, originalLines } from './dockerfile.ts';
import type { BuiltImage } from './plan.ts';
import { wholeContext } from './read-build.ts';
import type { ImageSpec } from './spec.ts';

/** Returns the image in ECR. Throws a BuildError, or an error with the line of the Dockerfile. */
export async function buildAndPush(
  step: Step,
  spec: ImageSpec,
  plan: BuiltImage,
  engine: Engine,
  repository: Repository,
): Promise<StoredImage> {
  const name = `${repository.uri}:${plan.identity}`;
  info(`Image: building ${name} with Docker ${engine.version}${engine.buildKit ? ' (BuildKit)' : ''}`);
  await withLogins(step, plan, (docker) => build(step, spec, plan, engine, repository, name, docker));
  info(`Image: pushing ${name}`);
  // Logs in again, because a build can take longer than a login lasts.
  await withLogins(step, plan, (docker) => push(step, plan, name, repository, docker));
  const image = await findImage(step.aws, repository.name, plan.identity, step.signal);
  if (image === undefined) throw new Error(`ECR does not have ${name}, although Docker pushed it.`);
  return image;
}

async function build(
  step: Step,
  { buildArgs }: ImageSpec,
  plan: BuiltImage,
  { buildKit }: Engine,
  repository: Repository,
  name: string,
  docker: Docker,
): Promise<void> {
  const { aws, signal } = step;
  const { platform, files } = plan;
  const newest = await newestTag(aws, repository.name, signal);
  await together(signal, (signal) =>
    [...plan.bases].map(([base, digest]) => refreshBase(base, digest, platform, { ...docker, signal })),
  );
  try {
    const cacheFrom = newest && `${repository.uri}:${newest}`;
    const dockerfile = plan.dockerfile.text;
    await withContext(files, buildKit, docker, (context, ownIgnore) =>
      buildImage({ dockerfile, context, ownIgnore, buildArgs, platform, name, cacheFrom, buildKit }, docker),
    );
  } catch (error) {
    throw error instanceof BuildError ? withLine(plan, error, step.run.workspace) : error;
  }
  const built = await localImage(name, docker);
  if (built?.platform === platform) return;
  throw new ActionError(
    `The image was built for ${built?.platform ?? 'an unknown platform'}, but ${plan.instanceType} needs ${platform}.`,
    `Use base images for ${platform}, and remove any other "--platform" from the Dockerfile.`,
  );
}

/**
 * Calls `work` with the context and the text of its ignore file. BuildKit reads that text beside the Dockerfile. The
 * classic builder only reads the context's own `.dockerignore`, so it gets a copy of the context without the other files.
 */
async function withContext(
  { context, ignore }: BuildFiles,
  buildKit: boolean,
  { env, signal }: Docker,
  work: (context: string | undefined, ownIgnore: string | undefined) => Promise<void>,
): Promise<void> {
  if (context === undefined || buildKit || ignore.isOwn || !ignore.hasAdditions)
    return work(context, ignore.isOwn || ignore.hasAdditions ? ignore.text : undefined);
  const { RUNNER_TEMP } = env;
  const whole = await wholeContext(context, ignore.text);
  await withCopy(context, whole, RUNNER_TEMP, signal, (copy) => work(copy, undefined));
}

/** Pulls a base image again if the engine has it but its tag has moved in the registry since. */
async function refreshBase(image: string, digest: string | undefined, platform: string, docker: Docker): Promise<void> {
  const local = digest === undefined ? undefined : await localImage(image, docker);
  if (local === undefined || digest === undefined || local.digests.length === 0) return;
  if (digest !== local.id && !local.digests.includes(digest)) await pullImage(image, platform, docker);
}

async function push(
  { aws, signal }: Step,
  plan: BuiltImage,
  name: string,
  repository: Repository,
  docker: Docker,
): Promise<void> {
  try {
    await pushImage(name, docker);
  } catch (error) {
    // If the tags are immutable, another run may have pushed the same image a moment ago.
    const pushed = await findImage(aws, repository.name, plan.identity, signal);
    if (pushed === undefined) throw error;
  }
}

/** Runs the work with logins to ECR: to the account's own registry and to those of the base images. */
async function withLogins(
  { aws, signal }: Step,
  plan: BuiltImage,
  work: (docker: Docker) => Promise<void>,
): Promise<void> {
  const bases = [...plan.bases.keys()].flatMap((base) => ecrReference(base) ?? []);
  const regions = [...new Set([aws.region, ...bases.map(({ region }) => region)])];
  const tokens = await together(signal, (signal) => regions.map((region) => ecrLogin(aws, region, signal)));
  const logins: Login[] = bases.flatMap(({ registry, region }) => {
    const token = tokens[regions.indexOf(region)];
    return token === undefined ? [] : [{ registry, auth: token.auth }];
  });
  maskSecrets(tokens.flatMap(({ auth }) => [auth, Buffer.from(auth, 'base64').toString().replace(/^AWS:/, '')]));
  const { env, remove } = await configure(process.env, [...tokens.slice(0, 1), ...logins]);
  try {
    await work(dockerWithLog(env, signal));
  } finally {
    await remove();
  }
}

/** A Docker command line whose output goes to the log. */
export function dockerWithLog(env: NodeJS.ProcessEnv, signal: AbortSignal): Docker {
  return { env, onLines: (lines) => printForeign('[image] ', lines), signal };
}

/** Annotates the line of the Dockerfile at which the build failed. Returns an error that names the line. */
function withLine(plan: BuiltImage, error: BuildError, workspace: string): ActionError {
  const { file } = plan.files;
  const at = failedLines(plan, error);
  if (file === undefined || at === undefined) return error;
  const path = shownPath(file, workspace);
  annotateLines(path, at, 'The build failed here', error.message);
  return new ActionError(`${path}:${at.first}: ${error.message}`, error.hint, { cause: error.cause });
}

function failedLines({ dockerfile }: BuiltImage, { lines }: BuildError): Lines | undefined {
  const at = failedAt(lines);
  switch (at?.kind) {
    case undefined:
      return undefined;
    case 'lines':
      return originalLines(at, dockerfile.added);
    case 'step':
      return instructionLines(dockerfile, at.number);
    case 'instruction':
      return instructionLines(dockerfile, at.text);
  }
}
