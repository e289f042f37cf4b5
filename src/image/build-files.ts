/** A Dockerfile and the files that it may copy, on the runner. */

import type { LocalFile } from '../core/local-file.ts';

/** The ignore file of a build context. */
export interface BuildIgnore {
  /** The user's file, and what the action adds to it. */
  readonly text: string;
  /** Whether the user's file is `NAME.dockerignore` beside a Dockerfile NAME, which takes the place of `.dockerignore`. */
  readonly isOwn: boolean;
  /** Whether the action adds paths. */
  readonly hasAdditions: boolean;
}

export interface BuildFiles {
  /** The user's Dockerfile. */
  readonly text: string;
  /** Its absolute path. Undefined if the input is the text itself. */
  readonly file: string | undefined;
  /** The absolute path of the build context. Undefined: the context is empty. */
  readonly context: string | undefined;
  readonly ignore: BuildIgnore;
  /** The files that the Dockerfile may copy. */
  readonly files: readonly LocalFile[];
  /** The links and folders that it may copy: path in the context → the link's target, or `/` for a folder. */
  readonly linksAndFolders: ReadonlyMap<string, string>;
}
