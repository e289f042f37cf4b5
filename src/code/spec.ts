/** What runs on the worker. */

import type { Json } from '../core/json.ts';
import type { Distribution } from './distribution.ts';
import type { Secrets } from './secrets.ts';
import type { Start } from './start.ts';

export interface CodeSpec {
  readonly start: Start;
  readonly sourceDir: string | undefined;
  readonly dependencies: readonly string[];
  readonly arguments: readonly string[];
  readonly hyperparameters: ReadonlyMap<string, Json>;
  /** Names among the hyperparameters that the entrypoint gets as `--name` alone. Their value is true. */
  readonly flags: ReadonlySet<string>;
  readonly environment: ReadonlyMap<string, string>;
  /** Variables that the launcher adds for the script alone. */
  readonly secrets: Secrets;
  /** Starts the code on the worker: the action's launcher, or AWS's training toolkit in the image. */
  readonly launcher: 'action' | 'image';
  readonly distribution: Distribution;
}
