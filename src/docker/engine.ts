/** Queries the runner's Docker engine and its images. */

import { ActionError } from '../core/errors.ts';
import type { Platform } from '../core/platform.ts';
import { type Docker, NO_ENGINE, runDocker } from './cli.ts';

export interface Engine {
  readonly version: string;
  /** Whether it builds with BuildKit: https://docs.docker.com/build/buildkit/ */
  readonly buildKit: boolean;
}

const LINUX =
  'Use a runner with Linux (such as ubuntu-latest), switch the engine to Linux containers, or build the image elsewhere and ' +
  'set "image" to its URI.';

/** Throws an ActionError if no engine answers, it runs no Linux containers, or the user may not use it. */
export async function findEngine(docker: Docker, platform: Platform = process.platform): Promise<Engine> {
  const [engine, buildx, system] = await Promise.all([
    runDocker(['version', '--format', '{{.Server.Version}}'], docker),
    runDocker(['buildx', 'version'], docker),
    platform === 'win32' ? runDocker(['version', '--format', '{{.Server.Os}}'], docker) : undefined,
  ]);
  if (system?.output[0] === 'windows')
    throw new ActionError(
      'The Docker engine of this runner runs Windows containers, and a job needs a Linux image.',
      LINUX,
    );
  if (engine.code === 0) return { version: engine.output[0] ?? '', buildKit: buildx.code === 0 };
  const lastLine = engine.lines.at(-1) ?? '';
  const forbidden = /permission denied/i.test(lastLine);
  throw new ActionError(
    `The Docker engine of this runner ${forbidden ? 'refuses this user' : 'does not answer'}: ${lastLine}`,
    forbidden ? 'Add the runner’s user to the group "docker", or use a rootless engine.' : NO_ENGINE,
  );
}

export interface LocalImage {
  /** `sha256:…`. Each engine has another ID for the same image. */
  readonly id: string;
  /** `sha256:…` of its manifests in registries. Empty for an image that was built or tagged on this runner. */
  readonly digests: readonly string[];
  /** For example `linux/amd64`. */
  readonly platform: string;
}

/** Undefined if the engine does not have the image. */
export async function localImage(image: string, docker: Docker): Promise<LocalImage | undefined> {
  const { code, output } = await runDocker(['image', 'inspect', '--format', '{{json .}}', '--', image], {
    ...docker,
    onLines: () => {},
  });
  const json = output.find((line) => line.startsWith('{'));
  if (code !== 0 || json === undefined) return undefined;
  const { Id, Os, Architecture, RepoDigests } = JSON.parse(json) as Inspected;
  const digests = (RepoDigests ?? []).map((each) => each.replace(/^.*@/, ''));
  return { id: Id, platform: `${Os}/${Architecture}`, digests };
}

/** Part of https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Image/operation/ImageInspect */
interface Inspected {
  readonly Id: string;
  readonly Os: string;
  readonly Architecture: string;
  readonly RepoDigests: readonly string[] | null;
}
