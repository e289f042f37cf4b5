/** On which systems the stand-in runs. */

import { ActionError } from '../core/errors.ts';
import type { Platform } from '../core/platform.ts';

/** Undefined where it runs. It starts jobs as processes of a POSIX system: Linux isolates them, macOS does not. */
export function standInProblem(platform: Platform): ActionError | undefined {
  if (platform !== 'win32') return undefined;
  return new ActionError(
    'The stand-in for AWS does not run on Windows.',
    'Give the workflow job "runs-on: ubuntu-latest", or macos-latest. On a Windows machine of your own, run it in WSL.',
  );
}
