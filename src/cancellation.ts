/**
 * Turns GitHub's signals into one AbortSignal. To cancel a step, GitHub sends SIGINT, 7.5 s later SIGTERM, and kills
 * the process 2.5 s after that. The first signal is the reason of the abort.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-cancellation
 */

import { CancelledError } from './core/errors.ts';
import { cancelSignals } from './core/platform.ts';

export function cancelSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of cancelSignals(process.platform)) {
    process.on(name, () => controller.abort(new CancelledError(name)));
  }
  return controller.signal;
}
