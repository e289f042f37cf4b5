/**
 * Asks git what its index has below a folder: https://git-scm.com/docs/git-ls-files. The repository's configuration is not
 * trusted: git runs no program that it names, and fetches nothing.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { findProgram, slashed } from '../core/platform.ts';

/** Paths are absolute. */
export interface IndexedFiles {
  /** What a sparse checkout leaves out: entries with the skip-worktree bit. At most `MOST`. */
  readonly skipped: readonly string[];
  /** Files with the mode 100755. Only asked for on Windows, whose files have no such bit. */
  readonly executable: readonly string[];
  /** Links. At most `MOST`. */
  readonly links: readonly IndexedLink[];
}

export interface IndexedLink {
  readonly path: string;
  /** Of its target's path, in hexadecimal digits. */
  readonly hash: string;
}

const NOTHING: IndexedFiles = { skipped: [], executable: [], links: [] };
const MOST = 10_000;
const MOST_MS = 20_000;

/** The entries below `path`, of the repository whose top folder is `repository`. None where git or its index is missing. */
export async function indexBelow(repository: string, path: string): Promise<IndexedFiles> {
  const git = findProgram('git', process.env, process.platform, existsSync);
  if (git === undefined || !existsSync(join(repository, '.git'))) return NOTHING;
  const below = slashed(relative(repository, path), process.platform) || '.';
  const skipped: string[] = [];
  const executable: string[] = [];
  const links: IndexedLink[] = [];
  const take = (entry: string): void => {
    const { skips, mode, hash, name } = readEntry(entry);
    if (name === undefined) return;
    const path = (): string => resolve(repository, name);
    if (skips && skipped.length < MOST) skipped.push(path());
    if (mode === '120000' && links.length < MOST) links.push({ path: path(), hash });
    if (mode === '100755' && process.platform === 'win32') executable.push(path());
  };
  const args = ['--literal-pathspecs', ...SAFE];
  const listed = await entries(git, [...args, 'ls-files', '-t', '-s', '-z', '--', below], repository, take);
  return listed ? { skipped, executable, links } : NOTHING;
}

/**
 * Settings of the command line win over those of the repository. The last one allows a workspace of another user, which git
 * refuses because of what the first ones switch off: https://git-scm.com/docs/git-config#Documentation/git-config.txt-safedirectory
 */
const SAFE = ['core.fsmonitor=false', 'core.hooksPath=/dev/null', 'protocol.allow=never', 'safe.directory=*'].flatMap(
  (setting) => ['-c', setting],
);

/** `H 100644 HASH 0<TAB>PATH`. The first letter is S for an entry with the skip-worktree bit. */
export function readEntry(entry: string): Entry {
  const [, tag, mode = '', hash = '', name] = /^(\S) (\d{6}) ([0-9a-f]+) \d\t(.+)$/s.exec(entry) ?? [];
  return { skips: tag === 'S', mode, hash, name };
}

interface Entry {
  readonly skips: boolean;
  /** `100755` is executable, `120000` is a link. */
  readonly mode: string;
  readonly hash: string;
  readonly name: string | undefined;
}

/** Calls back with each entry. Resolves to whether git listed them all. */
async function entries(
  git: string,
  args: readonly string[],
  cwd: string,
  take: (entry: string) => void,
): Promise<boolean> {
  const child = spawn(git, args, {
    cwd,
    env: environment(process.env, dirname(cwd)),
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: MOST_MS,
    windowsHide: true,
  });
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const whole = (rest + text).split('\0');
    rest = whole.pop() ?? '';
    whole.forEach(take);
  });
  return new Promise((done) => {
    child.once('error', () => done(false));
    child.once('close', (code) => done(code === 0));
  });
}

/** Without git's own variables, which could name another repository or program. It looks for no repository in `above`. */
function environment(env: NodeJS.ProcessEnv, above: string): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !/^GIT_/i.test(name));
  const own = { GIT_CEILING_DIRECTORIES: above, GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1' };
  return { ...Object.fromEntries(kept), ...own, GIT_TERMINAL_PROMPT: '0' };
}

/** The top folder of the repository that has the path. `top`: no folder above it is looked at. */
export function repositoryOf(path: string, top: string): string | undefined {
  for (let folder = path; ; folder = resolve(folder, '..')) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (folder === top || folder === resolve(folder, '..')) return undefined;
  }
}
