/**
 * Whole runs, and what they leave: a first run of a project, whose bucket and role are made; a later run, with a state to empty and
 * inputs that changed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { StandIn, Step, StepResult } from '../stand-in.ts';
import { type Job, type Left, Task } from './task.ts';
import { holdAt, type Point } from './ways.ts';

/** One way to run. */
export interface Scenario {
  readonly name: string;
  readonly instances: number;
  /** Inputs of the run that fails, beside those that the next run has too. */
  readonly more: Readonly<Record<string, string>>;
  readonly prepare: (aws: StandIn, task: Task) => Promise<void>;
}

/** Its log is read stream by stream. */
export const FIRST: Scenario = {
  name: 'a first run',
  instances: 1,
  more: { 'max-cost': '1000' },
  prepare: async () => {},
};

/** The log of several instances is searched. */
export const LATER: Scenario = {
  name: 'a later run',
  instances: 3,
  more: { 'clean-state': 'true', 'max-cost': '1000' },
  prepare: async (aws, { bucket, project }) => {
    await aws.s3().send(new CreateBucketCommand({ Bucket: bucket }));
    for (const key of ['state/algo-1/old', 'input/data/gone', 'input/data/a']) {
      await aws.s3().send(new PutObjectCommand({ Bucket: bucket, Key: `${project}/train/${key}`, Body: 'old' }));
    }
  },
};

/** Something that happens to the step when this call waits for its answer. */
export interface Kill extends Point {
  readonly when: 'before' | 'after';
  readonly signal: 'SIGKILL' | 'SIGINT';
}

/** A step with its post step, and the next run of the same workflow, which meets no fault. */
export interface Story {
  readonly main: StepResult;
  readonly post: StepResult;
  readonly next: StepResult;
  readonly left: Left;
  readonly nextLeft: Left;
  /** After the post step, and at the end. */
  readonly jobs: readonly Job[];
  readonly jobsAtEnd: readonly Job[];
  /** How many calls each fault struck. */
  readonly struck: readonly number[];
  readonly leases: readonly string[];
}

/** Which calls the run makes when nothing fails, and how often. */
export async function callsOf(aws: StandIn, scenario: Scenario, id: string): Promise<ReadonlyMap<string, number>> {
  const task = new Task(aws, id, scenario.instances, 'role');
  await scenario.prepare(aws, task);
  await aws.clearRequests();
  const inputs = { ...task.inputs, ...scenario.more };
  const { code, stdout } = await aws.run(task.workspace(true), inputs, await task.environment());
  if (code !== 0) throw new Error(`the run failed without a fault:\n${stdout}`);
  const counts = new Map<string, number>();
  for (const { principal, service, operation } of await aws.requests()) {
    const own = /:assumed-role\/runner\//.test(principal) || operation === 'AssumeRoleWithWebIdentity';
    const name = `${service}:${operation}`;
    if (own) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** What a step and its post step meet. Without `post` the post step meets the same as the step. */
export interface Trouble {
  readonly faults: readonly object[];
  readonly kill?: Kill | undefined;
  readonly post?: readonly object[] | undefined;
}

/** Runs it with these faults, which are over when the post step has ended. */
export async function tell(
  aws: StandIn,
  scenario: Scenario,
  task: Task,
  { faults, kill, post: later }: Trouble,
): Promise<Story> {
  await scenario.prepare(aws, task);
  await aws.liftFaults();
  const env = await task.environment();
  await aws.clearRequests();
  const inputs = { ...task.inputs, ...scenario.more };
  const workspace = task.workspace(true);
  for (const fault of faults) await aws.fault(fault);
  if (kill !== undefined) await aws.fault(holdAt(kill, kill.when));
  const step = aws.step(workspace, inputs, env);
  if (kill !== undefined) await killAt(aws, step, faults.length, kill.signal);
  const main = await step.done;
  const left = task.leftIn(workspace);
  const struckOf = async (): Promise<number[]> => (await aws.faults()).map((fault) => fault.struck);
  const before = later === undefined ? [] : await struckOf();
  if (later !== undefined) await aws.liftFaults();
  for (const fault of later ?? []) await aws.fault(fault);
  const post = await aws.step(workspace, inputs, env, main.state).done;
  const struck = [...before, ...(await struckOf())];
  await aws.liftFaults();
  const jobs = await task.jobs();
  const next = await aws.run(workspace, task.inputs, { ...(await task.environment()), GITHUB_RUN_ID: '18' });
  const [nextLeft, jobsAtEnd, leases] = [task.leftIn(workspace), await task.jobs(), await task.leases()];
  return { main, post, next, left, nextLeft, jobs, jobsAtEnd, struck, leases };
}

/** Ends the process when the fault number `at` has struck, unless it has ended before. */
async function killAt(aws: StandIn, step: Step, at: number, signal: Kill['signal']): Promise<void> {
  let over = false;
  const done = step.done.then(() => {
    over = true;
  });
  while (!over && ((await aws.faults())[at]?.struck ?? 0) === 0) await Promise.race([sleep(20), done]);
  if (!over) await end(step, signal);
}

/** As GitHub cancels: SIGINT, SIGTERM after 7.5 seconds, and the end after 2.5 more. */
export async function end(step: Step, signal: Kill['signal']): Promise<void> {
  step.kill(signal);
  if (signal === 'SIGKILL') return;
  const later = [setTimeout(() => step.kill('SIGTERM'), 7_500), setTimeout(() => step.kill('SIGKILL'), 10_000)];
  await step.done;
  for (const each of later) clearTimeout(each);
}

/** What all its processes printed. */
export function textOf({ main, post, next }: Story): string {
  return [main, post, next].map(({ stdout }) => stdout.replace(/^::add-mask::.*\n/gm, '')).join('\n---\n');
}
