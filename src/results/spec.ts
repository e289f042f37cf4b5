/** Which results come back from the job, and how. */

import type { Compression } from '../core/training-job.ts';

export const COMPRESSIONS = ['gzip', 'none'] as const satisfies readonly Compression[];

export const RESULTS = ['logs', 'model', 'output', 'state', 'source'] as const;
export type Result = (typeof RESULTS)[number];

/** The results that another task can read. Model, output and source are archives; state is files. */
export type StoredResult = Exclude<Result, 'logs'>;

export interface ResultsSpec {
  /** Relative to the workspace, or absolute. */
  readonly outputPath: string;
  readonly download: ReadonlySet<Result>;
  /** Whether SageMaker is to pack model and output. */
  readonly compression: Compression;
  readonly artifacts: ReadonlySet<Result>;
  /** The first part of an artifact's name, before a dash and the result's name. */
  readonly artifactName: string;
  /** Days that GitHub keeps an artifact. Undefined: as the repository's settings say. */
  readonly retentionDays: number | undefined;
  /** Of an artifact's zip: 0 to 9. Undefined: by the content. */
  readonly compressionLevel: number | undefined;
}
