/**
 * Names and places: a job's name, the keys in the bucket, ARNs, console links. The S3 layout is the action's contract:
 * BUCKET/PREFIX/PROJECT/TASK/{state,input/CHANNEL,JOB/output,JOB/source}.
 */
import { createHash } from 'node:crypto';
import { dnsSuffix, partition } from './partition.ts';
import type { TaskSpec } from './spec.ts';

/** Where the worker finds the state that the jobs of a task share. */
export const STATE_PATH = '/state';

/** The file that brings code, dependencies and toolkit to the worker. */
export const CODE_ARCHIVE = 'sourcedir.tar.gz';

/** A job's name has 63 characters at the most; the stamp at its end takes 21 of them. */
const MOST_WORDS = 42;

export type Place = Pick<TaskSpec, 'prefix' | 'project' | 'task'>;

/**
 * `PROJECT-TASK-YYYYMMDD-HHMMSS-XXXX` (UTC), so that names sort by time; made fit for `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`.
 * `random` is four characters that keep two jobs of a second apart.
 */
export function jobName(project: string, task: string, now: Date, random: string): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const tail = `${stamp}-${random}`;
  return `${jobWords(`${project}-${task}`).replace(/-+$/, '')}-${tail}`;
}

/** What the names of all the project's jobs begin with. */
export function jobNamesOf(project: string): string {
  return jobWords(`${project}-`);
}

function jobWords(text: string): string {
  return text
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, MOST_WORDS);
}

/** The task's folder in the bucket; ends in a slash, as all folders here: `task1` must not match `task10/`. */
export function taskFolder({ prefix, project, task }: Place): string {
  return `${prefix}${project}/${task}/`;
}

export function stateFolder(place: Place): string {
  return `${taskFolder(place)}state/`;
}

export function inputFolder(place: Place, channel: string): string {
  return `${taskFolder(place)}input/${channel}/`;
}

/** What was synchronised to `inputFolder`: outside the folders that a worker sees. */
export function manifestKey(place: Place, channel: string): string {
  return `${taskFolder(place)}.sync/${channel}.json`;
}

/** Held by the run that is about to start a job of the task. */
export function leaseKey(place: Place): string {
  return `${taskFolder(place)}.lease.json`;
}

/** What the action keeps of a job. */
export function recordKey(place: Place, job: string): string {
  return `${taskFolder(place)}${job}/record.json`;
}

/** The file by which an instance marks the task as completed. */
export function markKey(place: Place, host: string): string {
  return `${stateFolder(place)}${host}/__COMPLETED__`;
}

/** Folders of a task that are no job's. */
export const TASK_FOLDERS: readonly string[] = ['state', 'input', '.sync'];

export function sourceFolder(place: Place, job: string): string {
  return `${taskFolder(place)}${job}/source/`;
}

export function outputFolder(place: Place, job: string): string {
  return `${taskFolder(place)}${job}/output/`;
}

export function modelKey(place: Place, job: string): string {
  return `${outputFolder(place, job)}model.tar.gz`;
}

export function outputKey(place: Place, job: string): string {
  return `${outputFolder(place, job)}output.tar.gz`;
}

export function defaultBucket(region: string, account: string): string {
  return `sagemaker-${region}-${account}`;
}

/** One role a project; IAM allows 64 characters. */
export function roleName(project: string): string {
  const name = `SimpleSagemaker-${project}`;
  return name.length <= 64
    ? name
    : `${name.slice(0, 55)}-${createHash('sha256').update(project).digest('hex').slice(0, 8)}`;
}

/** By partition: https://docs.aws.amazon.com/general/latest/gr/mgmt-console.html, https://docs.aws.eu/general/latest/gr/endpoints.html */
const CONSOLES: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
  'aws-eusc': 'console.amazonaws-eusc.eu',
};

/** The console's page of the job's log streams; the fragment is encoded twice, with `$` for `%`. */
export function logsUrl(region: string, job: string): string {
  // Those of partitions that are cut off from the internet: (assumed).
  const host = CONSOLES[partition(region)] ?? `console.${dnsSuffix(region)}`;
  const encode = (text: string): string => encodeURIComponent(encodeURIComponent(text)).replaceAll('%', '$');
  const filter = encodeURIComponent(`?logStreamNameFilter=${job}/`).replaceAll('%', '$');
  return `https://${region}.${host}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${encode('/aws/sagemaker/TrainingJobs')}${filter}`;
}
