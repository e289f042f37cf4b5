/** What a soak has done, so that it can go on where it was interrupted. */

export interface SoakState {
  /** Of the first run. Each next one has a higher seed. */
  readonly seed: number;
  readonly runs: number;
  /** The seeds of runs that kept all promises, and of those that did not. */
  readonly done: readonly number[];
  readonly failed: readonly number[];
}

/**
 * `before`: of the last soak. If it was made whole, the runs that failed are made again, since what they found may be mended.
 * `seed`: as it was asked for, or undefined for any. `any`: the seed of a new soak then.
 */
export function begin(before: SoakState | undefined, runs: number, seed: number | undefined, any: number): SoakState {
  const goesOn = before !== undefined && before.runs === runs && (seed ?? before.seed) === before.seed;
  if (goesOn && toDo(before).length > 0) return before;
  if (goesOn && before.failed.length > 0) return { ...before, failed: [] };
  return { seed: seed ?? any, runs, done: [], failed: [] };
}

/** The seeds that are left. */
export function toDo({ seed, runs, done, failed }: SoakState): number[] {
  const known = new Set([...done, ...failed]);
  return Array.from({ length: runs }, (_, at) => seed + at).filter((each) => !known.has(each));
}

export function after(state: SoakState, seed: number, isKept: boolean): SoakState {
  return isKept ? { ...state, done: [...state.done, seed] } : { ...state, failed: [...state.failed, seed] };
}
