/** Lists the files on the runner that go into the code archive. */
import { basename, resolve } from 'node:path';
import { collectMistakes } from '../core/collect-mistakes.ts';
import { InputProblem, type Mistake } from '../core/errors.ts';
import { bringBack } from '../core/left-out.ts';
import type { LocalFile } from '../core/local-file.ts';
import { exclusionsOf } from '../files/ignore-files.ts';
import { existingPath, kindOf, readTextFile } from '../files/look-up.ts';
import type { Scope } from '../files/scope.ts';
import { listCodeBelow, listData } from '../files/tree.ts';
import { TOOLKIT_FOLDERS } from './launcher-files.ts';
import { describesPackage, INSTALLED, PYPROJECT } from './package.ts';
import type { CodeSpec } from './spec.ts';
import { archivedEntrypoint } from './start.ts';

/** The files of the code archive, with their paths in the archive, and the mistakes in them. */
export interface ListedCode {
  readonly files: readonly LocalFile[];
  readonly mistakes: readonly Mistake[];
}

/** `isolated`: whether the worker has no network. */
export async function listCode(spec: CodeSpec, scope: Scope, isolated: boolean): Promise<ListedCode> {
  const input = spec.sourceDir === undefined ? 'entrypoint' : 'source-dir';
  const [sourceFiles, ...dependencies] = await Promise.all([
    collectMistakes(input, [], () => ownFiles(spec, scope)),
    ...spec.dependencies.map((path) => collectMistakes('dependencies', [], () => dependency(path, scope))),
  ]);
  const mistakes = [sourceFiles, ...dependencies].flatMap((part) => part.mistakes);
  if (!mistakes.some(({ input }) => input === 'source-dir'))
    mistakes.push(...(await entrypointMistakes(spec, sourceFiles.value, resolve(scope.workspace))));
  const dependencyFiles = dependencies.flatMap(({ value }) => value);
  const files = [...sourceFiles.value, ...dependencyFiles];
  mistakes.push(
    ...collisions(files),
    ...toolkitMistakes(sourceFiles.value, dependencyFiles),
    ...(isolated ? await isolationMistakes(files) : []),
  );
  return { files, mistakes };
}

/** The files of `source-dir`, or without it the entrypoint alone. */
async function ownFiles(spec: CodeSpec, scope: Scope): Promise<readonly LocalFile[]> {
  const { workspace } = scope;
  if (spec.sourceDir !== undefined) {
    const folder = await existingPath(spec.sourceDir, workspace);
    if ((await kindOf(folder)) !== 'folder')
      throw new InputProblem(`${spec.sourceDir} is not a folder`, 'use the folder that contains the code.');
    return codeBelow(folder, spec.sourceDir, scope);
  }
  if (spec.start.kind !== 'entrypoint') return [];
  const file = await existingPath(spec.start.path, workspace);
  if ((await kindOf(file)) !== 'file')
    throw new InputProblem(`${spec.start.path} is not a file`, 'use a .py or .sh file.');
  return listData(file, scope);
}

async function entrypointMistakes(
  spec: CodeSpec,
  sourceFiles: readonly LocalFile[],
  workspace: string,
): Promise<Mistake[]> {
  if (spec.start.kind !== 'entrypoint' || spec.sourceDir === undefined) return [];
  const path = archivedEntrypoint(spec.sourceDir, spec.start.path);
  if (sourceFiles.some((file) => file.path === path)) return [];
  const absolute = resolve(workspace, spec.sourceDir, path);
  const exclusions = (await kindOf(absolute)) === 'file' ? await exclusionsOf(absolute, false, workspace) : [];
  const [first] = exclusions;
  if (first !== undefined)
    return [
      { input: 'entrypoint', problem: `${first.by} excludes ${spec.start.path}`, remedy: `${bringBack(exclusions)}.` },
    ];
  const problem = `${spec.start.path} does not exist in ${spec.sourceDir}, or it is not sent: an ignore file excludes it, or it may contain credentials`;
  return [
    {
      input: 'entrypoint',
      problem,
      remedy: 'write its path relative to "source-dir", and check .gitignore and .sagemakerignore.',
    },
  ];
}

/** The files of one dependency: a file or a folder, which keeps its name at the code's root. */
async function dependency(path: string, scope: Scope): Promise<readonly LocalFile[]> {
  if (/[,\s]/.test(path) && (await kindOf(resolve(scope.workspace, path))) === undefined)
    throw new InputProblem(`${path} does not exist in ${scope.workspace}`, 'write one path on each line.');
  const absolute = await existingPath(path, scope.workspace);
  if ((await kindOf(absolute)) === 'file') return listData(absolute, scope);
  const name = basename(absolute);
  const files = await codeBelow(absolute, path, scope);
  return files.map((file) => ({ ...file, path: `${name}/${file.path}` }));
}

/** The files below a folder. A folder without any file is a mistake: ignore files probably exclude too much. */
async function codeBelow(folder: string, path: string, scope: Scope): Promise<LocalFile[]> {
  const files = await listCodeBelow(folder, scope);
  if (files.length === 0) {
    const exclusions = await exclusionsOf(folder, true, resolve(scope.workspace));
    const [first] = exclusions;
    if (first !== undefined)
      throw new InputProblem(`${first.by} excludes the folder ${path}`, `${bringBack(exclusions)}.`);
    throw new InputProblem(
      `the folder ${path} is empty, or ignore files exclude all its files`,
      'check .gitignore and .sagemakerignore.',
    );
  }
  return files;
}

/** Two files with the same path in the archive are a mistake: the second would silently replace the first. */
function collisions(code: readonly LocalFile[]): Mistake[] {
  const seen = new Set<string>();
  const twice = code.filter(({ path }) => seen.has(path) || !seen.add(path));
  const [first] = twice;
  if (first === undefined) return [];
  const problem = `the code has two files named "${first.path}"`;
  return [{ input: 'dependencies', problem, remedy: 'rename or remove one of them.' }];
}

/** The code must not use the names of the folders that the action adds. */
function toolkitMistakes(sourceFiles: readonly LocalFile[], dependencies: readonly LocalFile[]): Mistake[] {
  const sources = { 'source-dir': sourceFiles, dependencies } as const;
  return (['source-dir', 'dependencies'] as const).flatMap((input) => {
    const conflicts = TOOLKIT_FOLDERS.filter((folder) =>
      sources[input].some(({ path }) => path.startsWith(`${folder}/`)),
    );
    return conflicts.map((folder) => {
      const problem = `the code has a folder ${folder} at its root, where the action puts its own folder of that name`;
      return { input, problem, remedy: 'rename it, or exclude it in .sagemakerignore.' };
    });
  });
}

/** Without a network pip on the worker would wait for its package index until it gives up. */
async function isolationMistakes(code: readonly LocalFile[]): Promise<Mistake[]> {
  const root = await Promise.all(code.map(async (file) => ((await isInstalled(file)) ? [file.path] : [])));
  return root.flat().map((path) => ({
    input: 'network-isolation',
    problem: `the code has a ${path}, and a worker without a network cannot install what it names`,
    remedy: `install the packages in an image, and exclude the file by a line /${path} in .sagemakerignore.`,
  }));
}

async function isInstalled({ path, absolute }: LocalFile): Promise<boolean> {
  if (path === PYPROJECT) return describesPackage((await readTextFile(absolute)) ?? '');
  return INSTALLED.includes(path);
}
