/** Names that AWS and the action have rules for. Each parser returns the value or throws `Unparsable`. */
import { parseList, parseStringMap, Unparsable } from './parse.ts';
import { ECR_REPOSITORY } from './reference.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const NAME_REMEDY = 'Use letters, digits, ".", "_" and "-", beginning with a letter or digit.';

/** A repository's name has a task's characters, but may begin otherwise. */
export function fitName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'project';
}

export function parseName(text: string): string {
  if (!NAME.test(text)) throw new Unparsable(`"${text}" is no name.`, NAME_REMEDY);
  return text;
}

/** `/` is none. */
export function parsePrefix(text: string): string {
  const parts = text.split('/').filter((part) => part !== '');
  if (!parts.every((part) => /^[A-Za-z0-9._-]+$/.test(part) && !/^\.+$/.test(part))) {
    throw new Unparsable(`"${text}" is no prefix.`, 'Use letters, digits, ".", "_", "-" and "/"; "/" alone is none.');
  }
  return parts.map((part) => `${part}/`).join('');
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export function parseBucket(text: string): string {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text) || text.includes('..')) {
    throw new Unparsable(
      `"${text}" is no bucket's name.`,
      'Give the name alone: 3 to 63 small letters, digits, "." and "-".',
    );
  }
  return text;
}

export function parseInstanceType(text: string): string {
  if (!/^ml\.[a-z0-9-]+\.[a-z0-9]+$/.test(text)) {
    throw new Unparsable(`"${text}" is no instance type of SageMaker.`, 'Give one, for example ml.m5.large.');
  }
  return text;
}

export function parseRole(text: string): string {
  if (!/^(arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+|[\w+=,.@-]{1,64})$/.test(text)) {
    throw new Unparsable(
      `"${text}" is neither a role's name nor its ARN.`,
      'Write arn:aws:iam::ACCOUNT:role/NAME, or NAME.',
    );
  }
  return text;
}

/** A role that is assumed may lie in another account, so a bare name will not do. */
export function parseRoleArn(text: string): string {
  if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(text))
    throw new Unparsable(`"${text}" is no role's ARN.`, 'Write arn:aws:iam::ACCOUNT:role/NAME.');
  return text;
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export function parseSessionName(text: string): string {
  if (!/^[\w+=,.@-]{2,64}$/.test(text))
    throw new Unparsable(`"${text}" is no session name.`, 'Use 2 to 64 letters, digits and _+=,.@-.');
  return text;
}

export function parseRegion(text: string): string {
  if (!/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(text))
    throw new Unparsable(`"${text}" is no region.`, 'Give one, for example us-east-1.');
  return text;
}

/** `subnet-…` or `sg-…`, by lines, commas or blanks. */
export function parseIds(text: string, kind: 'subnet' | 'sg', most: number): string[] {
  const ids = parseList(text).flatMap((line) => line.split(/[\s,]+/).filter((word) => word !== ''));
  const wrong = ids.find((id) => !new RegExp(`^${kind}-[0-9a-z]{1,29}$`).test(id));
  if (wrong !== undefined) throw new Unparsable(`"${wrong}" is none.`, `Write ${kind}-0123456789abcdef0, one a line.`);
  if (ids.length > most)
    throw new Unparsable(`${ids.length} are more than the ${most} that a job can have.`, 'Remove some.');
  return [...new Set(ids)];
}

/** Key id, alias, or ARN of either: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html */
export function parseKmsKey(text: string): string {
  const key = '(key/)?[0-9a-fA-F-]{36}|(key/)?mrk-[0-9a-f]{32}|alias/[a-zA-Z0-9/_-]{1,250}';
  if (!new RegExp(`^(arn:aws[a-z-]*:kms:[a-z0-9-]+:\\d{12}:)?(${key})$`).test(text))
    throw new Unparsable(`"${text}" is no KMS key.`, 'Give its id, its ARN, or alias/NAME.');
  return text;
}

export function parsePolicyArn(text: string): string {
  if (!/^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/.test(text))
    throw new Unparsable(`"${text}" is no policy's ARN.`, 'Write arn:aws:iam::ACCOUNT:policy/NAME.');
  return text;
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html: up to 512 characters, slashes at both ends. */
export function parseRolePath(text: string): string {
  const path = `/${text.replace(/^\/+|\/+$/g, '')}/`.replace('//', '/');
  if (path.length > 512 || !/^\/([\w+=,.@-]+\/)*$/.test(path))
    throw new Unparsable(`"${text}" is no path of a role.`, 'Write /team/ml/.');
  return path;
}

export function parseJobName(text: string): string {
  if (!/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/.test(text))
    throw new Unparsable(
      `"${text}" is no name of a training job.`,
      'Give the "job-name" output of the step that started it.',
    );
  return text;
}

/** What GitHub's artifact service refuses in names: https://github.com/actions/toolkit/blob/main/packages/artifact/docs/additional-information.md */
export function parseArtifactName(text: string): string {
  if (/[":<>|*?\r\n\\/]/.test(text) || text.length > 200)
    throw new Unparsable(
      `"${text}" is no artifact's name.`,
      'Use up to 200 characters without " : < > | * ? / and backslash.',
    );
  return text;
}

export function parseRepository(text: string): string {
  if (!ECR_REPOSITORY.test(text))
    throw new Unparsable(
      `"${text}" is no name of an ECR repository.`,
      'Give the name alone: 2 to 128 small letters and digits, parted by ".", "_", "-" or "/".',
    );
  return text;
}

/** https://docs.docker.com/reference/cli/docker/image/tag/ */
export function parseImageTag(text: string): string {
  if (!/^\w[\w.-]{0,127}$/.test(text))
    throw new Unparsable(`"${text}" is no image's tag.`, 'Use up to 128 letters, digits, "_", "." and "-".');
  return text;
}

/** Names as of a Dockerfile's ARG. */
export function parseBuildArgs(text: string): Map<string, string> {
  const map = parseStringMap(text);
  const wrong = [...map.keys()].find((name) => !/^[A-Za-z_]\w*$/.test(name));
  if (wrong !== undefined) throw new Unparsable(`"${wrong}" is no name of an ARG.`, 'Use letters, digits and "_".');
  return map;
}
