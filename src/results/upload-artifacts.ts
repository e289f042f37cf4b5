/** Uploads results as artifacts of the workflow run. */

import { join } from 'node:path';
import { together } from '../core/concurrency.ts';
import { counted, size } from '../core/format.ts';
import { isCompressible } from '../files/compressible.ts';
import type { Output } from '../files/output-folder.ts';
import { resultTree, type TreeEntry } from '../files/result-tree.ts';
import { inArtifact } from '../files/stage-artifact.ts';
import { artifactService, type UploadedArtifact, uploadArtifact } from '../github/artifacts.ts';
import { info, inGroup, notice, warning } from '../github/log.ts';
import type { Step } from '../step.ts';
import type { Downloaded } from './download.ts';
import { type ResultPlaces, resultUri } from './locations.ts';
import type { Result, ResultsSpec } from './spec.ts';

/** As actions/upload-artifact compresses. */
const DEFAULT_LEVEL = 6;

/** Where the results are that become artifacts. */
export interface Source {
  readonly output: Output;
  readonly job: ResultPlaces;
}

/** The artifacts that were made, by their results, and why others were not. */
export interface Uploads {
  readonly artifacts: ReadonlyMap<Result, UploadedArtifact>;
  readonly problems: readonly Error[];
}

/** Uploads the results that `upload-artifacts` names, except empty ones. */
export async function uploadArtifacts(
  step: Step,
  spec: ResultsSpec,
  source: Source,
  downloaded: readonly Downloaded[],
): Promise<Uploads> {
  const wanted = downloaded.filter(({ result }) => spec.artifacts.has(result));
  const artifacts = new Map<Result, UploadedArtifact>();
  const problems: Error[] = [];
  if (wanted.length === 0 || !hasService(source, wanted)) return { artifacts, problems };
  await inGroup('Artifacts', () =>
    together(step.signal, (signal) =>
      wanted.map(async (one) => {
        try {
          const uploaded = await upload(step, spec, source, one);
          if (uploaded !== undefined) artifacts.set(one.result, uploaded);
        } catch (error) {
          signal.throwIfAborted();
          problems.push(error as Error);
        }
      }),
    ),
  );
  for (const { name, bytes, id } of artifacts.values())
    info(`Artifact ${name}: ${size(bytes)}${id === undefined ? '' : `, number ${id}`}`);
  return { artifacts, problems };
}

/** Undefined for an empty result. */
async function upload(
  { network }: Step,
  spec: ResultsSpec,
  source: Source,
  one: Downloaded,
): Promise<UploadedArtifact | undefined> {
  const name = `${spec.artifactName}-${one.result}`;
  const { entries, left } = await resultTree(one.folder);
  if (left.count > 0)
    warning(`The artifact ${name} lacks ${counted(left.count, 'link')} of ${one.folder}:\n${left.lines}`);
  if (entries.length === 0) {
    info(`Artifact ${name}: left out, because ${one.result} is empty`);
    return undefined;
  }
  const compressionLevel = spec.compressionLevel ?? (await levelOf(one.folder, entries));
  info(`Artifact ${name}: ${size(one.bytes)} to send, compressed by level ${compressionLevel}`);
  return inArtifact(source.output, one.folder, entries, async ({ folder, files, changed }) => {
    const { retentionDays } = spec;
    const asked = { name, folder, files, kept: kept(source, one), retentionDays, compressionLevel };
    const uploaded = await uploadArtifact(asked, network);
    if (changed.count === 0) return uploaded;
    notice(
      `${counted(changed.count, 'name')} changed in the artifact ${name}, because artifacts refuse names that are too long or have " : < > | * ? \\ ##[ or line breaks:\n` +
        `${changed.lines}\nThe names that the job gave are ${kept(source, one)}.`,
    );
    return uploaded;
  });
}

/** What is compressed already is only stored: that is ten times as fast. */
async function levelOf(folder: string, entries: readonly TreeEntry[]): Promise<number> {
  const files = entries.filter(({ kind }) => kind === 'file').map(({ real }) => join(folder, real));
  return (await isCompressible(files)) ? DEFAULT_LEVEL : 0;
}

function hasService({ output, job }: Source, wanted: readonly Downloaded[]): boolean {
  const service = artifactService(process.env);
  const filled = wanted.filter(({ files }) => files > 0);
  if (service.kind === 'there' || filled.length === 0) return service.kind === 'there';
  if (service.kind === 'absent') {
    notice('This runner has no artifact service, so no artifacts were uploaded.');
    return false;
  }
  warning(
    `No artifacts were uploaded: ${service.server} is not GitHub.com, and GitHub Enterprise Server does not have the artifact ` +
      `service that this action uses.\n${filled.map((one) => `- ${one.result}: ${kept({ output, job }, one)}`).join('\n')}\n` +
      'For an artifact, let a later step with actions/upload-artifact@v3 upload the folder that the output "output-path" names. ' +
      'With "upload-artifacts: none" there is no such warning.',
  );
  return false;
}

/** Where a result is, artifact or not. */
function kept({ job }: Source, { result, folder }: Downloaded): string {
  const uri = result === 'logs' ? '' : resultUri(job, result);
  return `in ${folder} on the runner${uri === '' ? '' : ` and in ${uri}`}`;
}
