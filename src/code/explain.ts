/** Explains the failure of a job whose code did not find a file or module that the repository has. */
import { resolve } from 'node:path';
import type { LocalFile } from '../core/local-file.ts';
import { type Lost, lostNames } from '../core/lost-names.ts';
import { eachPath, type FoundPath } from '../files/find.ts';
import { exclusionsOf } from '../files/ignore-files.ts';
import { isInside, pathBelow } from '../files/paths.ts';
import { guardsAlong } from '../files/private-files.ts';
import { explainLost, folderOf, type Match, placeOf, type RepositoryPath, type SentCode } from './lost.ts';
import type { CodeSpec } from './spec.ts';

/** The most matches of a name that are looked at closely. */
const MOST = 50;

/** What the job got of the workspace. */
export interface SentFiles {
  readonly code: CodeSpec;
  /** Channel → its path on the runner, or undefined for data that is elsewhere. */
  readonly channels: ReadonlyMap<string, string | undefined>;
  readonly files: readonly LocalFile[];
  readonly workspace: string;
}

/**
 * `reason`: SageMaker's. `lines`: those of the log that name something missing, for a reason that names nothing. Undefined if
 * the repository has nothing of the name, or the job got it.
 */
export async function explainFailure(
  reason: string,
  lines: readonly string[],
  { code, channels, files, workspace }: SentFiles,
): Promise<string | undefined> {
  const top = resolve(workspace);
  const inReason = lostNames(reason);
  const names = inReason.length > 0 ? inReason : lostNames(lines.join('\n'));
  if (names.length === 0) return undefined;
  const below = (path: string): string => pathBelow(top, resolve(top, path));
  const sourceDir = code.sourceDir === undefined ? undefined : below(code.sourceDir);
  const entrypoint = code.start.kind === 'entrypoint' && sourceDir === undefined ? below(code.start.path) : undefined;
  const root = sourceDir ?? folderOf(entrypoint ?? '');
  const sent: SentCode = {
    ...{ root, sourceDir, entrypoint },
    dependencies: code.dependencies.map(below),
    channels: new Map([...channels].map(([name, path]) => [name, path === undefined ? undefined : below(path)])),
    isSent: ({ path, isFolder }) => {
      const absolute = resolve(top, path);
      return files.some((file) => (isFolder ? isInside(file.absolute, absolute) : file.absolute === absolute));
    },
  };
  const found = await find(names, root, top);
  return explainLost(
    await Promise.all(
      [...found].map(async ([name, places]) => ({
        name,
        matches: await Promise.all([...places.values()].map((place) => withCause(place, top))),
      })),
    ),
    sent,
  );
}

interface Place extends FoundPath {
  readonly at: string;
}

/** Name → what matches it. */
async function find(
  names: readonly Lost[],
  root: string,
  workspace: string,
): Promise<ReadonlyMap<Lost, ReadonlyMap<string, Place>>> {
  const found = new Map(names.map((name) => [name, new Map<string, Place>()]));
  await eachPath(workspace, ({ lacks, ...path }) => {
    for (const [name, places] of found) {
      const place = placeOf(name, path, root);
      // An empty folder is no module. Its files are.
      const isModule = name.kind !== 'module' || !path.isFolder || lacks === 'submodule';
      if (place === undefined || !isModule || places.size >= MOST) continue;
      const known = places.get(place.match.path);
      places.set(place.match.path, { ...place.match, at: place.at, ...causeOf(known, lacks) });
    }
  });
  return found;
}

/** A folder of which a file is there is not lacking. */
function causeOf(known: Place | undefined, lacks: FoundPath['lacks']): Pick<FoundPath, 'lacks'> {
  const cause = known === undefined ? lacks : known.lacks;
  return cause === undefined ? {} : { lacks: cause };
}

async function withCause(place: Place, workspace: string): Promise<Match & Place> {
  const { path, isFolder } = place satisfies RepositoryPath;
  return {
    ...place,
    isPrivate: guardsAlong(path.split('/'), isFolder).some(({ ifKey }) => !ifKey),
    exclusions: await exclusionsOf(resolve(workspace, path), isFolder, workspace),
  };
}
