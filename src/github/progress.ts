/** Progress messages of work that takes long. */

import { info } from './log.ts';

const EVERY_MS = 10_000;

/** Waits for the work and prints `progress()` every ten seconds, so that the log shows that the step is alive. */
export async function printProgress<T>(progress: () => string, work: Promise<T>): Promise<T> {
  const timer = setInterval(() => info(progress()), EVERY_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
