/**
 * What a task takes from the runner: its code and its local inputs, listed before anything is created, so that a file
 * that is missing or refused is a mistake among the others.
 */
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { archivedEntrypoint } from '../task/arguments.ts';
import { needsBase } from '../task/dockerfile.ts';
import { ActionError, type Mistake } from '../task/errors.ts';
import { imageMistakes } from '../task/image.ts';
import type { InputName } from '../task/inputs.ts';
import { inputFolder } from '../task/names.ts';
import type { TaskSpec } from '../task/spec.ts';
import { keyProblem, type LocalFile } from '../task/sync.ts';
import { type BuildFiles, readBuild } from './context.ts';
import { listCode, listData } from './tree.ts';

export interface Survey {
  /** The code archive's files, by their paths there. */
  readonly code: readonly LocalFile[];
  /** channel → its files. */
  readonly data: ReadonlyMap<string, readonly LocalFile[]>;
  /** Undefined where no image is built. */
  readonly build: BuildFiles | undefined;
  readonly mistakes: readonly Mistake[];
}

/** `workspace`: what relative paths are relative to, and how far up ignore files are looked for. */
export async function surveyFiles(spec: TaskSpec, workspace: string): Promise<Survey> {
  const mistakes: Mistake[] = [];
  const attempt = async <T>(input: InputName, otherwise: T, look: () => Promise<T>): Promise<T> => {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      mistakes.push({ input, problem: error.message, remedy: error.hint });
      return otherwise;
    }
  };
  const none: readonly LocalFile[] = [];
  const locals = spec.channels.flatMap(({ name, source }) =>
    source.kind === 'local' ? [{ name, path: source.path }] : [],
  );
  const excluded = [resolve(workspace, spec.outputPath)];
  const [own, dependencies, data, build] = await Promise.all([
    attempt(spec.sourceDir === undefined ? 'entrypoint' : 'source-dir', none, () => ownCode(spec, workspace, excluded)),
    Promise.all(
      spec.dependencies.map((path) => attempt('dependencies', none, () => dependency(path, workspace, excluded))),
    ),
    Promise.all(
      locals.map(
        async ({ name, path }) =>
          [name, await attempt('inputs', none, () => channelFiles(spec, name, path, workspace))] as const,
      ),
    ),
    attempt('dockerfile', undefined, async () => spec.build && readBuild(spec.build, workspace)),
  ]);
  if (!mistakes.some(({ input }) => input === 'source-dir')) mistakes.push(...entrypointMistakes(spec, own));
  const code = [...own, ...dependencies.flat()];
  mistakes.push(...collisions(code), ...toolkitMistakes(own, dependencies.flat()));
  mistakes.push(...isolationMistakes(spec, code), ...baseMistakes(spec, build));
  return { code, data: new Map(data), build, mistakes };
}

async function ownCode(spec: TaskSpec, workspace: string, excluded: readonly string[]): Promise<readonly LocalFile[]> {
  if (spec.sourceDir !== undefined) {
    const folder = await existing(spec.sourceDir, workspace);
    if (!(await stat(folder)).isDirectory())
      throw new ActionError(`${spec.sourceDir} is no folder.`, 'Name the folder that holds the code.');
    return codeBelow(folder, spec.sourceDir, workspace, excluded);
  }
  if (spec.start.kind !== 'entrypoint') return [];
  const file = await existing(spec.start.path, workspace);
  if (!(await stat(file)).isFile()) throw new ActionError(`${spec.start.path} is no file.`, 'Name a .py or .sh file.');
  return listData(file);
}

/** Two files of one path in the archive: the later would silently stand in for the earlier. */
function collisions(code: readonly LocalFile[]): Mistake[] {
  const seen = new Set<string>();
  const twice = code.filter(({ path }) => seen.has(path) || !seen.add(path));
  const [first] = twice;
  if (first === undefined) return [];
  const problem = `"${first.path}" would be in the code twice.`;
  return [{ input: 'dependencies', problem, remedy: 'Rename one, or leave one out.' }];
}

