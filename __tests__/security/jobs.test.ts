/**
 * No job is forgotten: a step that ends anywhere, by SIGINT or SIGKILL, and its post step leave nothing that runs, bills or
 * makes the next run of the task wait. All cases run at once against one stand-in, each with a task of its own.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { ListTrainingJobsCommand } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll } from 'vitest';
import { userWith } from '../action/setup.ts';
import { StandIn, type Step, type StepResult } from '../action/stand-in.ts';
import { Tally } from './tally.ts';

type Ending = 'SIGINT' | 'SIGKILL';

/** SageMaker carries the request out so many seconds after it came, whether or not the client is still there. */
const LATE = 12;
/** A runner's: SIGTERM so long after SIGINT, then a kill. */
const TERM_MS = 7_500;
const KILL_MS = 10_000;

let aws: StandIn;
/** Credentials whose writes S3 carries out late. */
let late: Record<string, string>;
const left = new Map<string, Promise<string[]>>();
const next = new Map<string, Promise<boolean>>();

const SIGNALS = ['SIGINT', 'SIGKILL'] as const;
const DELAYS = SIGNALS.flatMap((ending) => [1.5, 3, 6].map((after) => ({ ending, after })));
const nameOf = (what: string, ending: Ending, after = 0): string => `${what}-${ending.toLowerCase()}-${after * 10}`;

beforeAll(async () => {
  aws = await StandIn.start(['--time-scale', '0.05']);
  await aws.run(aws.workspace({}), { task: 'first', run: 'true', download: 'none', 'upload-artifacts': 'none' });
  await aws.fault({ kind: 'slow', operation: 'sagemaker:CreateTrainingJob', seconds: LATE });
  await aws.fault({ kind: 'slow', operation: 'iam:GetRole', seconds: 2 });
  await aws.fault({ kind: 'slow', operation: 's3:UploadPart', seconds: 3 });
  late = await userWith(aws, 'late', []);
  await aws.fault({ kind: 'slow', operation: 's3:PutObject', principal: '*user/late', seconds: 15 });
  const ends = [
    ...DELAYS.map(({ ending, after }) => ended(nameOf('asked', ending, after), ending, whileAsked(after))),
    ...SIGNALS.flatMap((ending) => [
      ended(nameOf('at-once', ending), ending, () => sleep(100)),
      ended(nameOf('before', ending), ending, (step) => step.printed('Code: ')),
      ended(nameOf('upload', ending), ending, whileUploading(nameOf('upload', ending))),
      ended(nameOf('waits', ending), ending, (step) => step.printed('Waiting: run 5')),
      ended(nameOf('lease', ending), ending, () => sleep(8_000), late),
    ]),
  ];
  await Promise.allSettled(ends);
  while ((await jobs('', 'Stopping')).length > 0) await sleep(500);
  await aws.liftFaults();
  const free = [...left.keys()].filter((task) => !task.startsWith('waits'));
  for (const task of free) next.set(task, waits(task));
  await Promise.allSettled(next.values());
});
afterAll(() => aws.stop());

/** Seconds after the job was asked for. */
const whileAsked =
  (after: number) =>
  async (step: Step): Promise<void> => {
    await step.printed('Image: ');
    await sleep(after * 1_000);
  };

const whileUploading = (task: string) => async (): Promise<void> => {
  while ((await uploads(task)).length === 0) await sleep(200);
  await sleep(500);
};

/** Ends a step of the task when it is so far, as a runner does, runs its post step, and keeps what is left then. */
function ended(
  task: string,
  ending: Ending,
  until: (step: Step) => Promise<void>,
  env: Record<string, string> = {},
): Promise<string[]> {
  const look = async (): Promise<string[]> => {
    const waits = task.startsWith('waits');
    if (waits) await leaseOfAnother(task);
    const data: Record<string, Uint8Array> = task.startsWith('upload')
      ? { 'data/large': randomBytes(20 * 2 ** 20) }
      : {};
    const workspace = aws.workspace({ 'data/small': 'x', ...data });
    const inputs = { task, run: 'exec sleep 600', inputs: 'd=./data', download: 'logs' };
    const step = aws.step(workspace, inputs, env);
    await until(step);
    const signalled = Date.now();
    const { state } = await killed(step, ending);
    const seconds = (Date.now() - signalled) / 1_000;
    const post = await aws.step(workspace, inputs, env, state).done;
    // What AWS got may be carried out still.
    if (task.startsWith('asked')) await sleep(signalled + (LATE + 1) * 1_000 - Date.now());
    return [
      ...(seconds > KILL_MS / 1_000 ? [`main took ${seconds} seconds`] : []),
      ...(post.code === 0 ? [] : [`post failed: ${post.stdout}`]),
      ...(await jobs(task, 'InProgress')).map((name) => `the job ${name} runs on`),
      ...(await leases(task)).filter(() => !waits),
      ...(await uploads(task)).filter(() => !waits),
      ...(waits && (await leases(task)).length === 0 ? ["another run's lease is gone"] : []),
      ...(waits && (await uploads(task)).length === 0 ? ["another run's upload is gone"] : []),
    ];
  };
  const found = look();
  left.set(task, found);
  return found;
}

