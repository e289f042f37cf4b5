/**
 * Gives the files of a result the names that an artifact can have. Where one cannot keep its own, further names of all are made
 * for the time of the upload, in a folder beside the result: so nothing is copied, and the result stays as it is.
 */
import { mkdtempSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Below } from './below.ts';
import { fitting } from './file-names.ts';
import { NamedFew } from './named-few.ts';
import type { Output } from './output-folder.ts';
import { Places } from './places.ts';
import type { TreeEntry } from './result-tree.ts';

export interface ArtifactTree {
  readonly folder: string;
  /** Absolute paths below it. An empty folder's ends in a slash: without it, @actions/artifact makes an empty file of it. */
  readonly files: readonly string[];
  /** The names that were changed. */
  readonly changed: NamedFew;
}

/** `folder`: of the result, in the output folder. */
export async function inArtifact<T>(
  output: Output,
  folder: string,
  entries: readonly TreeEntry[],
  work: (tree: ArtifactTree) => Promise<T>,
): Promise<T> {
  if (entries.every(isPossible)) return work(treeIn(folder, entries, new NamedFew()));
  const staged = basename(mkdtempSync(join(output.real, '.artifact-')));
  const root = new Below(output.real);
  try {
    const places = new Places('artifact');
    // Those that keep their names come first, so that no other one takes them.
    const inOrder = [...entries.filter(isPossible), ...entries.filter((entry) => !isPossible(entry))];
    const moved = inOrder.map((entry) => {
      const path = entry.kind === 'file' ? places.file(entry.path) : places.folder(entry.path);
      if (entry.kind === 'file') root.hardLink(`${staged}/${path}`, `${basename(folder)}/${entry.real}`);
      else root.folder(`${staged}/${path}`);
      return { ...entry, path };
    });
    return await work(treeIn(join(output.path, staged), moved, places.changed));
  } finally {
    root.removeFolder(staged);
  }
}

function isPossible({ path }: TreeEntry): boolean {
  return path.split('/').every((part) => fitting(part, 'artifact') === part);
}

function treeIn(folder: string, entries: readonly TreeEntry[], changed: NamedFew): ArtifactTree {
  const files = entries.map(({ path, kind }) => join(folder, kind === 'file' ? path : `${path}/`));
  return { folder, files, changed };
}
