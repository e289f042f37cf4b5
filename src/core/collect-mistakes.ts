/** Collects mistakes, so that a wrong input does not hide that another input is wrong too. */

import { InputProblem, type Mistake } from './errors.ts';

export interface Checked<T> {
  readonly value: T;
  readonly mistakes: readonly Mistake[];
}

/**
 * Reads the value of an input. Turns an InputProblem into a mistake and the value `otherwise`; rethrows any other
 * error.
 */
export async function collectMistakes<T>(input: string, otherwise: T, read: () => Promise<T> | T): Promise<Checked<T>> {
  try {
    return { value: await read(), mistakes: [] };
  } catch (error) {
    if (!(error instanceof InputProblem)) throw error;
    return { value: otherwise, mistakes: [{ input, problem: error.message, remedy: error.remedy }] };
  }
}
