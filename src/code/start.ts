/** What the worker starts. */
import { posix } from 'node:path';

/** A file of the code, shell lines, or the image's own entry point. */
export type Start = CodeStart | { readonly kind: 'image' };

/** What the action's launcher starts. */
export type CodeStart =
  | { readonly kind: 'entrypoint'; readonly path: string }
  | { readonly kind: 'run'; readonly text: string };

/** The entrypoint's path in the archive. Without `source-dir` it is at the root. */
export function archivedEntrypoint(sourceDir: string | undefined, entrypoint: string): string {
  return sourceDir === undefined ? posix.basename(entrypoint) : entrypoint.replace(/^(\.\/+)+/, '');
}
