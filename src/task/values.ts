/** Names that AWS and the action have rules for. Each parser returns the value or throws `Unparsable`. */
import { Unparsable } from './parse.ts';

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
