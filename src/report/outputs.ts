/** Sets the step's outputs, each as soon as its value is known. */

import { logsUrl } from '../core/names.ts';
import { setOutput } from '../github/outputs.ts';
import { type ResultPlaces, resultUri } from '../results/locations.ts';

/** The outputs in `action.yml`. A test compares the two lists. */
export const OUTPUTS = [
  'job-name',
  'job-arn',
  'status',
  'skipped',
  'detached',
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
  'report-path',
  'fingerprint',
] as const;

export type Outputs = { readonly [name in (typeof OUTPUTS)[number]]?: string | number | undefined };

export function setOutputs(outputs: Outputs): void {
  for (const [name, value] of Object.entries(outputs)) if (value !== undefined) setOutput(name, value);
}

/** A job for the outputs: requested by this step, or described by SageMaker. */
export interface OutputJob extends ResultPlaces {
  /** Several while SageMaker has not chosen one. */
  readonly instanceTypes: readonly string[];
  readonly imageUri: string;
}

/** Undefined while SageMaker has not chosen one of several. */
export function knownType(instanceTypes: readonly string[]): string | undefined {
  return instanceTypes.length === 1 ? instanceTypes[0] : undefined;
}

/** `outputPath`: the output folder on the runner. */
export function setJobOutputs(region: string, job: OutputJob, outputPath: string): void {
  setOutputs({
    'job-name': job.name,
    'instance-type': knownType(job.instanceTypes),
    'image-uri': job.imageUri,
    'model-uri': resultUri(job, 'model'),
    'output-uri': resultUri(job, 'output'),
    'state-uri': resultUri(job, 'state'),
    'logs-uri': logsUrl(region, job.name),
    'output-path': outputPath,
  });
}
