/**
 * Each call of AWS fails, in each way, at its first occurrence and at one in the middle; and the process ends while a call waits
 * for its answer. Which calls there are is found out by runs without a fault. `npm test` runs a sample: each call fails in each way that
 * passes, many of them in one run. `npm run test:full` runs all. docs/reliability.md says what is promised.
 */
import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { brokenPromises } from './faults/checks.ts';
import { Lanes } from './faults/lanes.ts';
import {
  accessOf,
  coveringRuns,
  everyEnd,
  everyFault,
  everyKill,
  nameOf,
  pointsOf,
  type Trial,
  tableOf,
} from './faults/plan.ts';
import { callsOf, FIRST, LATER, tell, textOf } from './faults/scenario.ts';
import { Task } from './faults/task.ts';
import { triedOf } from './faults/tried.ts';
import { faultAt, type Point, type Way } from './faults/ways.ts';

const isFull = process.env['SSM_TEST_FULL'] === '1';
/** Each test waits until a stand-in is free. */
const TIME = 4 * 60 * 60_000;
const LANES = isFull ? 3 : 2;

/** What was tried by the last full run, a line for each trial: `scripts/reliability.mjs` counts them. */
const TRIED = join(import.meta.dirname, '..', '..', '.cache', 'faults.jsonl');
if (isFull) {
  mkdirSync(dirname(TRIED), { recursive: true });
  rmSync(TRIED, { force: true });
}

const lanes = await Lanes.open(LANES);
afterAll(() => lanes.close());
const [first, later] = await Promise.all(
  [FIRST, LATER].map((scenario, at) => lanes.use((aws) => callsOf(aws, scenario, `clean-${at}`))),
);
const points = {
  first: pointsOf(first ?? new Map()),
  later: pointsOf(new Map([...(later ?? [])].filter(([each]) => !first?.has(each)))),
};
const calls = new Map([...(later ?? []), ...(first ?? [])]);

/** What `npm test` has time for. */
const SAMPLE: readonly (Point & { readonly way: Way })[] = [
  { operation: 's3:HeadBucket', call: 1, way: 'expired' },
  { operation: 's3:PutObject', call: 4, way: 'denied' },
  { operation: 'sagemaker:DescribeTrainingJob', call: 2, way: 'denied' },
  { operation: 'logs:GetLogEvents', call: 2, way: 'expired' },
];
const KILLS = [
  { operation: 'sagemaker:CreateTrainingJob', call: 1, when: 'after', signal: 'SIGKILL' },
  { operation: 's3:UploadPart', call: 2, when: 'after', signal: 'SIGKILL' },
  { operation: 'logs:GetLogEvents', call: 2, when: 'before', signal: 'SIGINT' },
] as const;

const all: readonly Trial[] = [
  ...everyFault(FIRST, points.first),
  ...everyFault(LATER, points.later),
  ...everyKill(FIRST, points.first),
  ...everyKill(LATER, points.later),
  ...everyEnd(FIRST),
];
const sample: readonly Trial[] = [
  ...coveringRuns(FIRST, points.first).filter((_, at) => at % 3 === 0),
  ...coveringRuns(LATER, points.later).slice(0, 1),
  ...SAMPLE.map((each) => ({ scenario: FIRST, failing: [each] })),
  ...KILLS.map((kill) => ({ scenario: FIRST, failing: [], kill })),
  ...everyEnd(FIRST).slice(0, 2),
];
const trials = isFull ? all : sample;

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
      // A call that is repeated may have been made once only.
      if (faults.length === 1 && failing[0]?.call === 1)
        expect(story.struck[0], 'how often it failed').toBeGreaterThan(0);
    },
    TIME,
  );
});

describe('docs/reliability.md', () => {
  it('has the counts of what is tried', () => {
    const table = tableOf(calls, all);
    console.info(`${isFull ? 'Tried' : 'To be tried by npm run test:full'}, by service:\n${table}`);
    expect(readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reliability.md'), 'utf8')).toContain(table);
  });
});
