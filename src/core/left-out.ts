/** Collects the paths of files that are not sent, and reports them. Paths are relative to the workspace. A folder ends in a slash. */

import { counted } from './format.ts';
import { named, namedFirst } from './named.ts';

/** The most names in a message. */
const SHOWN = 10;

/** Why a path of the code is not sent: an ignore file, the line that brings it back, and the file for that line. */
export interface Exclusion {
  /** Paths of ignore files, relative to the workspace. */
  readonly by: string;
  readonly line: string;
  readonly into: string;
}

/** How to send what ignore files exclude: a part of a sentence. */
export function bringBack(exclusions: readonly Exclusion[]): string {
  return exclusions.map(({ line, into }) => `add the line "${named(line)}" to ${named(into)}`).join(', and ');
}

export class LeftOut {
  readonly #byGitignore = new Set<string>();
  readonly #private = new Set<string>();
  readonly #never = new Set<string>();

  /** `.gitignore` excludes it from the code. */
  addIgnored(path: string): void {
    this.#byGitignore.add(path);
  }

  /** It may contain credentials, and no ignore file includes it. */
  addPrivate(path: string): void {
    this.#private.add(path);
  }

  /** It is `.git`, or an output folder of the action. */
  addNever(path: string): void {
    this.#never.add(path);
  }

  /** The text of a notice. Undefined if there are no private files. */
  notice(): string | undefined {
    const [first] = [...this.#private].sort();
    if (first === undefined) return undefined;
    return (
      `Not sent, because they may contain credentials: ${namedFirst(this.#private, SHOWN)}. If the job needs one of them, add a line ` +
      `such as "!${named(first)}" to .sagemakerignore. If an image needs one, add the line to .dockerignore.`
    );
  }

  /** Lines for the log. */
  lines(): string[] {
    const folders = [...this.#byGitignore].filter((path) => path.endsWith('/')).length;
    const parts = [
      ...(folders === 0 ? [] : [counted(folders, 'folder')]),
      ...(folders === this.#byGitignore.size ? [] : [counted(this.#byGitignore.size - folders, 'file')]),
    ];
    return [
      ...(parts.length === 0
        ? []
        : [`.gitignore excludes ${parts.join(' and ')} from the code: ${namedFirst(this.#byGitignore, SHOWN)}`]),
      ...(this.#never.size === 0 ? [] : [`Never sent: ${namedFirst(this.#never, SHOWN)}`]),
    ];
  }
}
