/**
 * Writes results to the output folder. Each run empties the folder's sub-folders. So the action only uses a folder with
 * a marker file, or one that has no sub-folders of these names yet.
 */
import { appendFileSync, closeSync, constants, type Dirent, lstatSync, type Stats, writeFileSync } from 'node:fs';
import { access, mkdir, opendir, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { ActionError, type Mistake } from '../core/errors.ts';
import { Below } from './below.ts';
import { linkInWorkspace } from './links.ts';
import { shownPath } from './paths.ts';
import { notWritable } from './refused.ts';

/** The file that marks an output folder. */
export const MARKER = '.simple-sagemaker-output';
const MARKER_TEXT =
  'Results that simple-sagemaker-action downloads. It empties the folders beside this file, and removes the archives.\n';
/** The step's report, beside the folders of the results. */
export const REPORT = 'report.json';

/** The folder of a step's results, claimed: as the user named it, and by its real path, through which it is written to. */
export interface Output {
  readonly path: string;
  readonly real: string;
}

/** The name of an archive that is kept beside the folder of its result. */
export function keptArchive(result: string): string {
  return `${result}.tar.gz`;
}

/** What keeps results from being written to the folder. */
export async function outputMistakes(
  folder: string,
  results: ReadonlySet<string>,
  workspace: string,
): Promise<Mistake[]> {
  const link = await linkInWorkspace(folder, workspace);
  if (link !== undefined) return [mistake(throughLink(folder, link, workspace), NAME_IT)];
  const wrong = await unwritable(folder, results);
  if (wrong !== undefined) return [wrong];
  const there = new Map((await entries(folder)).map((entry) => [entry.name, entry]));
  const own = [...results, ...[...results].map(keptArchive), REPORT];
  const linked = [MARKER, ...own].find((name) => there.get(name)?.isSymbolicLink());
  if (linked !== undefined)
    return [mistake(throughLink(folder, join(folder, linked), workspace), 'remove the link, or name another folder.')];
  if (there.get(MARKER)?.isFile()) return [];
  const taken = own.filter((name) => there.has(name));
  if (taken.length === 0) return [];
  const problem = `the folder ${folder} already contains ${taken.map((name) => `"${name}"`).join(', ')}, which this action did not create and would empty`;
  return [mistake(problem, 'use another folder.')];
}

const NAME_IT = 'name a folder that is not a link, or the place that the link leads to.';

function throughLink(folder: string, link: string, workspace: string): string {
  return `${shownPath(folder, workspace)} would be written through the link ${shownPath(link, workspace)}`;
}

/** How many files there are below it, and their bytes: of a million, no list is made. */
export async function measure(folder: string): Promise<{ readonly files: number; readonly bytes: number }> {
  let [files, bytes] = [0, 0];
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for await (const entry of await opendir(next, { bufferSize: 256 })) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) folders.push(path);
      if (!entry.isFile()) continue;
      files += 1;
      bytes += lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
    }
  }
  return { files, bytes };
}

/** Makes the folder the action's own. Throws an ActionError where it is reached through a link by now, or not writable. */
export async function claimOutput(folder: string, workspace: string): Promise<Output> {
  const link = await linkInWorkspace(folder, workspace);
  if (link !== undefined)
    throw new ActionError(`output-path: ${throughLink(folder, link, workspace)}.`, `Please ${NAME_IT}`);
  try {
    await mkdir(folder, { recursive: true });
    const real = await realpath(folder);
    const root = new Below(real);
    const marker = root.file(MARKER);
    writeFileSync(marker, MARKER_TEXT);
    closeSync(marker);
    // It is that of another job.
    if (root.look(REPORT)?.isFile()) root.remove(REPORT);
    return { path: folder, real };
  } catch (error) {
    throw notWritable(folder, error);
  }
}

/** Writes the step's report in place of an earlier one. Throws an ActionError where the folder is not writable by now. */
export async function writeReport({ path, real }: Output, text: string): Promise<void> {
  try {
    await new Below(real).write(REPORT, Readable.from([text]), { replace: true });
  } catch (error) {
    throw notWritable(join(path, REPORT), error);
  }
}

/** The workers' log on the runner: `logs0`, `logs1`, … by instance number; a restarted instance's lines follow the earlier. */
export class LogFiles {
  readonly #folder: Below | undefined;
  #problem: ActionError | undefined;

  /** Makes the folder anew. */
  constructor({ path, real }: Output) {
    try {
      this.#folder = new Below(real).emptied('logs');
    } catch (error) {
      this.#problem = notWritable(join(path, 'logs'), error);
    }
  }

  /** Why nothing more is written: a job goes on all the same, so this is thrown by nobody. */
  get problem(): ActionError | undefined {
    return this.#problem;
  }

  /** Appends at once, so that no line is lost when the process is killed. */
  append(instance: number, lines: readonly string[]): void {
    if (this.#folder === undefined || this.#problem !== undefined) return;
    try {
      const file = this.#folder.fileToAppend(`logs${instance}`);
      try {
        appendFileSync(file, lines.map((line) => `${line}\n`).join(''));
      } finally {
        closeSync(file);
      }
    } catch (error) {
      this.#problem = notWritable(this.#folder.path, error);
    }
  }
}

/** What is wrong with the folder, with the nearest one above that exists, or with those of the results in it. */
async function unwritable(folder: string, results: ReadonlySet<string>): Promise<Mistake | undefined> {
  let nearest = folder;
  while ((await found(nearest)) === undefined && nearest !== dirname(nearest)) nearest = dirname(nearest);
  if (!(await found(nearest))?.isDirectory()) return mistake(`${nearest} is not a folder`, 'name a folder.');
  const inside = nearest === folder ? [...results].map((result) => join(folder, result)) : [];
  for (const path of [nearest, ...inside]) {
    const isFolder = (await found(path))?.isDirectory() ?? false;
    if (isFolder && !(await isWritable(path)))
      return mistake(
        `the user of the runner may not write to the folder ${path}`,
        'give the user the right to, remove the folder, or name another one.',
      );
  }
  return undefined;
}

function mistake(problem: string, remedy: string): Mistake {
  return { input: 'output-path', problem, remedy };
}

async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

const found = (path: string): Promise<Stats | undefined> => stat(path).catch(absent);
const entries = async (folder: string): Promise<readonly Dirent[]> =>
  (await readdir(folder, { withFileTypes: true }).catch(absent)) ?? [];

function absent(error: NodeJS.ErrnoException): undefined {
  if (!['ENOENT', 'ENOTDIR'].includes(error.code ?? '')) throw error;
}
