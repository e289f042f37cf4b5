/** Reads the step's inputs from the runner. */
import { getInput } from '@actions/core';

/**
 * The inputs by name, without blanks and byte order marks around them. Lines end with `\n`: a value of an output or a
 * variable can come from Windows, and a shell takes a carriage return for a part of its last word. The runner fills in the
 * defaults of `action.yml`.
 */
export function readInputs<const T extends string>(names: readonly T[]): Record<T, string> {
  return Object.fromEntries(names.map((name) => [name, getInput(name).replaceAll('\r\n', '\n')])) as Record<T, string>;
}
