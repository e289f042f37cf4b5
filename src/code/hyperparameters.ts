/** Reads hyperparameters: values, and flags without a value. */

import { InputProblem } from '../core/errors.ts';
import { mapOf, parseEntries } from '../core/input-syntax.ts';
import type { Json } from '../core/json.ts';

const FORM = {
  example: 'epochs=3',
  wrappers: ['hyperparameters'],
  oneWord: true,
  expressions: false,
  bareNames: true,
} as const;

export interface Hyperparameters {
  /** A flag has the value true: for `args.hps` and for the request. */
  readonly values: ReadonlyMap<string, Json>;
  /** Names that the entrypoint gets as `--name` alone. */
  readonly flags: ReadonlySet<string>;
}

export const NO_HYPERPARAMETERS: Hyperparameters = { values: new Map(), flags: new Set() };

export function parseHyperparameters(text: string): Hyperparameters {
  const entries = parseEntries(text, FORM).map((read) => read());
  const values = mapOf(entries);
  for (const key of values.keys()) {
    if (key.startsWith('-'))
      throw new InputProblem(`the name "${key}" begins with a dash`, 'write it without: the entrypoint gets --name.');
  }
  return { values, flags: new Set(entries.filter(({ isBare }) => isBare).map(({ key }) => key)) };
}
