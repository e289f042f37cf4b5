/** Uploads results as artifacts of the workflow run. */

import { together } from '../core/concurrency.ts';
import { counted, size } from '../core/format.ts';
import type { Output } from '../files/output-folder.ts';
import { resultTree } from '../files/result-tree.ts';
import { inArtifact } from '../files/stage-artifact.ts';
import { artifactService, uploadArtifact } from '../github/artifacts.ts';
import { info, notice, warning } from '../github/log.ts';
import type { Step } from '../step.ts';
import type { Downloaded } from './download.ts';
import { type ResultPlaces, resultUri } from './locations.ts';
import type { ResultsSpec } from './spec.ts';

/** Where the results are that become artifacts. */
export interface Source {
  readonly output: Output;
  readonly job: ResultPlaces;
}

/** Uploads the results that `upload-artifacts` names, except empty ones. Returns what could not be uploaded. */
export async function uploadArtifacts(
  step: Step,
  spec: ResultsSpec,
  source: Source,
  downloaded: readonly Downloaded[],
): Promise<readonly Error[]> {
  const wanted = downloaded.filter(({ result }) => spec.artifacts.has(result));
  if (!hasService(source, wanted)) return [];
  const ended = await together(step.signal, (signal) =>
    wanted.map(async (one) => {
      try {
        await upload(step, `${spec.artifactName}-${one.result}`, source, one);
        return [];
      } catch (error) {
        signal.throwIfAborted();
        return [error as Error];
      }
    }),
  );
  return ended.flat();
}

async function upload({ network }: Step, name: string, source: Source, one: Downloaded): Promise<void> {
  const { entries, left } = await resultTree(one.folder);
  if (left.count > 0)
    warning(`The artifact ${name} lacks ${counted(left.count, 'link')} of ${one.folder}:\n${left.lines}`);
  if (entries.length === 0) return;
  await inArtifact(source.output, one.folder, entries, async ({ folder, files, changed }) => {
    const uploaded = await uploadArtifact({ name, folder, files, kept: kept(source, one) }, network);
    info(`Artifact ${name}: ${size(uploaded)}`);
    if (changed.count === 0) return;
    notice(
      `${counted(changed.count, 'name')} changed in the artifact ${name}, because artifacts refuse names that are too long or have " : < > | * ? \\ ##[ or line breaks:\n` +
        `${changed.lines}\nThe names that the job gave are ${kept(source, one)}.`,
    );
  });
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
