/**
 * What a task takes from the runner: its code and its local inputs, listed before anything is created, so that a file
 * that is missing or refused is a mistake among the others.
 */
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { ActionError, type Mistake } from '../task/errors.ts';
import type { InputName, TaskSpec } from '../task/spec.ts';
import type { LocalFile } from '../task/sync.ts';
import { listCode, listData } from './tree.ts';

export interface Survey {
  /** The code archive's files, by their paths there. */
  readonly code: readonly LocalFile[];
  /** channel → its files. */
  readonly data: ReadonlyMap<string, readonly LocalFile[]>;
  readonly mistakes: readonly Mistake[];
}

/** `workspace`: what relative paths are relative to, and how far up ignore files are looked for. */
export async function surveyFiles(spec: TaskSpec, workspace: string): Promise<Survey> {
  const mistakes: Mistake[] = [];
  const attempt = async (
    input: InputName,
    look: () => Promise<readonly LocalFile[]>,
  ): Promise<readonly LocalFile[]> => {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      mistakes.push({ input, problem: error.message, remedy: error.hint });
      return [];
    }
  };
  const locals = spec.channels.flatMap(({ name, source }) =>
    source.kind === 'local' ? [{ name, path: source.path }] : [],
  );
  const excluded = [resolve(workspace, spec.outputPath)];
  const [own, dependencies, data] = await Promise.all([
    attempt(spec.sourceDir === undefined ? 'entrypoint' : 'source-dir', () => ownCode(spec, workspace, excluded)),
    Promise.all(spec.dependencies.map((path) => attempt('dependencies', () => dependency(path, workspace, excluded)))),
    Promise.all(
      locals.map(
        async ({ name, path }) => [name, await attempt('inputs', () => channelFiles(name, path, workspace))] as const,
      ),
    ),
  ]);
  if (!mistakes.some(({ input }) => input === 'source-dir')) mistakes.push(...entrypointMistakes(spec, own));
  return { code: [...own, ...dependencies.flat()], data: new Map(data), mistakes };
}

/** The entrypoint's path in the archive: alone, it is at the root. */
export function archivedEntrypoint(spec: Pick<TaskSpec, 'sourceDir'>, entrypoint: string): string {
  return spec.sourceDir === undefined ? basename(entrypoint) : entrypoint.replace(/^(\.\/+)+/, '');
}

async function ownCode(spec: TaskSpec, workspace: string, excluded: readonly string[]): Promise<readonly LocalFile[]> {
  if (spec.sourceDir !== undefined) {
    const folder = await existing(spec.sourceDir, workspace);
    if (!(await stat(folder)).isDirectory())
      throw new ActionError(`${spec.sourceDir} is no folder.`, 'Name the folder that holds the code.');
    return listCode(folder, workspace, excluded);
  }
  if (spec.start.kind === 'run') return [];
  const file = await existing(spec.start.path, workspace);
  if (!(await stat(file)).isFile()) throw new ActionError(`${spec.start.path} is no file.`, 'Name a .py or .sh file.');
  return listData(file);
}

/** A file or folder at the code's root, under its own name. */
async function dependency(path: string, workspace: string, excluded: readonly string[]): Promise<readonly LocalFile[]> {
  const absolute = await existing(path, workspace);
  if ((await stat(absolute)).isFile()) return listData(absolute);
  const name = basename(absolute);
  return (await listCode(absolute, workspace, excluded)).map((file) => ({ ...file, path: `${name}/${file.path}` }));
}

async function channelFiles(name: string, path: string, workspace: string): Promise<readonly LocalFile[]> {
  const files = await listData(await existing(path, workspace));
  if (files.length === 0)
    throw new ActionError(`the folder ${path} of "${name}" is empty.`, 'Put the data there, or remove the channel.');
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
