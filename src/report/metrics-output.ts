/** The output `metrics`. */

import { named } from '../core/named.ts';
import type { Metrics } from '../core/training-job.ts';
import { notice, redact } from '../github/log.ts';

/** JSON has neither NaN nor infinity: a notice names the metrics that are left out. */
export function metricsOutput(metrics: Metrics): string {
  const finite = [...metrics].filter(([, value]) => Number.isFinite(value));
  const others = [...metrics]
    .filter(([, value]) => !Number.isFinite(value))
    .map(([name, value]) => `${named(name)} ${value}`);
  if (others.length > 0)
    notice(`The output "metrics" leaves out metrics whose last value is not a finite number: ${others.join(', ')}.`);
  return JSON.stringify(Object.fromEntries(finite));
}

/** A worker chooses the names. */
export function withoutSecrets(metrics: Metrics): Metrics {
  return new Map([...metrics].map(([name, value]) => [redact(name), value]));
}
