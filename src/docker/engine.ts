/** The runner's Docker engine, and which images it has. */
import { ActionError } from '../task/errors.ts';
import { type Docker, NO_ENGINE, runDocker } from './command.ts';

export interface Engine {
  readonly version: string;
  /** Whether it builds by BuildKit: https://docs.docker.com/build/buildkit/ */
  readonly buildKit: boolean;
}

/** Throws an ActionError when there is none, or it may not be used. */
export async function findEngine(docker: Docker): Promise<Engine> {
  const [engine, buildx] = await Promise.all([
    runDocker(['version', '--format', '{{.Server.Version}}'], docker),
    runDocker(['buildx', 'version'], docker),
  ]);
  if (engine.code === 0) return { version: engine.lines[0] ?? '', buildKit: buildx.code === 0 };
  const said = engine.lines.at(-1) ?? '';
  const forbidden = /permission denied/i.test(said);
  throw new ActionError(
    `The Docker engine of this runner ${forbidden ? 'may not be used' : 'does not answer'}: ${said}`,
    forbidden ? 'Put the runner’s user into the group "docker", or use a rootless engine.' : NO_ENGINE,
  );
}

export interface LocalImage {
  /** `sha256:…` of its registries' manifests; none for an image that was built or named here. */
  readonly digests: readonly string[];
  /** As in `linux/amd64`. */
  readonly platform: string;
}

/** Undefined for an image that the engine has not got. */
export async function localImage(image: string, docker: Docker): Promise<LocalImage | undefined> {
  const format = '{{.Os}}/{{.Architecture}} {{join .RepoDigests " "}}';
  const { code, lines } = await runDocker(['image', 'inspect', '--format', format, '--', image], {
    ...docker,
    onLines: () => {},
  });
  if (code !== 0) return undefined;
  const [platform = '', ...digests] = (lines.find((line) => line.includes('/')) ?? '').trim().split(' ');
  return { platform, digests: digests.map((each) => each.replace(/^.*@/, '')) };
}
