/** Names of jobs, roles and buckets in AWS, and links to the console. */
import { hashText } from './hash-text.ts';
import { dnsSuffix, partition } from './partition.ts';
import { isUnmerged, type Place } from './s3-layout.ts';
import type { S3Uri } from './s3-uri.ts';

/** A job's name has at most 63 characters. The dash and the stamp at its end take 21 of them. */
const MOST_WORDS = 42;

/**
 * `PROJECT-TASK-YYYYMMDD-HHMMSS-XXXX` (UTC), so that names sort by time. Other characters than SageMaker's
 * `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}` become dashes. XXXX is the sixteenth of the second, a hexadecimal digit, and `random`, three
 * characters: two jobs may start at the same time.
 */
export function jobName(project: string, task: string, now: Date, random: string): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const sixteenth = Math.floor((now.getUTCMilliseconds() * 16) / 1000).toString(16);
  const tail = `${stamp}-${sixteenth}${random}`;
  return `${jobWords(`${project}-${task}`).replace(/-+$/, '')}-${tail}`;
}

/** The prefix of the names of all the project's jobs. */
export function jobNamesOf(project: string): string {
  return jobWords(`${project}-`);
}

function jobWords(text: string): string {
  return text
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, MOST_WORDS);
}

export function defaultBucket(region: string, account: string): string {
  return `sagemaker-${region}-${account}`;
}

/**
 * The name of the role of a project's jobs. The jobs of unmerged code have another role, which cannot write where merged
 * code keeps its results. IAM allows 64 characters.
 */
export function roleName({ prefix, project }: Pick<Place, 'prefix' | 'project'>): string {
  const end = isUnmerged({ prefix }) ? '-pull-requests' : '';
  const name = `SimpleSagemaker-${project}`;
  const room = 64 - end.length;
  if (name.length <= room) return name + end;
  return `${name.slice(0, room - 9)}-${hashText(project).slice(0, 8)}${end}`;
}

/**
 * The console's host in each partition: https://docs.aws.amazon.com/general/latest/gr/mgmt-console.html,
 * https://docs.aws.eu/general/latest/gr/endpoints.html
 */
const CONSOLES: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
  'aws-eusc': 'console.amazonaws-eusc.eu',
};

/** The console's address in the region, without a slash at its end. */
function consoleUrl(region: string): string {
  // The hosts of partitions without internet are (assumed).
  return `https://${region}.${CONSOLES[partition(region)] ?? `console.${dnsSuffix(region)}`}`;
}

/** The console's page of SageMaker's quotas. */
export function quotasUrl(region: string): string {
  return `${consoleUrl(region)}/servicequotas/home/services/sagemaker/quotas`;
}

/** The console's page of the job's log streams; the fragment is encoded twice, with `$` for `%`. */
export function logsUrl(region: string, job: string): string {
  const encode = (text: string): string => encodeURIComponent(encodeURIComponent(text)).replaceAll('%', '$');
  const filter = encodeURIComponent(`?logStreamNameFilter=${job}/`).replaceAll('%', '$');
  return `${consoleUrl(region)}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${encode('/aws/sagemaker/TrainingJobs')}${filter}`;
}

/** The console's page of a training job. */
export function jobUrl(region: string, job: string): string {
  return `${consoleUrl(region)}/sagemaker/home?region=${region}#/jobs/${encodeURIComponent(job)}`;
}

/** The console's page of a folder in S3, whose key ends in a slash, or of an object. */
export function s3Url(region: string, { bucket, key }: S3Uri): string {
  const isFolder = key === '' || key.endsWith('/');
  return `${consoleUrl(region)}/s3/${isFolder ? 'buckets' : 'object'}/${bucket}?region=${region}&prefix=${encodeURIComponent(key)}`;
}
