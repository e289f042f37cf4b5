/** What the tests of the pure core begin with: a step that gives just what must be given, and seeded chance. */

import { INPUTS, type InputName, type RawInputs } from '../src/config/inputs.ts';
import { readSpec } from '../src/config/read-spec.ts';
import type { TaskSpec } from '../src/config/spec.ts';
import type { Mistake } from '../src/core/errors.ts';
import type { RunContext } from '../src/core/run-context.ts';
import { channelFact } from '../src/data/facts.ts';
import { type Computation, type Facts, taskFacts } from '../src/history/fingerprint.ts';

export type Given = Partial<Record<InputName, string>>;

export const CONTEXT: RunContext = {
  server: 'https://github.com',
  repository: 'org/repo',
  ref: 'refs/heads/main',
  sha: '0123abc',
  runId: '17',
  attempt: 1,
  event: 'push',
  payload: undefined,
  region: 'us-east-1',
  workspace: '/nonexistent',
};

export function rawInputs(given: Given): RawInputs {
  const empty = Object.fromEntries(INPUTS.map((name) => [name, ''])) as Record<InputName, string>;
  return { ...empty, task: 'train', entrypoint: 'w.py', ...given };
}

/** The spec of inputs without a mistake. */
export function specOf(given: Given = {}, context: RunContext = CONTEXT): TaskSpec {
  const { spec, mistakes } = readSpec(rawInputs(given), context);
  if (mistakes.length > 0) throw new Error(`mistakes: ${JSON.stringify(mistakes)}`);
  return spec;
}

export function mistakesOf(given: Given, context: RunContext = CONTEXT): Mistake[] {
  return readSpec(rawInputs(given), context).mistakes;
}

/** What a task computes from: these inputs, and what was found beside them. */
export function factsOf(given: Given, found: Partial<Computation> = {}): Facts {
  const { code, resources, channels } = specOf(given);
  const inputs = channels.map((channel): [string, string] => [
    channel.name,
    channelFact({ ...channel, files: undefined, uri: NOWHERE, grant: NOWHERE, fact: 'contents' }),
  ]);
  const { instanceCount } = resources;
  return taskFacts({ code, files: [], image: 'i', instanceCount, inputs, request: {}, ...found });
}

const NOWHERE = { bucket: 'bucket', key: '' };

/** Chance that is the same at every run (mulberry32): a whole number below `below`. */
export function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** A text of up to `most` pieces out of these. */
export function textOf(next: (below: number) => number, pieces: readonly string[], most: number): string {
  return Array.from({ length: next(most + 1) }, () => pieces[next(pieces.length)]).join('');
}
