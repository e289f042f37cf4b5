/** Where a job's results are, from SageMaker's description. So it works for jobs of other clients too. */

import { archiveName, filesFolder } from '../core/s3-layout.ts';
import type { Compression } from '../core/training-job.ts';
import type { StoredResult } from './spec.ts';

/** The part of a job that determines where its results are. S3 URIs; empty if the job has none. */
export interface ResultPlaces {
  readonly name: string;
  /** Without a slash at its end. */
  readonly outputPath: string;
  readonly compression: Compression;
  readonly stateUri: string;
  readonly codeUri: string;
}

/** The S3 URI of an archive, or of a folder, which ends in a slash. Empty if the job has none. */
export function resultUri(job: ResultPlaces, result: StoredResult): string {
  switch (result) {
    case 'model':
    case 'output':
      if (job.outputPath === '') return '';
      return `${job.outputPath}/${job.name}/output/${job.compression === 'none' ? filesFolder(result) : archiveName(result)}`;
    case 'state':
      return job.stateUri === '' ? '' : job.stateUri.replace(/(?<!\/)\/*$/, '/');
    case 'source':
      return job.codeUri;
  }
}
