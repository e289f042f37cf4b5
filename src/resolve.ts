/** What the task works with, found out before anything is created: account, bucket, sources, image; and what it computes from. */
import { type HomeBucket, hasBucket } from './aws/bucket.ts';
import type { Clients } from './aws/clients.ts';
import { accountId } from './aws/identity.ts';
import { givenRole, type Role } from './aws/role.ts';
import { hashFiles } from './files/hash.ts';
import type { Survey } from './files/survey.ts';
import { size, tellProgress } from './github/progress.ts';
import { type ImagePlan, planImage } from './image.ts';
import { type LocatedSource, locateSources } from './sources.ts';
import { contentsFact, taskFacts } from './task/fingerprint.ts';
import type { Wish } from './task/history.ts';
import { defaultBucket } from './task/names.ts';
import type { TaskSpec } from './task/spec.ts';
import type { HashedFile, LocalFile } from './task/sync.ts';

/** The account's bucket; whether it is there. */
export interface Home {
  readonly bucket: HomeBucket;
  readonly exists: boolean;
}

export interface Resolved {
  readonly image: ImagePlan;
  /** The one that `execution-role` names; undefined: the project's own. */
  readonly givenRole: Role | undefined;
  readonly sources: ReadonlyMap<string, LocatedSource>;
  readonly code: readonly HashedFile[];
  /** channel → its local files. */
  readonly data: ReadonlyMap<string, readonly HashedFile[]>;
  readonly wish: Wish;
}

export async function findHome(clients: Clients, spec: TaskSpec, signal: AbortSignal): Promise<Home> {
  const account = await accountId(clients.sts, signal);
  const bucket = { name: spec.bucket ?? defaultBucket(spec.region, account), region: spec.region, owner: account };
  return { bucket, exists: await hasBucket(clients.s3, bucket, signal) };
}

/** Throws an InputError when a source is wrong. */
export async function resolveTask(
  clients: Clients,
  spec: TaskSpec,
  { bucket, exists }: Home,
  survey: Survey,
  signal: AbortSignal,
): Promise<Resolved> {
  const hashed = hashAll(survey, signal);
  const plan = async (): Promise<ImagePlan> => {
    const build = survey.build && { files: survey.build, hashed: (await hashed).context };
    return planImage(clients, spec, build, signal);
  };
  const [sources, image, role, { code, data }] = await Promise.all([
    locateSources(clients, spec, bucket, exists, signal),
    plan(),
    spec.executionRole === undefined ? undefined : givenRole(clients.iam, spec.executionRole, signal),
    hashed,
  ]);
  const local = new Map([...data].map(([channel, files]) => [channel, contentsFact(files)]));
  const channels = new Map([...sources].map(([channel, { fact }]) => [channel, local.get(channel) ?? fact ?? '']));
  const { skipIf, cleanState } = spec;
  const comparable = [...channels.values()].every((fact) => fact !== '');
  const facts = taskFacts(spec, { code, image: image.fact, channels });
  const wish = { facts, comparable, skipIf, cleanState };
  return { image, givenRole: role, sources, code, data, wish };
}

interface Hashed extends Pick<Resolved, 'code' | 'data'> {
  /** Of the image's build. */
  readonly context: readonly HashedFile[];
}

async function hashAll({ code, data, build }: Survey, signal: AbortSignal): Promise<Hashed> {
  const files = build?.files ?? [];
  const all = [...code, ...files, ...[...data.values()].flat()].reduce((sum, file) => sum + file.size, 0);
  let read = 0;
  const hash = (files: readonly LocalFile[]): Promise<HashedFile[]> =>
    hashFiles(
      files,
      (bytes) => {
        read += bytes;
      },
      signal,
    );
  const hashed = Promise.all([
    hash(code),
    hash(files),
    Promise.all([...data].map(async ([channel, files]) => [channel, await hash(files)] as const)),
  ]);
  const [ownCode, context, channels] = await tellProgress(
    () => `Reading code and inputs: ${size(read)} of ${size(all)}`,
    hashed,
  );
  return { code: ownCode, context, data: new Map(channels) };
}
