/**
 * The facts that determine a job's result: aspect → name → value. The fingerprint is their hash: jobs with the same
 * fingerprint would give the same result. A value that may be secret is stored as a hash.
 */

import type { Distribution } from '../code/distribution.ts';
import type { CodeSpec } from '../code/spec.ts';
import type { Start } from '../code/start.ts';
import { hashText } from '../core/hash-text.ts';
import { formatJson, type Json, JsonNumber } from '../core/json.ts';
import type { HashedFile } from '../core/local-file.ts';
import { mayBeSecret } from '../core/redact.ts';

/** Raise this when a change of the toolkit changes the results of jobs. */
const TOOLKIT = '3';
/** The fact of a hyperparameter without a value. No value has this fact: see `typedFact`. */
export const FLAG = 'json flag';
/** A longer value is stored as a hash. */
export const LONGEST_VALUE = 60;

export const ASPECTS = [
  'code',
  'start',
  'hyperparameters',
  'arguments',
  'environment',
  'secrets',
  'distribution',
  'instances',
  'image',
  'inputs',
  'toolkit',
  'request',
] as const;
export type Aspect = (typeof ASPECTS)[number];
/** An aspect without facts does not count: records of earlier versions of the action do not have it. */
const ADDED: readonly Aspect[] = ['secrets', 'request'];

export type Facts = { readonly [aspect in Aspect]: Readonly<Record<string, string>> };

/** Everything that determines a job's result. */
export interface Computation {
  readonly code: CodeSpec;
  /** The files of the code archive. */
  readonly files: readonly HashedFile[];
  /**
   * The image's digest, or its URI if the digest is unknown. For a built image, the hash of everything it is built
   * from.
   */
  readonly image: string;
  readonly instanceCount: number;
  /** A channel's name, and what identifies its data. */
  readonly inputs: readonly (readonly [string, string])[];
  /** The members of the input `request` that count. */
  readonly request: Readonly<Record<string, string>>;
}

export function taskFacts({ code, files, image, instanceCount, inputs, request }: Computation): Facts {
  const { start, distribution, hyperparameters, flags, environment, secrets } = code;
  return {
    code: entries(files.map(({ path, sha256, executable }) => [path, sha256 + (executable ? '+x' : '')])),
    start: startFact(start),
    hyperparameters: entries(
      [...hyperparameters].map(([key, value]) => [key, flags.has(key) ? FLAG : valueFact(key, value)]),
    ),
    arguments: { arguments: code.arguments.length === 0 ? '' : hashText(JSON.stringify(code.arguments)) },
    environment: entries([...environment].map(([name, value]) => [name, hashText(`${name}=${value}`)])),
    // Where they are: nobody here knows the values.
    secrets: entries([...secrets].map(([name, { text }]) => [name, hashText(text)])),
    distribution: { distribution: `${code.launcher}: ${distributionFact(distribution)}` },
    instances: { count: String(instanceCount) },
    image: { image },
    inputs: entries(inputs),
    toolkit: { toolkit: TOOLKIT },
    request,
  };
}

/** 64 hexadecimal digits. */
export function fingerprintOf(facts: Facts): string {
  const counted = ASPECTS.filter((aspect) => !ADDED.includes(aspect) || Object.keys(facts[aspect]).length > 0);
  return hashText(JSON.stringify(counted.map((aspect) => [aspect, sorted(facts[aspect])])));
}

/** Checks that parsed JSON has the form of facts. Undefined if it has not. */
export function parseFacts(value: unknown): Facts | undefined {
  if (!isRecord(value)) return undefined;
  const aspects = ASPECTS.map(
    (aspect) => [aspect, value[aspect] ?? (ADDED.includes(aspect) ? {} : undefined)] as const,
  );
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

/**
 * Encodes a value so that different values never get the same text: a number as written, other JSON after `json `, and
 * a string that looks like either in quotes.
 */
function typedFact(value: Json): string {
  if (value instanceof JsonNumber) return value.source;
  if (typeof value !== 'string') return `json ${formatJson(value)}`;
  const isPlain = /^(?!json )([^\d."+-]\P{Cc}*)?$/u.test(value);
  return isPlain ? value : JSON.stringify(value);
}

function startFact(start: Start): Record<string, string> {
  switch (start.kind) {
    case 'run':
      return { run: hashText(start.text) };
    case 'entrypoint':
      return { entrypoint: start.path };
    case 'image':
      return { image: 'its own entry point' };
  }
}

function distributionFact(distribution: Distribution): string {
  switch (distribution.kind) {
    case 'none':
      return 'none';
    case 'torchrun':
      return `torchrun ${distribution.processes ?? 'a process a GPU'}`;
    case 'sdk':
      return optionsFact(formatJson(distribution.options));
  }
}

/** Options for MPI can set environment variables, which may be secret. */
function optionsFact(options: string): string {
  return mayBeSecret(options) ? hashText(options) : options;
}

function entries(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  // No prototype, because a file can be named __proto__.
  return Object.assign(Object.create(null), Object.fromEntries(pairs)) as Record<string, string>;
}

function sorted(record: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
