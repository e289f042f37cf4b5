/** Where a job's results lie, by SageMaker's description of it: of jobs that other clients started too. */
import type { ResultKind } from './sources.ts';
import type { DescribedJob } from './status.ts';

/** An S3 URI: of an archive, or of the state's folder. Empty where the job has none. */
export function resultUri(job: DescribedJob, result: ResultKind): string {
  switch (result) {
    case 'model':
    case 'output':
      return job.outputPath === '' ? '' : `${job.outputPath}/${job.name}/output/${result}.tar.gz`;
    case 'state':
      return job.stateUri === '' ? '' : job.stateUri.replace(/\/*$/, '/');
    case 'source':
      return job.codeUri;
  }
}
