/** Files on the runner. */

/** A listed file. `path` is relative, with `/`. `size` is in bytes. `modified` is `stat`'s time in milliseconds. */
export interface LocalFile {
  readonly path: string;
  readonly absolute: string;
  readonly size: number;
  readonly modified: number;
  readonly executable: boolean;
}

export interface HashedFile extends LocalFile {
  readonly sha256: string;
}

/** A file that the action generates: its path in an archive, and its text. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}
