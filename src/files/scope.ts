/** The workspace and the output folder of the step whose files are listed. */
import { join, resolve } from 'node:path';
import { InputProblem } from '../core/errors.ts';
import { LeftOut } from '../core/left-out.ts';
import { slashed } from '../core/platform.ts';
import { isInside, pathBelow, shownPath } from './paths.ts';
import { isGit } from './private-files.ts';

export interface Scope {
  /** Absolute. Ignore files above it do not count. */
  readonly workspace: string;
  /** Absolute paths of the step's output folder, and of its results in it. */
  readonly output: string | undefined;
  readonly results: readonly string[];
  /** Collects what is not sent. */
  readonly leftOut: LeftOut;
}

/** `output`: relative to the workspace, or absolute. `results`: names of its sub-folders, and of its report. */
export function scopeOf(workspace: string, output?: string, results: readonly string[] = []): Scope {
  const folder = output === undefined ? undefined : resolve(workspace, output);
  return {
    workspace: resolve(workspace),
    output: folder,
    results: folder === undefined ? [] : results.map((name) => join(folder, name)),
    leftOut: new LeftOut(),
  };
}

/** The names in a path, from the workspace on. All names of a path outside the workspace. */
export function partsOf(path: string, workspace: string): string[] {
  const below = isInside(path, workspace) ? pathBelow(workspace, path) : slashed(path, process.platform);
  return below.split('/').filter((part) => part !== '');
}

/** Whether the path is the step's output folder or one of its results. */
export function isOwnResult({ output, results }: Scope, path: string): boolean {
  return output === path || results.some((folder) => isInside(path, folder));
}

/**
 * Throws an InputProblem if an input names a path in `.git` or a result of the step itself. It may name the result of
 * another step. `ways`: the names in the path, and those in its real path.
 */
export function refuseNever(scope: Scope, path: string, real: string, ways: readonly (readonly string[])[]): void {
  const shown = shownPath(path, scope.workspace);
  if (ways.flat().some(isGit))
    throw new InputProblem(
      `${shown} is in .git, which is never sent, because it contains the workflow's token`,
      'use another path.',
    );
  if (scope.results.some((folder) => isInside(path, folder) || isInside(real, folder)))
    throw new InputProblem(
      `${shown} is a result of this step, which is never sent`,
      'set another "output-path", or read an earlier job\u2019s results by "task:NAME/model".',
    );
}
