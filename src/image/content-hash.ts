/** The hash of everything that an image is built from. */

import { hashText } from '../core/hash-text.ts';
import type { HashedFile } from '../core/local-file.ts';

export interface BuildFacts {
  /** The Dockerfile as Docker gets it. */
  readonly dockerfile: string;
  readonly files: readonly HashedFile[];
  /** Path → a link's target, or `/` for a folder. */
  readonly linksAndFolders: ReadonlyMap<string, string>;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** Base image → its digest. Undefined if the digest is unknown: then the image counts by its name. */
  readonly bases: ReadonlyMap<string, string | undefined>;
  readonly platform: string;
}

/** 64 hexadecimal digits: the image's tag in ECR, and its fact in the fingerprint. */
export function imageHash({ dockerfile, files, linksAndFolders, buildArgs, bases, platform }: BuildFacts): string {
  const context = files.map(({ path, sha256, executable }) => [path, sha256, executable]);
  const facts = [dockerfile, context, sorted(linksAndFolders), sorted(buildArgs), sorted(bases), platform];
  return hashText(JSON.stringify(facts));
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T | null][] {
  return [...map].map(([key, value]): [string, T | null] => [key, value ?? null]).sort(([a], [b]) => (a < b ? -1 : 1));
}
