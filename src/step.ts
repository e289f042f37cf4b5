/** What every stage of a run works with. */

import type { Home } from './aws/bucket.ts';
import type { Connection } from './aws/connection.ts';
import type { RunContext } from './core/run-context.ts';
import type { Network } from './network/network.ts';

export interface Step {
  readonly aws: Connection;
  /** For requests to other hosts than AWS's. */
  readonly network: Network;
  /** The bucket that holds everything of the project. */
  readonly home: Home;
  /** The workflow run. */
  readonly run: RunContext;
  /** Aborted if the step is cancelled, or if another part of the same stage fails. */
  readonly signal: AbortSignal;
}
