/**
 * A job's record, JOB/record.json: the facts of its fingerprint, and, once a run has seen its end, its results. The role of
 * the jobs cannot write here. Still, if the file does not parse as a record, it is treated as missing.
 */

import type { Origin } from '../core/run-context.ts';
import { archiveName, filesFolder } from '../core/s3-layout.ts';
import { listingHash, type RemoteFile } from '../core/s3-object.ts';
import type { Metrics } from '../core/training-job.ts';
import { at, idOf, isCommit } from '../core/unchecked.ts';
import { type Facts, fingerprintOf, parseFacts } from './fingerprint.ts';

export interface JobRecord {
  readonly facts: Facts;
  readonly by: Origin;
  /** The commits whose steps left the job while it was in progress: their statuses are to be set when it has ended. */
  readonly pending: readonly string[];
  readonly end: JobEnd | undefined;
}

export interface JobEnd {
  /** Whether the job completed its task: its status is `Completed`, and all of its instances marked it or none did. */
  readonly completed: boolean;
  /** The archives that the job left in S3, as they were then. */
  readonly left: readonly Pin[];
  readonly metrics: Metrics;
}

export const ARCHIVES = ['model', 'output'] as const;
export type Archive = (typeof ARCHIVES)[number];

/**
 * An archive as it was when the job's end was seen: another ETag or size means that somebody changed it since. For a result
 * that was left as files: the hash of their listing, and the sum of their sizes.
 */
export interface Pin {
  readonly archive: Archive;
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** Undefined where the bucket keeps no versions. */
  readonly version: string | undefined;
}

/** What became of the archives since the job's end was recorded. */
export type ArchivesNow = 'there' | 'gone' | 'changed';

/** `now`: what is in the job's output folder, by its path there. */
export function compareArchives(left: readonly Pin[], now: readonly RemoteFile[]): ArchivesNow {
  const found = ARCHIVES.map((archive) => {
    const pin = left.find((each) => each.archive === archive);
    const present = archiveIn(archive, now);
    if (pin === undefined) return present === undefined ? 'there' : 'changed';
    if (present === undefined) return 'gone';
    return present.etag === pin.etag && present.size === pin.size ? 'there' : 'changed';
  });
  return found.find((each) => each === 'changed') ?? found.find((each) => each === 'gone') ?? 'there';
}

/** The archive, or the files in its place, in the listing of a job's output folder. Undefined if there is nothing. */
export function archiveIn(archive: Archive, listing: readonly RemoteFile[]): Pick<Pin, 'etag' | 'size'> | undefined {
  const packed = listing.find(({ path }) => path === archiveName(archive));
  if (packed !== undefined) return { etag: packed.etag, size: packed.size };
  const files = listing.filter(({ path }) => path.startsWith(filesFolder(archive)));
  if (files.length === 0) return undefined;
  const sum = files.reduce((total, { size }) => total + size, 0);
  return {
    etag: listingHash(files.map((file) => ({ ...file, path: file.path.slice(filesFolder(archive).length) }))),
    size: sum,
  };
}

export function recordFingerprint(record: JobRecord): string {
  return fingerprintOf(record.facts);
}

export function formatRecord({ facts, by, pending, end }: JobRecord): string {
  const metrics = [...(end?.metrics ?? [])].map(([name, value]) => [name, Number.isFinite(value) ? value : `${value}`]);
  const ended = end && { completed: end.completed, left: end.left, metrics };
  return JSON.stringify({ facts, by, pending, end: ended });
}

export function parseRecord(text: string): JobRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (typeof value !== 'object' || value === null || !('facts' in value)) return undefined;
  const facts = parseFacts(value.facts);
  const by = 'by' in value ? parseOrigin(value.by) : UNKNOWN;
  const commits = 'pending' in value && Array.isArray(value.pending) ? value.pending.filter(isCommit) : [];
  const pending = commits.slice(0, MOST_PENDING);
  return facts && { facts, by, pending, end: 'end' in value ? parseEnd(value.end) : undefined };
}

/** More steps do not leave one job. */
const MOST_PENDING = 20;
const UNKNOWN: Origin = { run: '', attempt: 0, sha: undefined, pullRequest: undefined };

function parseOrigin(value: unknown): Origin {
  const [run, attempt, sha] = [at(value, 'run'), at(value, 'attempt'), at(value, 'sha')];
  if (typeof run !== 'string' || typeof attempt !== 'number') return UNKNOWN;
  return { run, attempt, sha: isCommit(sha) ? sha : undefined, pullRequest: idOf(at(value, 'pullRequest')) };
}

/** If any part of an end is wrong, the record counts as one without an end: the action looks again at what the job left. */
function parseEnd(value: unknown): JobEnd | undefined {
  if (typeof value !== 'object' || value === null || !('completed' in value && 'left' in value && 'metrics' in value))
    return undefined;
  const { completed, left, metrics } = value;
  if (typeof completed !== 'boolean' || !Array.isArray(left) || !Array.isArray(metrics)) return undefined;
  const pins = left.flatMap((pin) => parsePin(pin) ?? []);
  if (pins.length !== left.length || pins.length > ARCHIVES.length || !metrics.every(isMetric)) return undefined;
  return { completed, left: pins, metrics: new Map(metrics.map(([name, value]) => [name, Number(value)])) };
}

function parsePin(value: unknown): Pin | undefined {
  if (typeof value !== 'object' || value === null || !('archive' in value && 'etag' in value && 'size' in value))
    return undefined;
  const { archive: name, etag, size } = value;
  const archive = ARCHIVES.find((known) => known === name);
  const version = 'version' in value ? value.version : undefined;
  if (archive === undefined || typeof etag !== 'string' || typeof size !== 'number') return undefined;
  if (version !== undefined && typeof version !== 'string') return undefined;
  return { archive, etag, size, version };
}

/** JSON has no NaN and no infinity, so they are texts. */
const NOT_FINITE: readonly unknown[] = ['NaN', 'Infinity', '-Infinity'];

function isMetric(pair: unknown): pair is [string, number | string] {
  if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string') return false;
  return typeof pair[1] === 'number' || NOT_FINITE.includes(pair[1]);
}
