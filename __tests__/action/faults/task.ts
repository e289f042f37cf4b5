/** A task of which steps are run: its code, its inputs, what its jobs print and leave. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ListTrainingJobsCommand } from '@aws-sdk/client-sagemaker';
import { MAIN, runOf, sessionVariables } from '../setup.ts';
import type { StandIn } from '../stand-in.ts';

/** Of the steps' sessions. Jobs have roles of their own. */
export const ROLE = 'arn:aws:iam::123456789012:role/runner';
const SHARED = 'shared-data';
const MIB = 2 ** 20;
/** Twice as many lines, with a pause between, in seconds: the log of several instances is searched only while they run. */
const LINES = 15;
const PAUSE = { one: 1.5, several: 4 };
const script = (pause: number): string => `
host=$(hostname)
say() { i=$1; while [ $i -le $2 ]; do echo "line $i of $host"; i=$((i+1)); done; }
say 1 ${LINES}; sleep ${pause}; say ${LINES + 1} ${2 * LINES}
mkdir -p "$SSM_INSTANCE_STATE"; cat "$SM_CHANNEL_DATA/a" > "$SSM_INSTANCE_STATE/seen"
[ "$host" != algo-1 ] || { cp "$SM_CHANNEL_X/a.txt" "$SM_MODEL_DIR/model"; echo 1 > "$SM_OUTPUT_DATA_DIR/output"; }
`;
const RESULTS = { 'model/model': 'hello', 'output/output': '1\n', 'state/algo-1/seen': 'a' };

/** What all tasks read. */
export function prepareInput(aws: StandIn): Promise<void> {
  return aws.bucketWith(SHARED, 'd/a.txt', 'hello');
}

export interface Job {
  readonly name: string;
  readonly status: string;
  /** In milliseconds since 1970. */
  readonly created: number;
  readonly ended: number | undefined;
}

/** The logs that a step left, by their names, and which results are not what they should be. */
export interface Left {
  readonly logs: Readonly<Record<string, readonly string[]>>;
  readonly wrong: readonly string[];
}

/** With a project and a bucket of its own, so that all of them can use one stand-in. */
export class Task {
  readonly #aws: StandIn;
  readonly #id: string;
  readonly #access: 'role' | 'keys';
  readonly instances: number;

  /** `access`: the step assumes a role, or has the keys of a session in its environment. */
  constructor(aws: StandIn, id: string, instances: number, access: 'role' | 'keys') {
    this.#aws = aws;
    this.#id = id;
    this.instances = instances;
    this.#access = access;
  }

  get project(): string {
    return `case-${this.#id}`;
  }

  get bucket(): string {
    return `bucket-${this.#id}`;
  }

  /** A checkout. `large`: with a file that is sent in parts. */
  workspace(large: boolean): string {
    const pause = this.instances === 1 ? PAUSE.one : PAUSE.several;
    const files = { 'code/train.sh': script(pause), 'data/a': 'a', 'data/b/c': 'c' };
    return this.#aws.workspace(large ? { ...files, 'data/large': new Uint8Array(9 * MIB) } : files);
  }

  get inputs(): Record<string, string> {
    const role = { 'role-to-assume': ROLE, 'role-session-name': `case-${this.#id}` };
    return {
      ...{ project: this.project, task: 'train', bucket: this.bucket, entrypoint: 'train.sh', 'source-dir': 'code' },
      ...(this.#access === 'role' && role),
      inputs: `data=./data\nx=s3://${SHARED}/d/`,
      'instance-count': String(this.instances),
      ...{ download: 'logs, model, output, state, source', 'upload-artifacts': 'none' },
    };
  }

  /** With fresh credentials. */
  async environment(): Promise<Record<string, string>> {
    const patience = `--import=${new URL('patience.mjs', import.meta.url).href}`;
    const given = { ...(await runOf(this.#aws, MAIN)), NODE_OPTIONS: patience };
    if (this.#access === 'role') return { ...given, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
    return { ...given, ...(await sessionVariables(this.#aws, ROLE, MAIN)) };
  }

  /** All jobs, the first first. */
  async jobs(): Promise<Job[]> {
    const request = new ListTrainingJobsCommand({ NameContains: `${this.project}-train-`, MaxResults: 100 });
    const { TrainingJobSummaries: found = [] } = await this.#aws.sagemaker().send(request);
    return found
      .map(({ TrainingJobName = '', TrainingJobStatus = '', CreationTime, LastModifiedTime }) => ({
        ...{ name: TrainingJobName, status: TrainingJobStatus, created: CreationTime?.getTime() ?? 0 },
        ended: /^(Completed|Failed|Stopped)$/.test(TrainingJobStatus) ? LastModifiedTime?.getTime() : undefined,
      }))
      .sort((a, b) => a.created - b.created);
  }

  /** Leases that nobody gave back. */
  async leases(): Promise<string[]> {
    return (await this.#aws.keys('', this.bucket)).filter((key) => key.endsWith('.lease.json'));
  }

  leftIn(workspace: string): Left {
    const folder = join(workspace, 'sagemaker-output', 'train');
    const read = (path: string): string => {
      try {
        return readFileSync(join(folder, path), 'utf8');
      } catch {
        return '(none)';
      }
    };
    const names = Array.from({ length: this.instances }, (_, at) => `logs/logs${at}`);
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
