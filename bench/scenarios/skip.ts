/** A task that has not changed since its job completed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runAction, shownStep } from '../commands.ts';
import { ACTION, type Run, type Scenario } from '../scenario.ts';

const INPUTS = { task: 'skip', entrypoint: 'train.py' };

export const skip: Scenario = {
  name: 'skip',
  title: 'Skip of an unchanged task',
  what:
    'From the start of the process to its end, with the default inputs: the step finds that a completed job ran the same, ' +
    'brings back its log, and sees that it left no model and no output. None of the others compares code, inputs and settings with those of an earlier job.',
  headline: 'seconds',
  latencies: [0, 25],
  targets: [
    { measure: 'seconds', most: 0.35 },
    { measure: 'calls', most: 9 },
  ],
  missed:
    "With a distance, calls that wait for each other's answers are the bound: who asks, the task's jobs, their records, the " +
    "job's state, its log.",
  peers: [],
  open: async (bench) => {
    const { aws } = bench;
    const workspace = join(bench.folder, 'workspace');
    mkdirSync(workspace);
    writeFileSync(join(workspace, 'train.py'), 'print("trained")\n');
    const step = (run: Run) => runAction(bench, run, { workspace, inputs: INPUTS });
    await aws.runJobs(true);
    await step({ round: 0, place: aws.here });
    await aws.runJobs(false);
    const run = async (run: Run) => {
      await aws.forgetRequests();
      const { sample } = await step(run);
      return { ...sample, calls: aws.countRequests() };
    };
    return [{ name: ACTION, command: shownStep(INPUTS), run }];
  },
};
