/** Packs the code and uploads it to the job's folder. */
import { basename, join, posix, resolve } from 'node:path';
import { putObject } from '../aws/s3-objects.ts';
import { counted, size } from '../core/format.ts';
import type { LocalFile } from '../core/local-file.ts';
import { CODE_ARCHIVE, type Place, sourceFolder } from '../core/s3-layout.ts';
import { packArchive } from '../files/tar.ts';
import { listData } from '../files/tree.ts';
import { info } from '../github/log.ts';
import type { Step } from '../step.ts';
import { jobFiles, TOOLKIT_FOLDERS } from './launcher-files.ts';
import type { CodeSpec } from './spec.ts';
import { archivedEntrypoint } from './start.ts';

/** The folder beside dist/, which contains this bundle. */
const TOOLKIT = join(import.meta.dirname, '..', 'toolkit');

/** `files`: the result of `listCode`. An image that starts with its own entry point gets no code. */
export async function uploadCode(
  { aws, home, run, signal }: Step,
  spec: CodeSpec,
  files: readonly LocalFile[],
  place: Place,
  job: string,
): Promise<void> {
  const { start, sourceDir } = spec;
  if (start.kind === 'image') return;
  const archived = start.kind === 'entrypoint' ? { ...start, path: archivedEntrypoint(sourceDir, start.path) } : start;
  const dependencies = spec.dependencies.map((path) => basename(resolve(run.workspace, path)));
  const texts = jobFiles(archived, spec, dependencies);
  const archive = await packArchive([...files, ...(await toolkitFiles())], texts);
  await putObject(aws, home.bucket, sourceFolder(place, job) + CODE_ARCHIVE, archive, signal);
  info(`Code: ${counted(files.length, 'file')}, ${size(archive.length)} packed`);
}

/** The files of the toolkit, without files that its tests leave behind. */
async function toolkitFiles(): Promise<LocalFile[]> {
  const files = await listData(TOOLKIT);
  return files.filter(({ path }) => TOOLKIT_FOLDERS.includes(posix.dirname(path)) && /\.(py|sh)$/.test(path));
}
