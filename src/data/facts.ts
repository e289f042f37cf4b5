/** The fingerprint's facts of a channel. */

import { hashText } from '../core/hash-text.ts';
import type { HashedFile } from '../core/local-file.ts';
import type { LocatedChannel } from './channels.ts';

/** Identifies a folder's files by their paths and contents. Their times do not count. */
export function contentsFact(files: readonly HashedFile[]): string {
  const contents = files.map(({ path, sha256 }) => [path, sha256]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return hashText(JSON.stringify(contents));
}

/** Identifies a channel by its data and by how the worker gets it. */
export function channelFact({ fact, distribution, mode }: LocatedChannel): string {
  return hashText(`${fact ?? ''} ${distribution} ${mode}`);
}
