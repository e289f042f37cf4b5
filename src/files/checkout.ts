/**
 * Finds what an incomplete checkout lacks of the files to send: the content of Git LFS files, submodules, files that a sparse
 * checkout leaves out. The remedies are inputs of https://github.com/actions/checkout#usage.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { each } from '../core/concurrency.ts';
import { InputProblem } from '../core/errors.ts';
import type { LocalFile } from '../core/local-file.ts';
import { named, namedFirst } from '../core/named.ts';
import type { Platform } from '../core/platform.ts';
import { absent } from './absent.ts';
import { flatLinks } from './flat-links.ts';
import { type IndexedFiles, indexBelow, repositoryOf } from './git-index.ts';
import { lfsPointers } from './lfs.ts';
import { isInside, shownPath } from './paths.ts';
import type { Scope } from './scope.ts';
import { submodulesOf } from './submodules.ts';

/** The most paths in a message. */
const SHOWN = 5;
/** A folder of data can have many repositories: git is asked about so many. */
const MOST_REPOSITORIES = 50;
const REPOSITORIES_AT_ONCE = 4;

/** What was found at a path that is sent. All paths are absolute. */
export interface Found {
  readonly root: string;
  readonly files: readonly LocalFile[];
  /** Folders without any entry. */
  readonly emptyFolders: readonly string[];
  /** Folders below the root that have a `.git` or a `.gitmodules`. */
  readonly repositories: readonly string[];
}

/** What the user can decide about a path that the checkout lacks. */
export interface Choice {
  /** Whether the path would be sent if it were there, and the user has not said that it may be absent. */
  readonly isMissed: (path: string, kind: 'pointer' | 'folder' | 'file') => Promise<boolean>;
  /** How to say that a pointer is meant, and that an absent folder or file is. A whole sentence. */
  readonly asPointer: (path: string) => string;
  readonly without: (path: string) => string;
}

/**
 * Throws an InputProblem if the checkout lacks something of what is sent. Returns the files, on Windows with the exec bits of
 * git's index.
 */
export async function completeFiles(found: Found, { workspace }: Scope, choice: Choice): Promise<LocalFile[]> {
  const indexes = await indexesOf(found, workspace);
  const [pointers, modules, skipped] = await Promise.all([
    lfsPointers(found.files).then((files) =>
      missed(
        files.map(({ absolute }) => absolute),
        'pointer',
        choice,
      ),
    ),
    emptyModules(found, workspace, choice),
    missed(skippedFiles(indexes), 'file', choice),
  ]);
  const flat = flatLinks(
    found.files,
    indexes.flatMap(({ links }) => links),
  );
  const shown = (path: string): string => shownPath(path, workspace);
  const lacks = [
    ...lackOf(
      flat.map(({ absolute }) => shown(absolute)),
      linkLack,
    ),
    ...lackOf(pointers.map(shown), pointerLack, choice.asPointer),
    ...lackOf(
      modules.map(({ path }) => shown(path)),
      moduleLack(modules.some(({ nested }) => nested)),
      choice.without,
    ),
    ...lackOf(skipped.map(shown), (paths) => sparseLack(paths), choice.without),
  ];
  if (lacks.length > 0) throw problemOf(lacks);
  return withExecBits(found.files, new Set(indexes.flatMap(({ executable }) => executable)), process.platform);
}

/** Windows' files have no exec bit. There the one in git's index counts, so that a commit gives the same job anywhere. */
export function withExecBits(
  files: readonly LocalFile[],
  executable: ReadonlySet<string>,
  platform: Platform,
): LocalFile[] {
  return platform === 'win32'
    ? files.map((file) => ({ ...file, executable: executable.has(file.absolute) }))
    : [...files];
}

/** Why a path that an input names does not exist: what the checkout lacks. Undefined for any other cause. */
export async function whyAbsent(path: string, workspace: string): Promise<InputProblem | undefined> {
  if (!isInside(path, workspace)) return undefined;
  let there = path;
  while (!exists(there) && there !== workspace) there = dirname(there);
  const repository = repositoryOf(there, workspace) ?? workspace;
  const module = (await submodulesOf(repository)).find((each) => isInside(path, each) && isEmpty(each));
  if (module !== undefined) return problemOf([moduleLack(isNested(repository))([shownPath(module, workspace)])]);
  const { skipped } = await indexBelow(repository, path);
  if (skipped.length === 0) return undefined;
  const shown = shownPath(path, workspace);
  return problemOf([sparseLack([shown], skipped.includes(path) ? [folderOf(shown)] : [shown])]);
}

/** Something that the checkout lacks. `problem` and `remedy` are without a full stop. */
interface Lack {
  readonly problem: string;
  readonly remedy: string;
}

