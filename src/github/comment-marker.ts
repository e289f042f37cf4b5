/**
 * The first line of a task's comment, which nobody sees: by it a later run finds the comment again and knows whose content
 * is newer. Rules only.
 */

/** The workflow run that a comment's content is about. */
export interface ContentRun {
  /** GITHUB_RUN_ID. It grows with each run of a repository. */
  readonly id: string;
  /** From 1. */
  readonly attempt: number;
}

export interface Content {
  readonly run: ContentRun;
  /** With the marker. */
  readonly body: string;
}

/** A comment with the task's marker, by the same author as this step's. */
export interface OwnComment extends Content {
  readonly id: number;
  readonly url: string;
}

/** What to do so that the pull request has one comment of the task, with the newest content. */
export interface Settlement {
  readonly keep: OwnComment;
  /** What `keep` must have. */
  readonly body: string;
  /** Whether that is the content of a newer run than this one. */
  readonly isNewer: boolean;
  /** The others. */
  readonly remove: readonly OwnComment[];
}

const NAME = 'simple-sagemaker-action';
/** Only at the beginning: elsewhere it can be text that somebody else wrote and another program quotes. */
const MARKER = new RegExp(`^<!-- ${NAME}: (\\S+) run (\\d{1,20}) attempt (\\d{1,6}) -->(?:\\r?\\n|$)`);

/** The marker's line. `key`: which task it is, PREFIX/PROJECT/TASK. */
export function markerOf(key: string, { id, attempt }: ContentRun): string {
  const run = /^\d{1,20}$/.test(id) ? id : '0';
  return `<!-- ${NAME}: ${safeKey(key)} run ${run} attempt ${attempt} -->`;
}

/** The run of a body that begins with the task's marker. Undefined for any other body. */
export function readMarker(body: string, key: string): ContentRun | undefined {
  const [, found, id = '', attempt] = MARKER.exec(body) ?? [];
  return found === safeKey(key) ? { id, attempt: Number(attempt) } : undefined;
}

/**
 * The oldest comment stays, where people have seen it. It gets this run's content, unless a newer run has written a comment
 * already. Another attempt of an older run is older: it is about an older commit.
 */
export function settle(own: readonly [OwnComment, ...OwnComment[]], mine: Content): Settlement {
  const [keep = own[0], ...remove] = own.toSorted((a, b) => a.id - b.id);
  const newer = own.filter(({ run }) => compareRuns(run, mine.run) > 0);
  const newest = newer.toSorted((a, b) => compareRuns(a.run, b.run) || a.id - b.id).at(-1);
  return { keep, body: newest?.body ?? mine.body, isNewer: newest !== undefined, remove };
}

/** Positive if `a` is the newer one. */
function compareRuns(a: ContentRun, b: ContentRun): number {
  const [one, other] = [numberOf(a), numberOf(b)];
  if (one !== other) return one > other ? 1 : -1;
  return a.attempt - b.attempt;
}

function numberOf({ id }: ContentRun): bigint {
  return /^\d{1,20}$/.test(id) ? BigInt(id) : 0n;
}

/** A comment of HTML must not have `--` in it, which could end it: https://spec.commonmark.org/0.31.2/#html-comment */
function safeKey(key: string): string {
  return encodeURIComponent(key.toWellFormed())
    .replaceAll('%2F', '/')
    .replace(/-(?=-|$)/g, '%2D');
}
