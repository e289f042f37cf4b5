/** Where SageMaker's instances have what becomes an archive. https://docs.aws.amazon.com/sagemaker/latest/dg/model-train-storage.html */

import type { StoredResult } from './spec.ts';

/** A link that names a place below it means that place in the archive. */
export const WORKER_FOLDERS: Readonly<Record<StoredResult, string | undefined>> = {
  model: '/opt/ml/model',
  output: '/opt/ml/output/data',
  state: undefined,
  source: undefined,
};
