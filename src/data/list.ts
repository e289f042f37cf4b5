/** Lists the files of local channels. */

import { collectMistakes } from '../core/collect-mistakes.ts';
import { InputProblem, type Mistake } from '../core/errors.ts';
import type { LocalFile } from '../core/local-file.ts';
import { inputFolder, keyProblem, type Place } from '../core/s3-layout.ts';
import { existingPath } from '../files/look-up.ts';
import type { Scope } from '../files/scope.ts';
import { listData } from '../files/tree.ts';
import type { Channel, ListedChannel } from './channels.ts';

/** The channels with their files, and the mistakes in the files. */
export interface ListedChannels {
  readonly channels: readonly ListedChannel[];
  readonly mistakes: readonly Mistake[];
}

export async function listChannels(channels: readonly Channel[], place: Place, scope: Scope): Promise<ListedChannels> {
  const listed = await Promise.all(
    channels.map(async (channel) => {
      const { name, source } = channel;
      if (source.kind !== 'local') return { channel: { ...channel, files: undefined }, mistakes: [] };
      const read = (): Promise<readonly LocalFile[]> => localFiles(place, name, source.path, scope);
      const { value: files, mistakes } = await collectMistakes('inputs', [], read);
      return { channel: { ...channel, files }, mistakes };
    }),
  );
  return {
    channels: listed.map(({ channel }) => channel),
    mistakes: listed.flatMap(({ mistakes }) => mistakes),
  };
}

async function localFiles(place: Place, name: string, path: string, scope: Scope): Promise<readonly LocalFile[]> {
  const files = await listData(await existingPath(path, scope.workspace), scope);
  if (files.length === 0)
    throw new InputProblem(
      `the folder ${path} of the channel "${name}" contains no file to send`,
      'put the data there, or remove the channel.',
    );
  const folder = inputFolder(place, name);
  for (const file of files) {
    const problem = keyProblem(folder, file.path);
    if (problem !== undefined)
      throw new InputProblem(`the file ${JSON.stringify(file.path)} of the channel "${name}" ${problem}`, 'rename it.');
  }
  return files;
}
