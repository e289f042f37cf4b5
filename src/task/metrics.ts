/**
 * Metrics of a job, read from its log as SageMaker reads them: by regular expressions of one group each, and from JSON
 * lines of numbers. Source: https://docs.aws.amazon.com/sagemaker/latest/dg/define-train-metrics.html
 */
import { parseMap, Unparsable } from './parse.ts';

/** `regex`: its first group is the number. */
export interface MetricDefinition {
  readonly name: string;
  readonly regex: string;
}

/** name → last value. */
export type Metrics = ReadonlyMap<string, number>;

/** CreateTrainingJob's limits. */
const MOST_DEFINITIONS = 40;
const LONGEST_NAME = 255;
const LONGEST_REGEX = 500;
/** Of names that a worker makes up; more would be a mistake of its own. */
const MOST_NAMES = 500;
/** A longer line is no line of metrics. */
const LONGEST_LINE = 16_384;

export function parseMetrics(text: string): MetricDefinition[] {
  const definitions = [...parseMap(text)].map(([name, regex]) => {
    if (typeof regex !== 'string') throw new Unparsable(`the expression of "${name}" is not a string.`, 'Quote it.');
    return checkDefinition(name, regex);
  });
  if (definitions.length > MOST_DEFINITIONS) {
    const problem = `${definitions.length} metrics are more than the ${MOST_DEFINITIONS} that a job can have.`;
    throw new Unparsable(problem, 'Print the others by algo_lib.logMetrics, which needs no definition.');
  }
  return definitions;
}

function checkDefinition(name: string, regex: string): MetricDefinition {
  if (name.length > LONGEST_NAME) throw new Unparsable(`"${name}" has over ${LONGEST_NAME} characters.`, 'Shorten it.');
  if (regex === '' || regex.length > LONGEST_REGEX) {
    throw new Unparsable(`the expression of "${name}" has not 1 to ${LONGEST_REGEX} characters.`, 'Correct it.');
  }
  try {
    if (groups(regex) > 0) return { name, regex };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Unparsable(`the expression of "${name}" is none: ${error.message}.`, 'Correct it.');
  }
  const remedy = 'Put the number in parentheses, as in loss=([0-9.]+).';
  throw new Unparsable(`the expression of "${name}" has no group.`, remedy);
}

function groups(regex: string): number {
  return (new RegExp(`${regex}|`).exec('')?.length ?? 1) - 1;
}

/** Reads metrics out of a job's lines as they come. */
export class MetricReader {
  readonly #definitions: readonly { readonly name: string; readonly pattern: RegExp }[];
  readonly #values = new Map<string, number>();

  constructor(definitions: readonly MetricDefinition[]) {
    this.#definitions = definitions.map(({ name, regex }) => ({ name, pattern: new RegExp(regex, 'g') }));
  }

  accept(lines: readonly string[]): void {
    for (const line of lines) {
      if (line.length > LONGEST_LINE) continue;
      for (const [name, value] of jsonMetrics(line)) this.#take(name, value);
      for (const { name, pattern } of this.#definitions) {
        for (const match of line.matchAll(pattern)) this.#take(name, numberOf(match[1] ?? ''));
      }
    }
  }

  /** The last value of each, by name. */
  get values(): Metrics {
    return new Map([...this.#values].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #take(name: string, value: number): void {
    const room = this.#values.has(name) || this.#values.size < MOST_NAMES;
    if (Number.isFinite(value) && room) this.#values.set(name, value);
  }
}

function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** A line that is a JSON object of nothing but numbers. */
function jsonMetrics(line: string): [string, number][] {
  if (!/^\s*\{.*\}\s*$/.test(line)) return [];
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    // A line that merely looks like JSON is a line.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
  const pairs = Object.entries(value as object);
  return pairs.every((pair): pair is [string, number] => typeof pair[1] === 'number') ? pairs : [];
}
