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
  /**
   * Identifies the content: its SHA-256 in hexadecimal digits. For a file of several parts the SHA-256 of those of its parts,
   * and a dash and their number, which no other file has: so the parts are hashed at the same time.
   */
  readonly sha256: string;
  /** The SHA-256 of each part in Base64, if there are several: see `partsOf`. */
  readonly parts?: readonly string[];
}

/** A file that the action generates: its path in an archive, and its text. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}
