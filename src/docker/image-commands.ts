/** Builds, pulls and pushes images with the runner's engine. Each function throws a BuildError with Docker's output. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ActionError } from '../core/errors.ts';
import { type Docker, runDocker } from './cli.ts';
import { BuildError, isTransientFailure } from './failure.ts';

export interface Build {
  readonly dockerfile: string;
  /** An absolute path. Undefined: an empty context. */
  readonly context: string | undefined;
  /** The text of `NAME.dockerignore` beside a Dockerfile NAME. */
  readonly ownIgnore: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly platform: string;
  /** The name that the image gets. */
  readonly name: string;
  /** An image whose layers serve as cache. */
  readonly cacheFrom: string | undefined;
  readonly buildKit: boolean;
}

const OWN_IGNORE =
  'The Dockerfile has its own ignore file (NAME.dockerignore), which the classic builder does not read. Ignored files would get into the image.';

export async function buildImage(build: Build, docker: Docker): Promise<void> {
  const { RUNNER_TEMP } = docker.env;
  const folder = await mkdtemp(join(RUNNER_TEMP || tmpdir(), 'docker-build-'));
  try {
    const file = join(folder, 'Dockerfile');
    const empty = join(folder, 'context');
    await Promise.all([writeFile(file, build.dockerfile), mkdir(empty)]);
    if (build.ownIgnore !== undefined) await writeFile(`${file}.dockerignore`, build.ownIgnore);
    const args = ['build', '--file', file, '--tag', build.name, '--platform', build.platform];
    for (const [key, value] of build.buildArgs) args.push('--build-arg', `${key}=${value}`);
    if (build.buildKit) {
      // The image contains its cache, so that a fresh runner can use it:
      // https://docs.docker.com/build/cache/backends/inline/
      args.push('--progress', 'plain', '--build-arg', 'BUILDKIT_INLINE_CACHE=1');
      args.push('--output', 'type=docker,oci-mediatypes=false', '--provenance', 'false');
      if (build.cacheFrom !== undefined) args.push('--cache-from', `type=registry,ref=${build.cacheFrom}`);
    } else {
      if (build.ownIgnore !== undefined)
        throw new ActionError(OWN_IGNORE, 'Install buildx on the runner, or rename the ignore file to .dockerignore.');
      // Otherwise a failed build leaves its last container behind.
      args.push('--force-rm');
      if (build.cacheFrom !== undefined) {
        // The classic builder takes the cache only from images in the engine. If the pull fails, there is no cache.
        await runDocker(['pull', '--quiet', build.cacheFrom], docker);
        args.push('--cache-from', build.cacheFrom);
      }
    }
    const env = { ...docker.env, DOCKER_BUILDKIT: build.buildKit ? '1' : '0' };
    const { code, lines } = await runDocker([...args, '--', build.context ?? empty], { ...docker, env });
    if (code !== 0) throw new BuildError(`The image could not be built for ${build.platform}`, lines);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function pullImage(image: string, platform: string, docker: Docker): Promise<void> {
  const { code, lines } = await runDocker(['pull', '--platform', platform, '--', image], docker);
  if (code !== 0) throw new BuildError(`${image} could not be pulled for ${platform}`, lines);
}

/** Pushes an image. Retries transient failures; layers that arrived are not sent again. */
export async function pushImage(name: string, docker: Docker): Promise<void> {
  for (let attempts = PUSHES; ; attempts -= 1) {
    const { code, lines } = await runDocker(['push', '--', name], docker);
    if (code === 0) return;
    if (attempts === 1 || !isTransientFailure(lines)) throw new BuildError('The image could not be pushed', lines);
    await sleep(PAUSE_MS, undefined, { signal: docker.signal });
  }
}

const PUSHES = 4;
const PAUSE_MS = 5_000;
