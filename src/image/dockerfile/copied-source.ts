/** What an instruction copies from the build context, as patterns for paths below it. */
import { posix } from 'node:path';
import { ContextPatterns, exactPattern } from '../dockerignore.ts';

export interface CopiedSource {
  /** Matches each path that the instruction may copy. `**` matches all. */
  readonly pattern: string;
  /** Patterns of `--exclude`, for paths below the source. */
  readonly excludes: readonly string[];
}

export const EVERYTHING: CopiedSource = { pattern: '**', excludes: [] };

/** Linux has no longer paths. */
const LONGEST = 4096;
/** A class of characters that both kinds of patterns read alike. */
const CLASS = /\[\^?[\w .,+@%~=-]+\]/g;

/**
 * Whether ADD downloads the source: https://github.com/moby/buildkit/blob/v0.34.2/frontend/dockerfile/dfgitutil/git_ref.go
 */
export function isRemote(source: string): boolean {
  return /^https?:\/\/|^(?:git|ssh):\/\/|^[\w-]+@[a-zA-Z0-9.-]+:/.test(source);
}

/**
 * `source`: the path or pattern after its variables are expanded. It is a pattern of Go's filepath.Match; what could mean
 * something else in a pattern of `.dockerignore` matches everything.
 */
export function copiedSource(source: string, excludes: readonly string[]): CopiedSource {
  const path = inContext(source);
  // "./" in front, because "!" and "#" have a meaning only at the start of a pattern.
  const pattern = `./${path.replace(/[\t-\r]|\s$/g, '?')}`;
  const isKnown = !/[[\\]/.test(path.replace(CLASS, '')) && (!/\[[^\]]*-/.test(path) || isValid(pattern));
  if (path.length > LONGEST || !isKnown) return EVERYTHING;
  return { pattern: path === '' ? '**' : pattern, excludes: usable(path, excludes) };
}

/** What a bind mount shows: one path, which is no pattern. */
export function mountedSource(source: string): CopiedSource {
  const path = inContext(source);
  return path === '' || path.length > LONGEST ? EVERYTHING : { pattern: exactPattern(path), excludes: [] };
}

/** The path relative to the context. No path leads out of it. */
function inContext(source: string): string {
  return posix.normalize(`/${source}`).replace(/^\/|\/$/g, '');
}

/**
 * The patterns that surely exclude. They are for paths below a folder, so they are not used for a source with wildcards, which
 * may be a file, nor where one is in doubt: `!` takes back what others exclude.
 */
function usable(path: string, excludes: readonly string[]): readonly string[] {
  const isPlain = !/[*?[\\]/.test(path) && excludes.every((each) => /^[\w.*?@+-][\w.*?/ @+-]*$/.test(each));
  return isPlain ? excludes : [];
}

/** A range can be the wrong way round. */
function isValid(pattern: string): boolean {
  try {
    return new ContextPatterns(pattern) !== undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return false;
  }
}

/** Matches the paths that some source copies. */
export class CopiedPaths {
  readonly hasNegation = false;
  readonly #all: ContextPatterns;
  readonly #excluding: readonly {
    readonly path: string;
    readonly from: ContextPatterns;
    readonly excludes: ContextPatterns;
  }[];

  constructor(sources: readonly CopiedSource[]) {
    const isPlain = ({ excludes }: CopiedSource): boolean => excludes.length === 0;
    this.#all = new ContextPatterns(
      sources
        .filter(isPlain)
        .map(({ pattern }) => pattern)
        .join('\n'),
    );
    this.#excluding = sources
      .filter((source) => !isPlain(source))
      .map(({ pattern, excludes }) => ({
        path: pattern === '**' ? '' : pattern.slice('./'.length),
        from: new ContextPatterns(pattern),
        excludes: new ContextPatterns(excludes.join('\n')),
      }));
  }

  /** Whether the path, or a folder above it, is copied. */
  match(path: string): boolean {
    if (this.#all.match(path)) return true;
    return this.#excluding.some((each) => {
      if (!each.from.match(path)) return false;
      const below = each.path === '' ? path : path.slice(each.path.length + 1);
      return below === '' || !each.excludes.match(below);
    });
  }

  /** Whether the path itself is a source. */
  matchItself(path: string): boolean {
    return this.#all.matchItself(path) || this.#excluding.some(({ from }) => from.matchItself(path));
  }
}
