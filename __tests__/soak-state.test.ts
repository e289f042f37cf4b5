/** `npm run soak` goes on where it was interrupted. */
import { describe, expect, it } from 'vitest';
import { after, begin, type SoakState, toDo } from './action/faults/soak-state.ts';

const NEW: SoakState = { seed: 5, runs: 3, done: [], failed: [] };
const INTERRUPTED = after(after(NEW, 6, true), 5, false);
const FAILED = after(INTERRUPTED, 7, true);
const OVER = after(after(after(NEW, 5, true), 6, true), 7, true);

describe('a soak', () => {
  it('has a seed for each run, once', () => {
    expect(toDo(NEW)).toEqual([5, 6, 7]);
    expect(toDo(INTERRUPTED)).toEqual([7]);
    expect(INTERRUPTED).toEqual({ ...NEW, done: [6], failed: [5] });
    expect(toDo(FAILED)).toEqual([]);
  });

  it.each<[string, SoakState | undefined, number, number | undefined, SoakState]>([
    ['begins', undefined, 3, 5, NEW],
    ['begins with any seed', undefined, 3, undefined, { ...NEW, seed: 99 }],
    ['goes on without a seed', INTERRUPTED, 3, undefined, INTERRUPTED],
    ['goes on with its seed', INTERRUPTED, 3, 5, INTERRUPTED],
    ['begins anew with another seed', INTERRUPTED, 3, 6, { ...NEW, seed: 6 }],
    ['begins anew with another number of runs', INTERRUPTED, 4, 5, { ...NEW, runs: 4 }],
    ['makes what failed again when all were made', FAILED, 3, 5, { ...FAILED, failed: [] }],
    ['begins anew when it is over', OVER, 3, 5, NEW],
    ['begins with any seed when it is over', OVER, 3, undefined, { ...NEW, seed: 99 }],
  ])('%s', (_, before, runs, seed, state) => {
    expect(begin(before, runs, seed, 99)).toEqual(state);
  });
});
