/**
 * What the action keeps of a job beside SageMaker's own description, as JOB/record.json: what it computed from, and, once
 * somebody saw its end, what it left. A job's code could have written it, so anything that is not one is none.
 */
import { type Facts, fingerprintOf, parseFacts } from './fingerprint.ts';
import type { Metrics } from './metrics.ts';

export interface JobRecord {
  readonly facts: Facts;
  readonly end: JobEnd | undefined;
}

export interface JobEnd {
  /** Whether it completed its task: `Completed`, and marked so by all instances or by none. */
  readonly completed: boolean;
  /** Which archives it left. */
  readonly left: readonly Archive[];
  readonly metrics: Metrics;
}

export type Archive = 'model' | 'output';

export function recordFingerprint(record: JobRecord): string {
  return fingerprintOf(record.facts);
}

export function formatRecord({ facts, end }: JobRecord): string {
  const ended = end && { completed: end.completed, left: end.left, metrics: [...end.metrics] };
  return JSON.stringify({ facts, end: ended });
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
  return facts && { facts, end: 'end' in value ? parseEnd(value.end) : undefined };
}

function parseEnd(value: unknown): JobEnd | undefined {
  if (typeof value !== 'object' || value === null || !('completed' in value && 'left' in value && 'metrics' in value))
    return undefined;
  const { completed, left, metrics } = value;
  if (typeof completed !== 'boolean' || !Array.isArray(left) || !Array.isArray(metrics)) return undefined;
  return {
    completed,
    left: left.filter((name): name is Archive => name === 'model' || name === 'output'),
    metrics: new Map(metrics.filter(isPair)),
  };
}

function isPair(pair: unknown): pair is [string, number] {
  return Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string' && typeof pair[1] === 'number';
}
