/**
 * The input `metrics`: regular expressions that find metrics in a job's log, as SageMaker has them.
 * Source: https://docs.aws.amazon.com/sagemaker/latest/dg/define-train-metrics.html
 */

import { InputProblem } from '../core/errors.ts';
import { parseMap } from '../core/input-syntax.ts';
import { objectOf } from '../core/other-forms.ts';
import type { Metrics } from '../core/training-job.ts';
import { LONGEST_NAME } from './number-line.ts';

/** `regex`: its first group is the number. */
export interface MetricDefinition {
  readonly name: string;
  readonly regex: string;
}

/** CreateTrainingJob's limits. */
const MOST_DEFINITIONS = 40;
const LONGEST_REGEX = 500;
/** Longer lines are not searched for metrics. */
export const LONGEST_LINE = 16_384;

const FORM = {
  example: 'loss=loss=([0-9.]+)',
  wrappers: ['metrics', 'metricdefinitions'],
  oneWord: false,
  expressions: true,
  bareNames: false,
};

export function parseMetrics(text: string): MetricDefinition[] {
  const definitions = [...parseMap(text, FORM)].map(([name, regex]) => {
    if (typeof regex !== 'string')
      throw new InputProblem(`the expression of "${name}" is not a string`, `write ${objectOf(FORM)}.`);
    return checkDefinition(name, regex);
  });
  if (definitions.length > MOST_DEFINITIONS) {
    const problem = `there are ${definitions.length} metrics, and a job can have at most ${MOST_DEFINITIONS}`;
    throw new InputProblem(problem, 'print the others with algo_lib.logMetrics, which needs no definition.');
  }
  return definitions;
}

function checkDefinition(name: string, regex: string): MetricDefinition {
  if (name.length > LONGEST_NAME)
    throw new InputProblem(`the name "${name}" has more than ${LONGEST_NAME} characters`, 'shorten it.');
  if (regex === '' || regex.length > LONGEST_REGEX) {
    throw new InputProblem(`the expression of "${name}" has ${regex.length} characters`, `use 1 to ${LONGEST_REGEX}.`);
  }
  return { name, regex };
}

/** The metrics of all sources, sorted by name. For a name in several sources: the value of the last of them. */
export function mergeMetrics(...sources: readonly Metrics[]): Metrics {
  return new Map(sources.flatMap((source) => [...source]).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
