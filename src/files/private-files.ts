/**
 * Recognises files that usually contain credentials. They are not sent, unless an ignore file includes one by its name.
 * `.git` is never sent: actions/checkout writes the workflow's token to its config
 * (https://github.com/actions/checkout#usage, `persist-credentials`).
 */
import { createReadStream } from 'node:fs';

/** In upper or lower case: on a disk that ignores case, `.GIT` is the same folder. */
export function isGit(name: string): boolean {
  return name.length === 4 && name.toLowerCase() === '.git';
}

/** Why a path is private: the name of the file, or of a folder above it. */
export interface Guard {
  readonly name: string;
  /** Whether the file is private only if it contains a private key. */
  readonly ifKey: boolean;
}

const FOLDER = /^\.(?:aws|ssh|terraform)$/i;
/** Files, and folders with the same names: a Python environment is often called `.env`. */
const NAME =
  /^(?:\.env(?:\..*)?|\.netrc|\.npmrc|\.pypirc|gha-creds-.*\.json|id_(?:rsa|dsa|(?:ecdsa|ed25519)(?:_sk)?))$/is;
const EXAMPLE = /^\.env\.example$/i;
const DOCKER = /^\.docker$/i;
const CONFIG = /^config\.json$/i;
/** Names of private keys and of other files: the content decides. */
const KEY = /^id_|\.pem$/i;

/** `parents`: the name of the folder above, and its real name if that is a link. */
export function guardOf(name: string, parents: readonly string[], isFolder: boolean): Guard | undefined {
  const byName = (NAME.test(name) && !EXAMPLE.test(name)) || (isFolder && FOLDER.test(name));
  if (byName || (CONFIG.test(name) && parents.some((parent) => DOCKER.test(parent)))) return { name, ifKey: false };
  return !isFolder && KEY.test(name) ? { name, ifKey: true } : undefined;
}

/** The guards of a path and of the folders above it. `parts`: the names in the path. */
export function guardsAlong(parts: readonly string[], isFolder: boolean): Guard[] {
  return parts.flatMap(
    (name, at) => guardOf(name, parts.slice(Math.max(at - 1, 0), at), isFolder || at < parts.length - 1) ?? [],
  );
}

const PRIVATE_KEY = /BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/;
const LONGEST_KEY_FILE = 64 * 1024;

/** Whether the file contains a private key. In a `.pem` it can follow certificates. */
export async function holdsPrivateKey({ absolute, size }: { absolute: string; size: number }): Promise<boolean> {
  if (size > LONGEST_KEY_FILE && !/\.pem$/i.test(absolute)) return false;
  let rest = '';
  for await (const chunk of createReadStream(absolute, 'latin1')) {
    // PowerShell writes UTF-16, in which every other byte is 0.
    const text = rest + (chunk as string).replaceAll('\0', '');
    if (PRIVATE_KEY.test(text)) return true;
    rest = text.slice(-64);
  }
  return false;
}

/** Whether a pattern matches a path, or a folder above it. */
export type Matcher = (path: string) => boolean;

interface Line {
  readonly matches: Matcher;
  readonly spelled: readonly Matcher[];
}

/**
 * The `!` lines of an ignore file. A line includes a private file only if it spells the name or its beginning: `!.env.*`
 * includes `.env.prod`, but `!src/**` does not, because its author thought of other files.
 */
export class BroughtBack {
  readonly #lines: readonly Line[];

  /** `matcher`: reads a pattern as this kind of ignore file does. */
  constructor(text: string, matcher: (pattern: string) => Matcher) {
    const lines = text.split('\n').map((line) => line.trim());
    const signed = lines.flatMap((line) => (line.startsWith('!') ? line.slice(1).trim() : []));
    const patterns = signed.filter((pattern) => pattern !== '');
    this.#lines = patterns.map((pattern) => {
      const names = pattern.split('/').filter((part) => /^[^*?[\\#!]*[\p{L}\p{N}]/u.test(part));
      return { matches: matcher(pattern), spelled: names.map(matcher) };
    });
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** `path`: relative to the ignore file. `name`: of the guard. */
  has(path: string, name: string): boolean {
    return this.#lines.some(({ matches, spelled }) => spelled.some((each) => each(name)) && matches(path));
  }
}
