/** The log of a job with ten instances: what is there already, and what is being printed. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runAction, runPeer, shownCommand, shownStep } from '../commands.ts';
import { type Job, printed, startJob, stopJob } from '../jobs.ts';
import { LineTally } from '../line-tally.ts';
import type { Command, Ended } from '../process.ts';
import type { Sample } from '../results.ts';
import { ACTION, type Bench, type Run, type Scenario, type Side } from '../scenario.ts';

const PRINTER = join(import.meta.dirname, '..', 'drivers', 'print_lines.py');
/** Of a client that prints no more. */
const SILENCE_MS = 30_000;
const SDK = { name: 'SageMaker SDK v2', peer: 'sdk2' } as const;
const WORDS = ['python', '$DRIVERS/sdk2_logs.py', '$JOB'];
const TASK = 'log';
const INPUTS = { task: TASK, 'job-name': '$JOB' };

type Follow = (run: Run, job: string, watch: Pick<Command, 'onOutput' | 'until'>) => Promise<Ended>;
type Measure = (run: Run, side: string, follow: Follow) => Promise<Sample>;

function instancesOf({ quick }: Bench): number {
  return quick ? 2 : 10;
}

function jobOf(bench: Bench, name: string, words: readonly string[]): Job {
  return { name, task: TASK, instances: instancesOf(bench), command: ['python3', PRINTER, ...words] };
}

/** The action and the SDK follow the same job, each in its way. */
function sides(bench: Bench, measure: Measure): Side[] {
  const cwd = join(bench.folder, 'workspace');
  mkdirSync(cwd);
  return [
    {
      name: ACTION,
      command: shownStep(INPUTS),
      run: (run) =>
        measure(run, 'action', (run, job, watch) =>
          runAction(bench, run, { workspace: cwd, inputs: { ...INPUTS, 'job-name': job }, ...watch }),
        ),
    },
    {
      ...SDK,
      command: shownCommand(WORDS),
      run: (run) =>
        measure(run, 'sdk2', (run, job, watch) =>
          runPeer(bench, run, { peer: SDK.peer, words: WORDS, values: { JOB: job }, cwd, ...watch }),
        ),
    },
  ];
}

export const catchUp: Scenario = {
  name: 'catch-up',
  title: 'Log of ten instances: catching up with 500,000 lines',
  what:
    'A job on ten instances has printed 50,000 lines on each and goes on. From the start of the process until the last of ' +
    'these lines was printed here; then the process is ended.',
  headline: 'linesPerSecond',
  latencies: [0, 25],
  targets: [
    { measure: 'lost', most: 0 },
    { measure: 'callsPerSecond', most: 8 },
    { measure: 'memory', most: 200 },
  ],
  missed:
    'A page has at most 10,000 lines or 1 MB, so eight calls a second bring at most 80,000 lines. What is alive in memory is a ' +
    'small part of what is shown: pages of this size let Node widen its space for new objects, up to the limit that it has by ' +
    'itself, and an action cannot start Node with the flag that lowers it.',
  peers: ['sdk2'],
  open: async (bench) => {
    const { aws, quick, atEnd } = bench;
    const each = quick ? 200 : 50_000;
    const job = jobOf(bench, 'bench-catch-up', [String(each)]);
    await aws.runJobs(true);
    await startJob(aws, job);
    atEnd(() => stopJob(aws, job));
    await printed(aws, job, ` ${each - 1} `);
    return sides(bench, async (run, _side, follow) => {
      const expected = instancesOf(bench) * each;
      const tally = new LineTally();
      const begun = Date.now();
      const onOutput = (text: string): void => tally.accept(text, Date.now());
      const until = (): boolean => tally.has(expected) || Date.now() - Math.max(begun, tally.lastAt) > SILENCE_MS;
      await aws.forgetRequests();
      const { began, sample } = await follow(run, job.name, { onOutput, until });
      const calls = aws.countRequests();
      const seconds = tally.lastAt / 1_000 - began;
      const rates = { linesPerSecond: tally.count / seconds, callsPerSecond: calls / seconds };
      return { ...sample, seconds, calls, ...rates, lost: expected - tally.count };
    });
  },
};

export const follow: Scenario = {
  name: 'follow',
  title: 'Log of ten instances: following 5,000 lines a second',
  what:
    'Ten instances print 500 lines a second each, for 20 seconds. The lag is the time from the moment at which an instance printed a ' +
    'line to the moment at which it was printed here. Calls are those of these 20 seconds.',
  headline: 'worstLag',
  latencies: [0, 25],
  targets: [
    { measure: 'lost', most: 0 },
    { measure: 'callsPerSecond', most: 2 },
    { measure: 'worstLag', most: 2 },
  ],
  peers: ['sdk2'],
  open: async (bench) => {
    const { aws, quick } = bench;
    const [rate, duration, ahead] = quick ? [50, 2, 3] : [500, 20, 8];
    await aws.runJobs(true);
    return sides(bench, async (run, side, follow) => {
      const begin = Date.now() / 1_000 + ahead;
      const words = [rate * duration, begin, rate].map(String);
      const job = jobOf(bench, `bench-follow-${side}-${run.place.latency}-${run.round}`, words);
      await startJob(aws, job);
      const tally = new LineTally();
      await aws.forgetRequests();
      const { sample } = await follow(run, job.name, { onOutput: (text) => tally.accept(text, Date.now()) });
      const during = aws.requests().filter(({ received }) => received >= begin && received < begin + duration);
      const { cpu, memory } = sample;
      const lost = instancesOf(bench) * rate * duration - tally.count;
      const calls = { callsPerSecond: during.length / duration };
      return { lag: tally.lag(0.5), worstLag: tally.lag(0.99), ...calls, lost, cpu, memory };
    });
  },
};
