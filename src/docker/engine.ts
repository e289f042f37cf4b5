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
  if (engine.code === 0) return { version: engine.output[0] ?? '', buildKit: buildx.code === 0 };
  const said = engine.lines.at(-1) ?? '';
  const forbidden = /permission denied/i.test(said);
  throw new ActionError(
    `The Docker engine of this runner ${forbidden ? 'may not be used' : 'does not answer'}: ${said}`,
    forbidden ? 'Put the runner’s user into the group "docker", or use a rootless engine.' : NO_ENGINE,
  );
}

export interface LocalImage {
  /** `sha256:…`, of this engine: another has another for the same image. */
  readonly id: string;
  /** `sha256:…` of its registries' manifests; none for an image that was built or named here. */
  readonly digests: readonly string[];
  /** As in `linux/amd64`. */
  readonly platform: string;
}

/** Undefined for an image that the engine has not got. */
export async function localImage(image: string, docker: Docker): Promise<LocalImage | undefined> {
  const { code, output } = await runDocker(['image', 'inspect', '--format', '{{json .}}', '--', image], {
    ...docker,
    onLines: () => {},
  });
  const told = output.find((line) => line.startsWith('{'));
  if (code !== 0 || told === undefined) return undefined;
  const { Id, Os, Architecture, RepoDigests } = JSON.parse(told) as Inspected;
  const digests = (RepoDigests ?? []).map((each) => each.replace(/^.*@/, ''));
  return { id: Id, platform: `${Os}/${Architecture}`, digests };
}

/** Of https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Image/operation/ImageInspect */
interface Inspected {
  readonly Id: string;
  readonly Os: string;
  readonly Architecture: string;
  readonly RepoDigests: readonly string[] | null;
}
