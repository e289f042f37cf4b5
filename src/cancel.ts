/**
 * Cancelling the step: GitHub sends SIGINT, SIGTERM 7.5 s later, and kills 2.5 s after that. Both abort one signal; the
 * first reason wins. https://docs.github.com/actions/reference/workflows-and-actions/workflow-cancellation
 */
import { CancelledError } from './task/errors.ts';

export function cancelSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => controller.abort(new CancelledError(name)));
  }
  return controller.signal;
}
