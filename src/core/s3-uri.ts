/** URIs of S3 objects and folders. */

import { InputProblem } from './errors.ts';

export interface S3Uri {
  readonly bucket: string;
  readonly key: string;
}

/** The longest URI that CreateTrainingJob allows, in characters (botocore, sagemaker 2017-07-24: S3Uri). */
export const LONGEST_URI = 1024;

/**
 * `s3://bucket/key`; the key may be empty. Names:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export function parseS3Uri(text: string): S3Uri {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\s\S]*))?$/.exec(text);
  if (match === null) throw new InputProblem(`"${text}" is not a valid S3 URI`, 'write s3://BUCKET/PREFIX.');
  return { bucket: match[1] ?? '', key: match[2] ?? '' };
}

export function formatS3Uri(uri: S3Uri): string {
  return `s3://${uri.bucket}/${uri.key}`;
}
