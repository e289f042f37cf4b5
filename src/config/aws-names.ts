/**
 * Parses names with rules: those of AWS and the action's own. Each parser returns the value or throws an InputProblem.
 */

import { InputProblem } from '../core/errors.ts';
import { ECR_REPOSITORY } from '../core/image-reference.ts';
import { parseBoolean, parseList, parseStringMap } from '../core/input-syntax.ts';
import type { Spot } from '../job/attempts.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const NAME_REMEDY = 'use up to 128 letters, digits, ".", "_" and "-", beginning with a letter or digit.';

/** Makes the repository's name a valid project name. It may begin with a character that a project's name may not. */
export function fitName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'project';
}

export function parseName(text: string, kind: 'task' | 'project'): string {
  if (!NAME.test(text)) throw new InputProblem(`"${text}" is not a valid ${kind} name`, NAME_REMEDY);
  return text;
}

/** `/` gives the empty text: no prefix. */
export function parsePrefix(text: string): string {
  const parts = text.split('/').filter((part) => part !== '');
  if (!parts.every((part) => /^[A-Za-z0-9._-]+$/.test(part) && !/^\.+$/.test(part))) {
    const remedy = 'use letters, digits, ".", "_", "-" and "/"; "/" alone means no prefix.';
    throw new InputProblem(`"${text}" is not a valid prefix`, remedy);
  }
  return parts.map((part) => `${part}/`).join('');
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export function parseBucket(text: string): string {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text) || text.includes('..')) {
    throw new InputProblem(
      `"${text}" is not a valid bucket name`,
      'write only the name: 3 to 63 lower-case letters, digits, "." and "-".',
    );
  }
  return text;
}

/** One type, or several in the order of preference, separated by commas, blanks or lines. */
export function parseInstanceTypes(text: string): string[] {
  const types = parseList(text).flatMap((line) => line.split(/[\s,]+/).filter((word) => word !== ''));
  if (types.length === 0) throw new InputProblem('the input has no value', 'use one, for example ml.m5.large.');
  const wrong = types.find((type) => !/^ml\.[a-z0-9-]+\.[a-z0-9]+$/.test(type));
  if (wrong !== undefined)
    throw new InputProblem(`"${wrong}" is not a SageMaker instance type`, 'use one, for example ml.m5.large.');
  const twice = types.find((type, at) => types.indexOf(type) !== at);
  if (twice !== undefined) throw new InputProblem(`"${twice}" is there twice`, 'remove one of the two.');
  return types;
}

export function parseSpot(text: string): Spot {
  if (text === 'prefer') return 'prefer';
  try {
    return parseBoolean(text);
  } catch (cause) {
    throw new InputProblem(`"${text}" is not valid`, 'use true, false or prefer.', { cause });
  }
}

export function parseRole(text: string): string {
  if (!/^(arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+|[\w+=,.@-]{1,64})$/.test(text)) {
    throw new InputProblem(
      `"${text}" is not a valid role name or ARN`,
      'write NAME, or arn:aws:iam::ACCOUNT:role/NAME.',
    );
  }
  return text;
}

/** The role may be in another account, so its name alone is not enough. */
export function parseRoleArn(text: string): string {
  if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(text))
    throw new InputProblem(`"${text}" is not the ARN of a role`, 'write arn:aws:iam::ACCOUNT:role/NAME.');
  return text;
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export function parseSessionName(text: string): string {
  if (!/^[\w+=,.@-]{2,64}$/.test(text))
    throw new InputProblem(
      `"${text}" is not a valid session name`,
      'use 2 to 64 letters, digits and the characters _ + = , . @ and -.',
    );
  return text;
}

export function parseRegion(text: string): string {
  if (!/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(text))
    throw new InputProblem(`"${text}" is not an AWS region`, 'use one, for example us-east-1.');
  return text;
}

