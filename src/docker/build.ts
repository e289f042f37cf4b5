/** Builds, pulls and pushes images by the runner's engine. Each throws a BuildError with what Docker said. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BuildError, isPassingFailure } from '../task/build.ts';
import { ActionError } from '../task/errors.ts';
import { type Docker, runDocker } from './command.ts';

export interface Build {
  readonly dockerfile: string;
  /** Absolute; undefined: an empty one. */
  readonly context: string | undefined;
  /** The text of an ignore file of the Dockerfile's own. */
  readonly ownIgnore: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly platform: string;
  /** The name that the image gets. */
  readonly name: string;
  /** An image whose layers may be used again. */
  readonly cacheFrom: string | undefined;
  readonly buildKit: boolean;
}

const OWN_IGNORE =
  'The Dockerfile has an ignore file of its own, which the classic builder does not read: what it leaves out would get into the image.';

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
      // The cache goes with the image, so that a fresh runner has it: https://docs.docker.com/build/cache/backends/inline/
      args.push('--progress', 'plain', '--build-arg', 'BUILDKIT_INLINE_CACHE=1');
      args.push('--output', 'type=docker,oci-mediatypes=false', '--provenance', 'false');
      if (build.cacheFrom !== undefined) args.push('--cache-from', `type=registry,ref=${build.cacheFrom}`);
    } else {
      if (build.ownIgnore !== undefined)
        throw new ActionError(OWN_IGNORE, 'Install buildx, or name the file .dockerignore.');
      // Else a build that fails leaves its last container.
      args.push('--force-rm');
      if (build.cacheFrom !== undefined) {
        // The classic builder looks into images that the engine has; without it there is just no cache.
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

/** Tries again what failed in passing: layers that are there are not sent again. */
export async function pushImage(name: string, docker: Docker): Promise<void> {
  for (let left = PUSHES; ; left -= 1) {
    const { code, lines } = await runDocker(['push', '--', name], docker);
    if (code === 0) return;
    if (left === 1 || !isPassingFailure(lines)) throw new BuildError('The image could not be pushed', lines);
    await sleep(PAUSE_MS, undefined, { signal: docker.signal });
  }
}

const PUSHES = 4;
const PAUSE_MS = 5_000;
