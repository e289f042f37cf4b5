/** Where the results are: on the runner, in S3, in artifacts. */

import { counted, size } from '../core/format.ts';
import { code, link } from '../core/markdown.ts';
import type { ReportedResult } from './job-report.ts';

/** HTML; empty without results. */
export function resultsList(results: readonly ReportedResult[]): string {
  return results.length === 0 ? '' : `<ul>${results.map((result) => `<li>${item(result)}</li>`).join('')}</ul>`;
}

/** The artifacts that were made, as links. */
export function artifactLinks(results: readonly ReportedResult[]): string {
  return results
    .flatMap(({ artifact }) => artifact ?? [])
    .map(({ name, url }) => link(url, code(name)))
    .join(', ');
}

function item({ result, files, bytes, path, uri, url, archiveBytes, artifact }: ReportedResult): string {
  const archive = archiveBytes === undefined ? '' : ` (${size(archiveBytes)})`;
  const local = files === 0 ? [] : [`${counted(files, 'file')}, ${size(bytes)}, in ${code(path)}`];
  const places = [
    ...(url === '' ? [] : [link(url, uri.endsWith('/') ? `S3${archive}` : `archive in S3${archive}`)]),
    ...(artifact === undefined
      ? []
      : [`artifact ${link(artifact.url, code(artifact.name))} (${size(artifact.bytes)})`]),
  ];
  return `${result}: ${[...local, ...places].join(' · ')}`;
}
