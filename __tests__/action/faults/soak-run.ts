/**
 * One short run of which a seed says everything: how many steps there are of one task at once, what fails and when which process
 * ends. At last a step runs that meets no fault.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { StandIn, StepResult } from '../stand-in.ts';
import { errors, messages, notices, secrets, whole } from './checks.ts';
import { end, type Kill } from './scenario.ts';
import { type Job, type Left, Task } from './task.ts';
import { faultAt, PASSING, SESSION, type Way } from './ways.ts';

const OPERATIONS = [
  ...['s3:*', 's3:PutObject', 's3:GetObject', 's3:ListObjectsV2', 's3:DeleteObject', 's3:HeadObject', 's3:HeadBucket'],
  ...['s3:CreateBucket', 'sagemaker:*', 'sagemaker:CreateTrainingJob', 'sagemaker:DescribeTrainingJob'],
  ...['sagemaker:StopTrainingJob', 'logs:*', 'iam:*', 'iam:PutRolePolicy', 'ecr:*', 'sts:*'],
] as const;

/** What one process of a runner did: a step and its post step. */
interface Told {
  readonly main: StepResult;
  readonly post: StepResult;
  readonly left: Left;
}

export interface SoakRun {
  readonly seed: number;
  /** What the seed says, in a line. */
  readonly plan: string;
  readonly broken: readonly string[];
  /** What all processes printed. */
  readonly log: string;
}

/** Numbers that a seed repeats: mulberry32, of which any seed is good. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Actor {
  /** When it starts and when its process ends, in milliseconds. */
  readonly after: number;
  readonly killed: { readonly after: number; readonly signal: Kill['signal'] } | undefined;
  /** Inputs that make another job of it. */
  readonly inputs: Readonly<Record<string, string>>;
}

export interface Plan {
  readonly instances: number;
  readonly faults: readonly object[];
  readonly actors: readonly Actor[];
}

/** What a seed says. */
export function planOf(seed: number): Plan {
  const random = numbers(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const one = <T>(items: readonly [T, ...T[]]): T => items[below(items.length)] ?? items[0];
  const fault = (): object => {
    const [operation, way] = [one(OPERATIONS), random() < 0.1 ? 'denied' : one(PASSING)] as const;
    const at = faultAt({ operation, call: 1 + below(5) }, way satisfies Way);
    const share = { operation, principal: SESSION, rate: 0.1 + random() / 4, times: 1 + below(5) };
    return random() < 0.5 ? at : { ...at, calls: [], ...share };
  };
  const count = one([1, 1, 2, 3]);
  return {
    instances: one([1, 1, 2]),
    faults: Array.from({ length: 1 + below(4) }, fault),
    actors: Array.from({ length: count }, () => ({
      after: below(2) * below(2_000),
      killed: random() < 0.3 ? { after: 500 + below(6_000), signal: one(['SIGKILL', 'SIGINT']) } : undefined,
      inputs: random() < 0.2 ? { environment: `VARIANT=${below(2)}` } : {},
    })),
  };
}

/** Uses the stand-in alone. */
export async function soakRun(aws: StandIn, seed: number): Promise<SoakRun> {
  const plan = planOf(seed);
  const task = new Task(aws, `seed-${seed}`, plan.instances, 'role');
  const env = await task.environment();
  await aws.liftFaults();
  for (const fault of plan.faults) await aws.fault(fault);
  const told = await Promise.all(
    plan.actors.map((actor, at) => act(aws, task, actor, { ...env, GITHUB_RUN_ID: `${at}` })),
  );
  await aws.liftFaults();
  const jobs = await task.jobs();
  const workspace = task.workspace(false);
  const last = await aws.run(workspace, task.inputs, { ...env, GITHUB_RUN_ID: 'last' });
  const broken = [
    ...told.flatMap((each, at) => ofStep(`step ${at}`, each, task)),
    ...afterAll(told, jobs),
    ...whole('the last step', last, task.leftIn(workspace), task, []),
    ...(last.code === 0 ? [] : [`the last step ended with ${last.code}: ${errors(last).join('\n')}`]),
    ...together(await task.jobs()),
  ];
  const log = [...told.flatMap(({ main, post }) => [main, post]), last]
    .map(({ stdout }) => shown(stdout))
    .join('\n---\n');
  const shortly = JSON.stringify(plan, (_, each) => (Array.isArray(each) && each.length > 9 ? `${each[0]} …` : each));
  return { seed, plan: shortly, broken, log };
}

async function act(
  aws: StandIn,
  task: Task,
  { after, killed, inputs }: Actor,
  env: Record<string, string>,
): Promise<Told> {
  await sleep(after);
  const [workspace, given] = [task.workspace(false), { ...task.inputs, ...inputs }];
  const step = aws.step(workspace, given, env);
  if (killed !== undefined) {
    const isOver = await Promise.race([step.done.then(() => true), sleep(killed.after, false)]);
    if (!isOver) await end(step, killed.signal);
  }
  const main = await step.done;
  const left = task.leftIn(workspace);
  return { main, left, post: await aws.step(workspace, given, env, main.state).done };
}

/** Exit code 0 is for whole results alone, any other comes with words that help. */
function ofStep(name: string, { main, post, left }: Told, task: Task): string[] {
  const problems = [...secrets(name, main), ...secrets(`${name}'s post`, post), ...messages(main)];
  // A log that may not be read is a warning.
  const failing = [{ operation: 'logs:*', call: 1, way: 'denied' }] as const;
  if (main.code === 0) return [...problems, ...whole(name, main, left, task, failing)];
  if (main.signal === null && !errors(main).every((error) => /%0A\S/.test(error)))
    problems.push(`${name} does not say what to do: ${errors(main).join('\n')}`);
  if (main.signal === null && errors(main).length !== 1) problems.push(`${name} has ${errors(main).length} errors`);
  return problems;
}

/** When all steps are over nobody follows a job any more: each has ended, or somebody was told. */
function afterAll(told: readonly Told[], jobs: readonly Job[]): string[] {
  const words = told.flatMap(({ main, post }) => [...errors(main), ...errors(post), ...notices(main)]).join('\n');
  const left = jobs.filter(({ status, name }) => status === 'InProgress' && !words.includes(name));
  return left.map(({ name }) => `${name} goes on, and nobody follows it or was told`);
}

/** A task has one job at a time. */
function together(jobs: readonly Job[]): string[] {
  return jobs.slice(1).flatMap((job, at) => {
    const before = jobs[at];
    const isOver = before?.ended !== undefined && before.ended <= job.created;
    return isOver ? [] : [`${job.name} was started while ${before?.name} was in progress`];
  });
}

function shown(stdout: string): string {
  return stdout.replace(/^::add-mask::.*\n/gm, '');
}