/** `subnet-…` or `sg-…`, separated by lines, commas or blanks. */
export function parseIds(text: string, kind: 'subnet' | 'sg', most: number): string[] {
  const ids = parseList(text).flatMap((line) => line.split(/[\s,]+/).filter((word) => word !== ''));
  const invalid = ids.find((id) => !new RegExp(`^${kind}-[0-9a-z]{1,29}$`).test(id));
  const what = kind === 'subnet' ? 'subnet' : 'security group';
  if (invalid !== undefined) {
    const remedy = `write IDs such as ${kind}-0123456789abcdef0, one on each line.`;
    throw new InputProblem(`"${invalid}" is not a ${what} ID`, remedy);
  }
  if (ids.length > most)
    throw new InputProblem(`there are ${ids.length} ${what}s, and a job can have at most ${most}`, 'remove some.');
  return [...new Set(ids)];
}

/**
 * The key's ID, its alias, or the ARN of either:
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html
 */
export function parseKmsKey(text: string): string {
  const key = '(key/)?[0-9a-fA-F-]{36}|(key/)?mrk-[0-9a-f]{32}|alias/[a-zA-Z0-9/_-]{1,250}';
  if (!new RegExp(`^(arn:aws[a-z-]*:kms:[a-z0-9-]+:\\d{12}:)?(${key})$`).test(text))
    throw new InputProblem(`"${text}" is not a KMS key`, 'write the ID or the ARN of the key, or alias/NAME.');
  return text.replace(/^key\//, '');
}

export function parsePolicyArn(text: string): string {
  if (!/^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/.test(text))
    throw new InputProblem(`"${text}" is not the ARN of a policy`, 'write arn:aws:iam::ACCOUNT:policy/NAME.');
  return text;
}

/**
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html: up to 512 characters, with a slash at both
 * ends.
 */
export function parseRolePath(text: string): string {
  const path = `/${text.replace(/^\/+|(?<!\/)\/+$/g, '')}/`.replace('//', '/');
  if (path.length > 512 || !/^\/([\w+=,.@-]+\/)*$/.test(path))
    throw new InputProblem(`"${text}" is not a valid role path`, 'write a path such as /team/ml/.');
  return path;
}

export function parseJobName(text: string): string {
  if (!/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/.test(text))
    throw new InputProblem(
      `"${text}" is not a valid training job name`,
      'use the "job-name" output of the step that started the job.',
    );
  return text;
}

/**
 * GitHub's artifact service refuses these characters:
 * https://github.com/actions/toolkit/blob/main/packages/artifact/docs/additional-information.md
 */
export function parseArtifactName(text: string): string {
  if (/[":<>|*?\r\n\\/]/.test(text) || text.length > 200)
    throw new InputProblem(
      `"${text}" is not a valid artifact name`,
      'use up to 200 characters, without " : < > | * ? / and backslash.',
    );
  return text;
}

export function parseRepository(text: string): string {
  if (!ECR_REPOSITORY.test(text))
    throw new InputProblem(
      `"${text}" is not a valid ECR repository name`,
      'write only the name: 2 to 128 lower-case letters and digits, separated by ".", "_", "-" or "/".',
    );
  return text;
}

/** https://docs.docker.com/reference/cli/docker/image/tag/ */
export function parseImageTag(text: string): string {
  if (!/^\w[\w.-]{0,127}$/.test(text))
    throw new InputProblem(`"${text}" is not a valid image tag`, 'use up to 128 letters, digits, "_", "." and "-".');
  return text;
}

const BUILD_ARGS = {
  ...{ example: 'VERSION=3', wrappers: ['buildargs', 'args'], oneWord: true, expressions: false, bareNames: false },
};

/** Each name must be valid in an ARG instruction. */
export function parseBuildArgs(text: string): Map<string, string> {
  const map = parseStringMap(text, BUILD_ARGS);
  const wrong = [...map.keys()].find((name) => !/^[A-Za-z_]\w*$/.test(name));
  if (wrong !== undefined)
    throw new InputProblem(
      `"${wrong}" is not a valid ARG name`,
      'use letters, digits and "_", and do not begin with a digit.',
    );
  return map;
}
