/**
 * Each call of AWS fails, in each way, at its first occurrence and at one in the middle; and the process ends while a call waits
 * for its answer. `npm run test:full` finds out by runs without a fault which calls there are, tries all, and leaves what it saw to
 * `npm run reliability`. `npm test` runs a sample: each operation fails in each way that passes, many in one run. docs/reliability.md
 * says what is promised.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { brokenPromises } from './faults/checks.ts';
import { Lanes } from './faults/lanes.ts';
import {
  accessOf,
  everyEnd,
  everyFault,
  everyKill,
  nameOf,
  pairwiseRuns,
  pointsOf,
  type Trial,
} from './faults/plan.ts';
import recorded from './faults/record.json' with { type: 'json' };
import { type Calls, triedOf } from './faults/record.ts';
import { callsOf, FIRST, LATER, tell, textOf } from './faults/scenario.ts';
import { Task } from './faults/task.ts';
import { faultAt } from './faults/ways.ts';

const isFull = process.env['SSM_TEST_FULL'] === '1';
/** Each test waits until a stand-in is free. */
const TIME = 4 * 60 * 60_000;
/** What was tried by the last full run: the calls, then a line for each trial. */
const TRIED = join(import.meta.dirname, '..', '..', '.cache', 'faults.jsonl');

const lanes = await Lanes.open(isFull ? 5 : 2);
afterAll(() => lanes.close());
const trials = isFull ? await all() : sample();

async function all(): Promise<readonly Trial[]> {
  const [first = new Map<string, number>(), later = new Map<string, number>()] = await Promise.all(
    [FIRST, LATER].map((scenario, at) => lanes.use((aws) => callsOf(aws, scenario, `clean-${at}`))),
  );
  const more = new Map([...later].filter(([each]) => !first.has(each)));
  const trials = [
    ...everyFault(FIRST, pointsOf(first)),
    ...everyFault(LATER, pointsOf(more)),
    ...everyKill(FIRST, pointsOf(first)),
    ...everyKill(LATER, pointsOf(more)),
    ...everyEnd(FIRST),
  ];
  const calls: { first: Calls; later: Calls } = { first: Object.fromEntries(first), later: Object.fromEntries(more) };
  mkdirSync(dirname(TRIED), { recursive: true });
  writeFileSync(TRIED, `${JSON.stringify({ calls, all: trials.length })}\n`);
  return trials;
}

/** What `npm test` has time for. Which calls there are was found out by the last full run. */
function sample(): readonly Trial[] {
  const [first, later] = [Object.keys(recorded.calls.first), Object.keys(recorded.calls.later)];
  const kill = { operation: 'sagemaker:CreateTrainingJob', call: 1, when: 'after', signal: 'SIGKILL' } as const;
  return [
    ...pairwiseRuns(FIRST, first, 1),
    ...pairwiseRuns(LATER, later, 3),
    { scenario: FIRST, failing: [{ operation: 's3:PutObject', call: 2, way: 'denied' }] },
    { scenario: FIRST, failing: [{ operation: 'logs:GetLogEvents', call: 2, way: 'expired' }] },
    { scenario: FIRST, failing: [], kill },
  ];
}

describe.concurrent('a run, its post step and the next run keep what is promised', () => {
  it.each(trials.map((trial, at) => [nameOf(trial), trial, at] as const))(
    '%s',
    async (_, trial, at) => {
      const { scenario, failing, kill } = trial;
      const faults = failing.map((point) => faultAt(point, point.way));
      const post = trial.post?.map((point) => faultAt(point, point.way));
      const story = await lanes.use((aws) =>
        tell(aws, scenario, new Task(aws, String(at), scenario.instances, accessOf(trial)), { faults, kill, post }),
      );
      const broken = brokenPromises(story, trial);
      if (isFull) appendFileSync(TRIED, `${JSON.stringify(triedOf(trial, story, broken))}\n`);
      expect(broken, textOf(story)).toEqual([]);
      const missed = failing.filter(({ call }, at) => call === 1 && story.struck[at] === 0);
      expect(missed, 'calls that are not made; npm run test:full finds out which are').toEqual([]);
    },
    TIME,
  );
});
