/** Judges a job's metrics by the conditions of `fail-if`. */

import { editDistance } from '../core/edit-distance.ts';
import { ActionError } from '../core/errors.ts';
import { named } from '../core/named.ts';
import type { Metrics } from '../core/training-job.ts';
import type { Condition, Operator } from './condition.ts';

/** The most metrics that an error names. */
const MOST_NAMED = 10;

export interface GateResult {
  /** As the input has it: `val_acc < 0.9`. */
  readonly condition: string;
  readonly metric: string;
  /** The metric's last value, which can be NaN or infinite. Undefined if it never appeared. */
  readonly value: number | undefined;
  /** Whether the step fails by it: it holds, the metric never appeared, or its last value is not finite. */
  readonly fails: boolean;
}

const HOLDS: Readonly<Record<Operator, (value: number, limit: number) => boolean>> = {
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
  '==': (value, limit) => value === limit,
  '!=': (value, limit) => value !== limit,
};

export function judge(conditions: readonly Condition[], metrics: Metrics): GateResult[] {
  return conditions.map(({ text, metric, operator, limit }) => {
    const value = metrics.get(metric);
    const fails = value === undefined || !Number.isFinite(value) || HOLDS[operator](value, limit);
    return { condition: text, metric, value, fails };
  });
}

/** The error of a completed job. Undefined if no condition fails. */
export function gateError(job: string, results: readonly GateResult[], metrics: Metrics): ActionError | undefined {
  const failed = results.filter(({ fails }) => fails);
  if (failed.length === 0) return undefined;
  const lines = failed.map((result) => `- ${reason(result, metrics)}`);
  return new ActionError(
    `The job ${job} completed, but the step fails by "fail-if":\n${lines.join('\n')}`,
    'The results of the job are published all the same.',
  );
}

function reason({ condition, metric, value }: GateResult, metrics: Metrics): string {
  if (value === undefined)
    return `${named(condition)}: the metric ${named(metric)} never appeared. ${others(metric, metrics)}`;
  if (!Number.isFinite(value)) return `${named(condition)}: the last value of ${named(metric)} is ${value}.`;
  return `${named(condition)}: ${named(metric)} is ${value}.`;
}

function others(metric: string, metrics: Metrics): string {
  if (metrics.size === 0)
    return 'The job has no metrics at all: print them as lines of JSON, such as {"loss": 0.3}, or define them with "metrics".';
  const names = closestFirst(metric, [...metrics.keys()]);
  const more = names.length > MOST_NAMED ? `, and ${names.length - MOST_NAMED} more` : '';
  return `The job's metrics are ${names.slice(0, MOST_NAMED).map(named).join(', ')}${more}.`;
}

/** One name that is a part of the other is as close as a name with one other letter. */
function closestFirst(name: string, names: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  const distance = (each: string): number => {
    const other = each.toLowerCase();
    return wanted.includes(other) || other.includes(wanted) ? 1 : editDistance(wanted, other);
  };
  const distances = new Map(names.map((each) => [each, distance(each)]));
  return [...names].sort((a, b) => (distances.get(a) ?? 0) - (distances.get(b) ?? 0));
}
