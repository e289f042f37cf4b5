/**
 * Where everything is in the bucket. The layout is the action's contract:
 * BUCKET/PREFIX/PROJECT/TASK/{state,input/CHANNEL,JOB/output,JOB/source}.
 */

/** Where the worker finds the state that the jobs of a task share. */
export const STATE_PATH = '/state';

/** The channel that brings the code. The launcher hides it from the user's code. */
export const CODE_CHANNEL = 'ssm_code';

/** The archive with code, dependencies and toolkit. */
export const CODE_ARCHIVE = 'sourcedir.tar.gz';

/** Identifies a task's folder. */
export interface Place {
  /** Empty, or ending in a slash. */
  readonly prefix: string;
  readonly project: string;
  readonly task: string;
}

/** A task's place, and a second prefix for a task that has not completed under the first. */
export interface TaskPlace extends Place {
  /** Empty, or ending in a slash; undefined: there is no second prefix. */
  readonly basePrefix: string | undefined;
}

/** Whether the prefix is that of unmerged code, such as a pull request's. Its jobs have a role of their own. */
export function isUnmerged({ prefix }: Pick<Place, 'prefix'>): boolean {
  return /^pr-[^/]+\/$/.test(prefix);
}

/** The places to search for a task, in this order: under its prefix, then under its base prefix. */
export function places({ prefix, basePrefix, project, task }: TaskPlace): Place[] {
  const first = { prefix, project, task };
  return basePrefix === undefined ? [first] : [first, { prefix: basePrefix, project, task }];
}

/** The project's folder in the bucket; ends in a slash. */
export function projectFolder({ prefix, project }: Place): string {
  return `${prefix}${project}/`;
}

/** The task's folder in the bucket. Every folder here ends in a slash, so that `task1` does not match `task10/`. */
export function taskFolder(place: Place): string {
  return `${projectFolder(place)}${place.task}/`;
}

/** Whether a folder of the project can be a task's folder: the rule of the input `task`. */
export function isTaskName(folder: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(folder);
}

/** CreateTrainingJob's S3OutputPath for jobs of the task: SageMaker adds `JOB/output/…`. */
export function outputPath(bucket: string, place: Place): string {
  return `s3://${bucket}/${taskFolder(place).replace(/\/$/, '')}`;
}

/** The place of a task's folder `PREFIX/PROJECT/TASK`: the inverse of `taskFolder`. */
export function placeOf(folder: string): Place {
  const parts = folder.split('/').filter((part) => part !== '');
  const [project = '', task = ''] = parts.slice(-2);
  const prefix = parts.slice(0, -2).map((part) => `${part}/`);
  return { prefix: prefix.join(''), project, task };
}

export function stateFolder(place: Place): string {
  return `${taskFolder(place)}state/`;
}

/** The folder of all local inputs. Only the run that holds the task's lease writes to it. */
export function inputsFolder(place: Place): string {
  return `${taskFolder(place)}input/`;
}

export function inputFolder(place: Place, channel: string): string {
  return `${inputsFolder(place)}${channel}/`;
}

/** The list of what was sent to `inputFolder`. It is outside the folders that a worker can see. */
export function manifestKey(place: Place, channel: string): string {
  return `${taskFolder(place)}.sync/${channel}.json`;
}

/** The lease: the run that starts a job of the task holds it meanwhile. */
export function leaseKey(place: Place): string {
  return `${taskFolder(place)}.lease.json`;
}

/** The action's record of a job. */
export function recordKey(place: Place, job: string): string {
  return `${taskFolder(place)}${job}/record.json`;
}

/** The file with which an instance marks the task as completed. */
export function markKey(place: Place, host: string): string {
  return `${stateFolder(place)}${host}/__COMPLETED__`;
}

/** Folders in the task's folder that are not folders of jobs. */
const TASK_FOLDERS: readonly string[] = ['state', 'input'];

/**
 * Whether a folder of the task can be a job's folder. Others who write to the bucket can make other folders.
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html (TrainingJobName)
 */
export function isJobName(folder: string): boolean {
  return /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/.test(folder) && folder.length <= 63 && !TASK_FOLDERS.includes(folder);
}

export function sourceFolder(place: Place, job: string): string {
  return `${taskFolder(place)}${job}/source/`;
}

export function outputFolder(place: Place, job: string): string {
  return `${taskFolder(place)}${job}/output/`;
}

/** SageMaker's name of a result's archive in the job's `outputFolder`. */
export function archiveName(result: 'model' | 'output'): string {
  return `${result}.tar.gz`;
}

/**
 * The folder there that holds the result's files if the job compresses nothing. That of the model is in
 * https://docs.aws.amazon.com/sagemaker/latest/dg/large-model-inference-uncompressed.html; that of the output data is assumed.
 */
export function filesFolder(result: 'model' | 'output'): string {
  return `${result}/`;
}

/** Negative when S3 lists `a` before `b`. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const LONGEST_KEY = 1024;
/** Characters that S3's XML cannot contain: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression finds control characters
export const CONTROL = /[\u0000-\u001f\u007f]/;

/** Why the file cannot be an object in this folder; undefined if it can. An S3 key has at most 1,024 bytes of UTF-8. */
export function keyProblem(folder: string, path: string): string | undefined {
  if (CONTROL.test(path)) return 'has a control character in its name';
  const bytes = Buffer.byteLength(folder + path);
  return bytes > LONGEST_KEY
    ? `would have an S3 key of ${bytes} bytes, and S3 allows at most ${LONGEST_KEY}`
    : undefined;
}