/** The folder that the action packs beside the code. */
function toolkitMistakes(own: readonly LocalFile[], dependencies: readonly LocalFile[]): Mistake[] {
  const sources = { 'source-dir': own, dependencies } as const;
  return (['source-dir', 'dependencies'] as const).flatMap((input) => {
    if (!sources[input].some(({ path }) => path.startsWith('task_toolkit/'))) return [];
    const problem =
      'the code has a folder task_toolkit at its root, which is the name of the one that the action adds.';
    return [{ input, problem, remedy: 'Rename it, or leave it out by .sagemakerignore.' }];
  });
}

/** What a Dockerfile builds on must be there, and be used; without a region another mistake says enough. */
function baseMistakes(spec: TaskSpec, build: BuildFiles | undefined): readonly Mistake[] {
  if (build === undefined) return [];
  const { image, framework, frameworkVersion, pythonVersion } = spec.image;
  if (!needsBase(build.text)) {
    const given = {
      image,
      framework: framework === 'pytorch' ? undefined : framework,
      'framework-version': frameworkVersion,
      'python-version': pythonVersion,
    };
    return Object.entries(given)
      .filter(([, value]) => value !== undefined)
      .map(([input]) => ({
        input,
        problem: 'the Dockerfile begins with an image of its own.',
        remedy: 'Remove it, or write "FROM __BASE_IMAGE__".',
      }));
  }
  return image !== undefined || spec.region === '' ? [] : imageMistakes(spec.image, spec.region, spec.instanceType);
}

/** pip on the worker would wait for a network that is not there. */
function isolationMistakes({ network }: TaskSpec, code: readonly LocalFile[]): Mistake[] {
  if (!network.isolation || !code.some(({ path }) => path === 'requirements.txt')) return [];
  const problem = 'the code has a requirements.txt, and a worker without network cannot install it.';
  return [{ input: 'network-isolation', problem, remedy: 'Put the packages into an image, or remove one of the two.' }];
}

/** A file or folder at the code's root, under its own name. */
async function dependency(path: string, workspace: string, excluded: readonly string[]): Promise<readonly LocalFile[]> {
  const absolute = await existing(path, workspace);
  if ((await stat(absolute)).isFile()) return listData(absolute);
  const name = basename(absolute);
  const files = await codeBelow(absolute, path, workspace, excluded);
  return files.map((file) => ({ ...file, path: `${name}/${file.path}` }));
}

/** At least one file: a folder that is ignored as a whole is a mistake, not an empty archive. */
async function codeBelow(
  folder: string,
  path: string,
  workspace: string,
  excluded: readonly string[],
): Promise<LocalFile[]> {
  const files = await listCode(folder, workspace, excluded);
  if (files.length === 0) {
    throw new ActionError(
      `the folder ${path} is empty, or ignore files leave all of it out.`,
      'Look at .gitignore and .sagemakerignore.',
    );
  }
  return files;
}

async function channelFiles(
  spec: TaskSpec,
  name: string,
  path: string,
  workspace: string,
): Promise<readonly LocalFile[]> {
  const files = await listData(await existing(path, workspace));
  if (files.length === 0)
    throw new ActionError(`the folder ${path} of "${name}" is empty.`, 'Put the data there, or remove the channel.');
  const folder = inputFolder(spec, name);
  for (const file of files) {
    const problem = keyProblem(folder, file.path);
    if (problem !== undefined)
      throw new ActionError(`${JSON.stringify(file.path)} of "${name}" ${problem}.`, 'Rename it.');
  }
  return files;
}

async function existing(path: string, workspace: string): Promise<string> {
  const absolute = resolve(workspace, path);
  try {
    await stat(absolute);
    return absolute;
  } catch (cause) {
    if (!['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) throw cause;
    throw new ActionError(
      `there is no ${path} in ${workspace}.`,
      'Check the path, and that actions/checkout ran before.',
      { cause },
    );
  }
}

function entrypointMistakes(spec: TaskSpec, own: readonly LocalFile[]): Mistake[] {
  if (spec.start.kind !== 'entrypoint' || spec.sourceDir === undefined) return [];
  const path = archivedEntrypoint(spec, spec.start.path);
  if (own.some((file) => file.path === path)) return [];
  const problem = `there is no ${spec.start.path} in ${spec.sourceDir}, or an ignore file leaves it out.`;
  return [{ input: 'entrypoint', problem, remedy: 'Give its path below "source-dir".' }];
}
