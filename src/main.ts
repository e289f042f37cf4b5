/**
 * The entry point of the main step and of the post step. A post step with nothing to do ends here: loading the rest
 * would take longer than the step itself.
 */

import { isPost, unsettledState } from './github/saved-state.ts';

const unsettled = unsettledState();
if (!isPost() || unsettled !== undefined) {
  const { runStep } = await import('./step-process.ts');
  await runStep(isPost() ? unsettled : undefined);
}
