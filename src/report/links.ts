/** The pages that the report links to. */

import { jobUrl, logsUrl, s3Url } from '../core/names.ts';
import type { RunContext } from '../core/run-context.ts';
import { parseS3Uri } from '../core/s3-uri.ts';
import type { Links } from './job-report.ts';

type Run = Pick<RunContext, 'url' | 'attempt' | 'sha'>;

/** `outputPath`: see `DescribedJob`. */
export function linksOf(
  region: string,
  { name, outputPath }: { readonly name: string; readonly outputPath: string },
  run: Run,
): Links {
  const attempt = run.attempt > 0 ? `/attempts/${run.attempt}` : '';
  const { url: page = '', sha } = run;
  const repository = page.replace(/\/actions\/runs\/[^/]*$/, '');
  return {
    job: jobUrl(region, name),
    logs: logsUrl(region, name),
    s3: s3Page(region, outputPath === '' ? '' : `${outputPath}/${name}/`),
    run: page === '' ? '' : page + attempt,
    files: repository === '' || sha === '' ? '' : `${repository}/blob/${sha}/`,
  };
}

/** `id`: GitHub's number of the artifact. */
export function artifactUrl(run: Run, id: number | undefined): string {
  return run.url === undefined || id === undefined ? '' : `${run.url}/artifacts/${id}`;
}

/** The page of an S3 URI. Empty for an empty URI, and for one of a bucket that the console does not show. */
export function s3Page(region: string, uri: string): string {
  return /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/|$)/.test(uri) ? s3Url(region, parseS3Uri(uri)) : '';
}
