/**
 * Whole runs, and what they leave: a first run of a project, whose bucket and role are made; a later run, with a state to empty and
 * inputs that changed. Each has a project and a bucket of its own, so that all of them can use one stand-in.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { ListTrainingJobsCommand } from '@aws-sdk/client-sagemaker';
import { MAIN, runOf } from '../setup.ts';
import type { StandIn, StepResult } from '../stand-in.ts';
import { holdAt, type Point } from './ways.ts';

const ROLE = 'arn:aws:iam::123456789012:role/runner';
const SHARED = 'shared-data';
const MIB = 2 ** 20;
/** Twice as many lines, with a pause between. */
const LINES = 15;
const SCRIPT = `
say() { i=$1; while [ $i -le $2 ]; do echo "line $i of $(hostname)"; i=$((i+1)); done; }
say 1 ${LINES}; sleep 1.5; say ${LINES + 1} ${2 * LINES}
mkdir -p "$SSM_INSTANCE_STATE"; cat "$SM_CHANNEL_DATA/a" > "$SSM_INSTANCE_STATE/seen"
[ "$(hostname)" != algo-1 ] || { cp "$SM_CHANNEL_X/a.txt" "$SM_MODEL_DIR/model"; echo 1 > "$SM_OUTPUT_DATA_DIR/output"; }
`;
const FILES = { 'code/train.sh': SCRIPT, 'data/a': 'a', 'data/b/c': 'c', 'data/large': new Uint8Array(9 * MIB) };
const RESULTS = { 'model/model': 'hello', 'output/output': '1\n', 'state/algo-1/seen': 'a' };

/** One way to run. */
export interface Scenario {
  readonly name: string;
  readonly instances: number;
  /** Inputs of the run that fails, beside those that the second run has too. */
  readonly more: Readonly<Record<string, string>>;
  readonly prepare: (aws: StandIn, bucket: string, project: string) => Promise<void>;
}

export const FIRST: Scenario = {
  name: 'a first run',
  instances: 2,
  more: { 'max-cost': '1000' },
  prepare: async () => {},
};

/** With three instances and more the log is searched; with fewer, each stream is read. */
export const LATER: Scenario = {
  name: 'a later run',
  instances: 3,
  more: { 'clean-state': 'true', 'max-cost': '1000' },
  prepare: async (aws, bucket, project) => {
    await aws.s3().send(new CreateBucketCommand({ Bucket: bucket }));
    for (const key of ['state/algo-1/old', 'input/data/gone', 'input/data/a']) {
      await aws.s3().send(new PutObjectCommand({ Bucket: bucket, Key: `${project}/train/${key}`, Body: 'old' }));
    }
  },
};

export interface Job {
  readonly name: string;
  readonly status: string;
  readonly created: number;
}

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
  /** What is left in the workspace by main, and by the next run: the logs by their names, and whether results are whole. */
  readonly left: Left;
  readonly nextLeft: Left;
  /** After the post step, and at the end. */
  readonly jobs: readonly Job[];
  readonly jobsAtEnd: readonly Job[];
  /** How many calls each fault struck. */
  readonly struck: readonly number[];
  readonly keysLeft: readonly string[];
}

export interface Left {
  readonly logs: Readonly<Record<string, readonly string[]>>;
  readonly wrong: readonly string[];
}

/** What all runs read. */
export function prepareInput(aws: StandIn): Promise<void> {
  return aws.bucketWith(SHARED, 'd/a.txt', 'hello');
}

export class Run {
  readonly #aws: StandIn;
  readonly #scenario: Scenario;
  readonly #id: string;
  readonly #workspace: string;
  readonly #patience: string;

  constructor(aws: StandIn, scenario: Scenario, id: string) {
    this.#aws = aws;
    this.#scenario = scenario;
    this.#id = id;
    this.#workspace = aws.workspace(FILES);
    this.#patience = `--import=${new URL('patience.mjs', import.meta.url).href}`;
  }

  get project(): string {
    return `case-${this.#id}`;
  }

  get bucket(): string {
    return `bucket-${this.#id}`;
  }