async function killed(step: Step, ending: Ending): Promise<StepResult> {
  step.kill(ending);
  const timers = [setTimeout(() => step.kill('SIGTERM'), TERM_MS), setTimeout(() => step.kill('SIGKILL'), KILL_MS)];
  const result = await step.done;
  for (const timer of timers) clearTimeout(timer);
  return result;
}

/** Another run has the task's lease, and is sending a file. */
async function leaseOfAnother(task: string): Promise<void> {
  const object = { Bucket: aws.bucket, Key: `project/${task}/.lease.json` };
  await aws.s3().send(new PutObjectCommand({ ...object, Body: '{"owner":"run 5","token":"another"}' }));
  await aws.s3().send(new CreateMultipartUploadCommand({ ...object, Key: `project/${task}/input/d/large` }));
}

async function jobs(task: string, StatusEquals: 'InProgress' | 'Stopping'): Promise<string[]> {
  const request = new ListTrainingJobsCommand({ NameContains: `project-${task}`, StatusEquals });
  const { TrainingJobSummaries = [] } = await aws.sagemaker().send(request);
  return TrainingJobSummaries.map(({ TrainingJobName = '' }) => TrainingJobName);
}

const leases = async (task: string): Promise<string[]> => aws.keys(`project/${task}/.lease.json`);

async function uploads(task: string): Promise<string[]> {
  const request = new ListMultipartUploadsCommand({ Bucket: aws.bucket, Prefix: `project/${task}/` });
  const { Uploads = [] } = await aws.s3().send(request);
  return Uploads.map(({ Key }) => `an upload of ${Key}`);
}

function result<T>(results: ReadonlyMap<string, Promise<T>>, task: string): Promise<T> {
  return results.get(task) ?? Promise.reject(new Error(`${task} did not run`));
}

/** Whether something is left of the ended step of the task. */
async function leaves(task: string): Promise<boolean> {
  const found = await result(left, task);
  if (found.length > 0) console.log(`${task}: ${found.join('; ')}`);
  return found.length > 0;
}

/** Whether the next run of the task waits for the run that is over, or for its job. */
async function waits(task: string, env: Record<string, string> = {}): Promise<boolean> {
  const inputs = { task, run: 'true', download: 'none', 'upload-artifacts': 'none', 'when-busy': 'fail' };
  const { code, stdout } = await aws.run(aws.workspace({}), inputs, env);
  if (code !== 0) console.log(`${task}: ${stdout}`);
  return code !== 0 || stdout.includes('Waiting: ');
}

const tally = new Tally('No job is forgotten');
const all = (what: string): string[] => SIGNALS.map((ending) => nameOf(what, ending));
const asked = DELAYS.map(({ ending, after }) => nameOf('asked', ending, after));
tally.attack("ended while CreateTrainingJob's answer is awaited", asked, leaves);
tally.attack('ended before the job is asked for', [...all('at-once'), ...all('before')], leaves);
tally.attack('ended while a large file is sent', all('upload'), leaves);
tally.attack("ended while another run's lease is waited for", all('waits'), leaves);
tally.attack('ended while S3 has not answered that the lease is held', all('lease'), leaves);
tally.attack('the next run waits', [...asked, ...all('lease'), ...all('before'), ...all('upload')], (task) =>
  result(next, task),
);
tally.attack('the next attempt of a run waits for the attempt before', ['rerun'], async (task) => {
  const step = aws.step(aws.workspace({}), { task, run: 'true' }, { GITHUB_RUN_ATTEMPT: '1' });
  await step.printed('Code: ');
  await killed(step, 'SIGKILL');
  return waits(task, { GITHUB_RUN_ATTEMPT: '2' });
});
tally.attack("a job of the same attempt takes another one's lease", ['matrix'], async (task) => {
  const env = { GITHUB_RUN_ATTEMPT: '2' };
  await aws.fault({ kind: 'slow', operation: 'iam:GetRole', seconds: 8, times: 1 });
  const first = aws.step(aws.workspace({}), { task, run: 'true' }, env);
  await first.printed('Code: ');
  const second = aws.step(aws.workspace({}), { task, run: 'true' }, env);
  const [one, two] = await Promise.all([first.done, second.done]);
  return one.code !== 0 || two.code !== 0 || !two.stdout.includes('Waiting: run 17 is starting');
});
