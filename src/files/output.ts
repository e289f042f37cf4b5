/**
 * The folder that results are put in. Its sub-folders are emptied before each run, so a folder with such names that the
 * action did not make is never touched: a marker file tells.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mistake } from '../task/errors.ts';
import type { Result } from '../task/spec.ts';

/** What marks the folder of a step's results. */
export const MARKER = '.simple-sagemaker-output';

export async function outputMistakes(folder: string, results: ReadonlySet<Result>): Promise<Mistake[]> {
  const names = new Set(await entries(folder));
  if (names.has(MARKER)) return [];
  const taken = [...results].filter((result) => names.has(result));
  if (taken.length === 0) return [];
  const problem = `${folder} holds ${taken.map((name) => `"${name}"`).join(', ')}, which this action did not make and would empty.`;
  return [{ input: 'output-path', problem, remedy: 'Name another folder.' }];
}

/** Makes the folder the action's own. */
export async function claimOutput(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, MARKER),
    'Results that simple-sagemaker-action downloads. It empties the folders beside this file.\n',
  );
}

async function entries(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