  get inputs(): Record<string, string> {
    return {
      ...{ project: this.project, task: 'train', bucket: this.bucket, entrypoint: 'train.sh', 'source-dir': 'code' },
      ...{ 'role-to-assume': ROLE, 'role-session-name': `case-${this.#id}` },
      inputs: `data=./data\nx=s3://${SHARED}/d/`,
      'instance-count': String(this.#scenario.instances),
      ...{ download: 'logs, model, output, state, source', 'upload-artifacts': 'none' },
    };
  }

  async environment(): Promise<Record<string, string>> {
    const run = await runOf(this.#aws, MAIN);
    return { ...run, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', NODE_OPTIONS: this.#patience };
  }

  /** Which calls the run makes when nothing fails, and how often. */
  async calls(): Promise<ReadonlyMap<string, number>> {
    await this.#scenario.prepare(this.#aws, this.bucket, this.project);
    await this.#aws.clearRequests();
    const inputs = { ...this.inputs, ...this.#scenario.more };
    const { code, stdout } = await this.#aws.run(this.#workspace, inputs, await this.environment());
    if (code !== 0) throw new Error(`the run failed without a fault:\n${stdout}`);
    const counts = new Map<string, number>();
    for (const { principal, service, operation } of await this.#aws.requests()) {
      const own = /:assumed-role\/runner\//.test(principal) || operation === 'AssumeRoleWithWebIdentity';
      const name = `${service}:${operation}`;
      if (own) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  }

  /** Runs it with these faults, which are over when the post step has ended. */
  async tell(faults: readonly object[], kill?: Kill): Promise<Story> {
    const aws = this.#aws;
    await this.#scenario.prepare(aws, this.bucket, this.project);
    await aws.liftFaults();
    await aws.clearRequests();
    const env = await this.environment();
    const inputs = { ...this.inputs, ...this.#scenario.more };
    for (const fault of faults) await aws.fault(fault);
    if (kill !== undefined) await aws.fault(holdAt(kill, kill.when));
    const step = aws.step(this.#workspace, inputs, env);
    let over = false;
    const killing = kill && this.#kill(step, kill, faults.length, () => over);
    const main = await step.done;
    over = true;
    await killing;
    const left = this.#left();
    const post = await aws.step(this.#workspace, inputs, env, main.state).done;
    const struck = (await aws.faults()).map((fault) => fault.struck);
    await aws.liftFaults();
    const jobs = await this.#jobs();
    const next = await aws.run(this.#workspace, this.inputs, { ...env, GITHUB_RUN_ID: '18' });
    const [nextLeft, jobsAtEnd] = [this.#left(), await this.#jobs()];
    const keysLeft = (await aws.keys('', this.bucket)).filter((key) => /\.lease\.json$/.test(key));
    return { main, post, next, left, nextLeft, jobs, jobsAtEnd, struck, keysLeft };
  }

  /** As GitHub cancels: SIGINT, SIGTERM after 7.5 seconds, and the end after 2.5 more. */
  async #kill(step: ReturnType<StandIn['step']>, { signal }: Kill, at: number, isOver: () => boolean): Promise<void> {
    while (((await this.#aws.faults())[at]?.struck ?? 0) === 0) {
      if (isOver()) return;
      await sleep(20);
    }
    step.kill(signal);
    if (signal === 'SIGKILL') return;
    for (const [ms, next] of [
      [7_500, 'SIGTERM'],
      [2_500, 'SIGKILL'],
    ] as const) {
      await Promise.race([sleep(ms), step.done]);
      step.kill(next);
    }
  }

  async #jobs(): Promise<Job[]> {
    const request = new ListTrainingJobsCommand({ NameContains: `${this.project}-train-`, SortBy: 'CreationTime' });
    const { TrainingJobSummaries: found = [] } = await this.#aws.sagemaker().send(request);
    return found
      .map(({ TrainingJobName = '', TrainingJobStatus = '', CreationTime }) => {
        return { name: TrainingJobName, status: TrainingJobStatus, created: CreationTime?.getTime() ?? 0 };
      })
      .sort((a, b) => a.created - b.created);
  }

  #left(): Left {
    const folder = join(this.#workspace, 'sagemaker-output', 'train');
    const read = (path: string): string => {
      try {
        return readFileSync(join(folder, path), 'utf8');
      } catch {
        return '(none)';
      }
    };
    const names = Array.from({ length: this.#scenario.instances }, (_, at) => `logs/logs${at}`);
    const logs = Object.fromEntries(names.map((name) => [name, read(name).split('\n').slice(0, -1)]));
    const wrong = Object.entries(RESULTS).filter(([path, text]) => read(path) !== text);
    return { logs, wrong: wrong.map(([path]) => `${path}: ${read(path)}`) };
  }
}

/** The log of instance number `at`. */
export function wholeLog(at: number): string[] {
  const said = Array.from({ length: 2 * LINES }, (_, line) => `line ${line + 1} of algo-${at + 1}`);
  return ['Invoking script with the following command:', '', 'sh train.sh', '', ...said];
}
