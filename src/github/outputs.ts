/** The step's outputs, each set as soon as it is known. */
import { setOutput } from '@actions/core';

/** The outputs that `action.yml` has. A test holds the two lists against each other. */
export const OUTPUTS = [
  'job-name',
  'job-arn',
  'status',
  'skipped',
  'instance-type',
  'image-uri',
  'model-uri',
  'output-uri',
  'state-uri',
  'logs-uri',
  'output-path',
  'metrics',
  'training-seconds',
  'billable-seconds',
  'spot-savings',
  'failure-reason',
  'fingerprint',
] as const;

export type Outputs = { readonly [name in (typeof OUTPUTS)[number]]?: string | number | undefined };

export function setOutputs(outputs: Outputs): void {
  for (const [name, value] of Object.entries(outputs)) if (value !== undefined) setOutput(name, value);
}
