/**
 * What a job computes from, as facts: aspect → name → value. The fingerprint is their hash; two jobs of one fingerprint
 * would give one result. Values that may be secret are hashes.
 */
import { createHash } from 'node:crypto';
import type { Channel } from './channels.ts';
import { formatJson, type Json, JsonNumber } from './parse.ts';
import { mayBeSecret } from './redact.ts';
import type { TaskSpec } from './spec.ts';
import type { HashedFile } from './sync.ts';

/** To be raised when the worker's toolkit changes what jobs compute. */
const TOOLKIT = '1';
/** Names of one aspect that a line about changes tells. */
const TOLD = 5;
const LONGEST_VALUE = 60;

const ASPECTS = [
  'code',
  'start',
  'hyperparameters',
  'arguments',
  'environment',
  'distribution',
  'instances',
  'image',
  'inputs',
  'toolkit',
] as const;
type Aspect = (typeof ASPECTS)[number];

export type Facts = { readonly [aspect in Aspect]: Readonly<Record<string, string>> };

/** What was found out beside the inputs. */
export interface Found {
  readonly code: readonly HashedFile[];
  /** The image's digest, or its URI where none is to be had; of one that is built, the hash of what it is built from. */
  readonly image: string;
  /** channel → what identifies its data: a hash of contents, a hash of a listing, or a job. */
  readonly channels: ReadonlyMap<string, string>;
}

export function taskFacts(spec: TaskSpec, found: Found): Facts {
  const { start, distribution } = spec;
  return {
    code: entries(found.code.map(({ path, sha256, executable }) => [path, sha256 + (executable ? '+x' : '')])),
    start: startFact(start),
    hyperparameters: entries([...spec.hyperparameters].map(([key, value]) => [key, valueFact(key, value)])),
    arguments: { arguments: spec.arguments.length === 0 ? '' : hashText(JSON.stringify(spec.arguments)) },
    environment: entries([...spec.environment].map(([name, value]) => [name, hashText(`${name}=${value}`)])),
    distribution: { distribution: `${spec.launcher}: ${distributionFact(distribution)}` },
    instances: { count: String(spec.instanceCount) },
    image: { image: found.image },
    inputs: entries(spec.channels.map((channel) => [channel.name, channelFact(channel, found.channels)])),
    toolkit: { toolkit: TOOLKIT },
  };
}

/** 64 hexadecimal digits. */
export function fingerprintOf(facts: Facts): string {
  return hashText(JSON.stringify(ASPECTS.map((aspect) => [aspect, sorted(facts[aspect])])));
}

/** What identifies a folder's contents, whatever the times of its files. */
export function contentsFact(files: readonly HashedFile[]): string {
  return hashText(JSON.stringify(sorted(entries(files.map(({ path, sha256 }) => [path, sha256])))));
}

export function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** One line: `code: worker.py; hyperparameters: lr 0.1 → 0.01`. Empty when nothing has changed. */
export function changes(before: Facts, now: Facts): string {
  return ASPECTS.flatMap((aspect) => {
    const told = aspectChanges(aspect, before, now);
    const shown = told.length > TOLD ? [...told.slice(0, TOLD), `${told.length - TOLD} more`] : told;
    return told.length === 0 ? [] : [`${aspect}: ${shown.join(', ')}`];
  }).join('; ');
}

function aspectChanges(aspect: Aspect, old: Facts, now: Facts): string[] {
  const [before, after] = [old[aspect], now[aspect]];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    const [was, is] = [own(before, name), own(after, name)];
    if (was === is) return [];
    if (was === undefined) return [`${name} added`];
    if (is === undefined) return [`${name} removed`];
    const shown = isShown(was) && isShown(is) ? told(was, is) : '';
    // An aspect of one fact has its name.
    return [name === aspect ? shown || 'changed' : `${name} ${shown}`.trimEnd()];
  });
}

/** Strings without their quotes, but beside something else: "5" and 5 are not the same to args.hps. */
function told(was: string, is: string): string {
  const strings = [was, is].every((fact) => !/^(-?\d|json )/.test(fact));
  const bare = (fact: string): string => (strings && fact.startsWith('"') ? fact.slice(1, -1) : fact);
  return `${bare(was)} → ${bare(is)}`;
}

/** A hash tells a reader nothing. */
function isShown(value: string): boolean {
  return value !== '' && value.length <= LONGEST_VALUE && !/^[0-9a-f]{64}/.test(value);
}

/** Facts from a text that a job's folder holds; undefined for anything else. */
export function parseFacts(value: unknown): Facts | undefined {
  if (!isRecord(value)) return undefined;
  const aspects = ASPECTS.map((aspect) => [aspect, value[aspect]] as const);
  return aspects.every(([, fact]) => isRecord(fact) && Object.values(fact).every((text) => typeof text === 'string'))
    ? (Object.fromEntries(aspects) as unknown as Facts)
    : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueFact(key: string, value: Json): string {
  const fact = typedFact(value);
  return mayBeSecret(key) || mayBeSecret(fact) || fact.length > LONGEST_VALUE ? hashText(fact) : fact;
}

/** No two values have one: a number is as it is written, other JSON is marked, and a string that reads like these is quoted. */
function typedFact(value: Json): string {
  if (value instanceof JsonNumber) return value.source;
  if (typeof value !== 'string') return `json ${formatJson(value)}`;
  const isPlain = /^(?!json )([^\d."+-]\P{Cc}*)?$/u.test(value);
  return isPlain ? value : JSON.stringify(value);
}

function startFact(start: TaskSpec['start']): Record<string, string> {
  switch (start.kind) {
    case 'run':
      return { run: hashText(start.text) };
    case 'entrypoint':
      return { entrypoint: start.path };
    case 'image':
      return { image: 'its own entry point' };
  }
}

function distributionFact(distribution: TaskSpec['distribution']): string {
  switch (distribution.kind) {
    case 'none':
      return 'none';
    case 'torchrun':
      return `torchrun ${distribution.processes ?? 'a process a GPU'}`;
    case 'sdk':
      return optionsFact(formatJson(distribution.options));
  }
}

/** Options for MPI may set variables. */
function optionsFact(options: string): string {
  return mayBeSecret(options) ? hashText(options) : options;
}

function channelFact({ name, distribution, mode }: Channel, found: ReadonlyMap<string, string>): string {
  return hashText(`${found.get(name)} ${distribution} ${mode}`);
}

function entries(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  // A file can be called __proto__.
  return Object.assign(Object.create(null), Object.fromEntries(pairs)) as Record<string, string>;
}

function own(record: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function sorted(record: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