function lackOf(paths: readonly string[], lack: (paths: readonly string[]) => Lack, meant?: (path: string) => string) {
  const [first] = [...paths].sort();
  return first === undefined ? [] : [{ ...lack(paths), meant: meant?.(named(first)) }];
}

function problemOf(lacks: readonly (Lack & { readonly meant?: string | undefined })[]): InputProblem {
  const meant = lacks.flatMap((lack) => (lack.meant === undefined ? [] : [` ${lack.meant}`]));
  return new InputProblem(
    `the checkout is incomplete: ${lacks.map(({ problem }) => problem).join('; ')}`,
    `${lacks.map(({ remedy }) => remedy).join('; ')}.${meant.join('')}`,
  );
}

function pointerLack(paths: readonly string[]): Lack {
  const [what, itself] =
    paths.length === 1 ? ['is a Git LFS pointer', 'the file itself'] : ['are Git LFS pointers', 'the files themselves'];
  return {
    problem: `${namedFirst(paths, SHOWN)} ${what}, not ${itself}`,
    remedy: 'add the line "lfs: true" to the inputs of actions/checkout',
  };
}

function linkLack(paths: readonly string[]): Lack {
  const what = paths.length === 1 ? 'is a link in git, but a text file' : 'are links in git, but text files';
  return {
    problem: `${namedFirst(paths, SHOWN)} ${what} here`,
    remedy: 'run "git config --global core.symlinks true" before actions/checkout',
  };
}

function moduleLack(nested: boolean): (paths: readonly string[]) => Lack {
  return (paths) => ({
    problem: `${namedFirst(paths, SHOWN)} ${paths.length === 1 ? 'is an empty submodule' : 'are empty submodules'}`,
    remedy: `add the line "submodules: ${nested ? 'recursive' : 'true'}" to the inputs of actions/checkout`,
  });
}

function sparseLack(paths: readonly string[], folders = [...new Set(paths.map(folderOf))]): Lack {
  return {
    problem: `a sparse checkout leaves out ${namedFirst(paths, SHOWN)}`,
    remedy: `add ${namedFirst(folders, SHOWN)} to "sparse-checkout:" in the inputs of actions/checkout, or remove "sparse-checkout:"`,
  };
}

function folderOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : file;
}

async function missed(
  paths: readonly string[],
  kind: 'pointer' | 'folder' | 'file',
  { isMissed }: Choice,
): Promise<string[]> {
  const missing: string[] = [];
  for (const path of paths) if (await isMissed(path, kind)) missing.push(path);
  return missing;
}

interface EmptyModule {
  readonly path: string;
  /** Whether it belongs to a submodule. */
  readonly nested: boolean;
}

async function emptyModules(found: Found, workspace: string, choice: Choice): Promise<EmptyModule[]> {
  if (found.emptyFolders.length === 0) return [];
  const empty = new Set(found.emptyFolders);
  const modules = new Map<string, EmptyModule>();
  for (const repository of repositoriesOf(found, workspace)) {
    const nested = isNested(repository);
    for (const path of await submodulesOf(repository)) if (empty.has(path)) modules.set(path, { path, nested });
  }
  const missing = new Set(await missed([...modules.keys()], 'folder', choice));
  return [...modules.values()].filter(({ path }) => missing.has(path));
}

/** The indexes of the repositories at and below the root, as far as they are about the root. */
function indexesOf(found: Found, workspace: string): Promise<IndexedFiles[]> {
  const repositories = repositoriesOf(found, workspace).slice(0, MOST_REPOSITORIES);
  return each(new AbortController().signal, repositories, REPOSITORIES_AT_ONCE, (repository) =>
    indexBelow(repository, isInside(found.root, repository) ? found.root : repository),
  );
}

function skippedFiles(indexes: readonly IndexedFiles[]): string[] {
  return indexes.flatMap(({ skipped }) => skipped).filter((path) => !exists(path));
}

/** The repository that has the root, and those below the root. */
function repositoriesOf({ root, repositories }: Found, workspace: string): string[] {
  const above = isInside(root, workspace) ? [repositoryOf(root, workspace) ?? workspace] : [];
  return [...new Set([...above, ...repositories])];
}

/** Whether the repository is a submodule: git puts a file there instead of a folder. */
function isNested(repository: string): boolean {
  return lstatSync(resolve(repository, '.git'), { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Whether the folder has no entry, or does not exist. */
export function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch (error) {
    absent(error as NodeJS.ErrnoException);
    return true;
  }
}

function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    absent(error as NodeJS.ErrnoException);
    return false;
  }
}
